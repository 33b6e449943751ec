"""POST /v1/search: passages, ranked by words and by meaning."""

from __future__ import annotations

import datetime
import time

from fastapi import APIRouter
from starlette.responses import Response

from actors import errors, messages
from serve_apps.gateway import dependencies, failures
from serve_apps.gateway.schemas import problems, searches

router = APIRouter(tags=["library"])


@router.post(
    "/v1/search",
    response_model=searches.SearchAnswer,
    summary="Find passages",
    responses=problems.documented(400, 413, 415, 429, 500, 503),
)
async def search(body: searches.SearchRequest, cast: dependencies.Cast) -> Response:
    """Return the passages that fit best, with both raw scores and the fused one."""
    began = time.perf_counter()
    most = cast.settings.http.search_k
    if body.k > most:
        raise errors.Invalid(f"k must be between 1 and {most} (http.search_k).", "invalid_value", "k")
    if not body.query.strip():
        raise errors.Invalid("The query is empty.", "invalid_value", "query")
    retrieval = cast.knobs.retrieval
    alpha = retrieval.alpha if body.alpha is None else body.alpha
    vector = None if alpha == 1 else (await cast.embeddings.embed([body.query]))[0]
    embedded = time.perf_counter()
    recalled = await cast.library.recall(
        messages.Query(
            text=body.query,
            vector=vector,
            k=body.k,
            alpha=alpha,
            depth=max(retrieval.depth, body.k),
            filter=wanted(body.filter or searches.Filter()),
        ),
        messages.TENANT,
    )
    ended = time.perf_counter()
    answer = {
        "object": "list",
        "data": [_shown(evidence) for evidence in recalled.evidence],
        "next": None,
        "timings": {
            "embed_ms": round((embedded - began) * 1000, 3),
            "search_ms": round((ended - embedded) * 1000, 3),
            "total_ms": round((ended - began) * 1000, 3),
        },
    }
    return Response(failures.encoded(answer), media_type="application/json", headers={"X-Cache": recalled.cache})


def wanted(sent: searches.Filter) -> messages.Filter:
    """Return the library's filter."""
    return messages.Filter(
        documents=tuple(sent.documents or ()),
        metadata=sent.metadata or {},
        created_after=_seconds(sent.created_after),
        created_before=_seconds(sent.created_before),
    )


def _seconds(moment: float | datetime.datetime | None) -> float | None:
    if isinstance(moment, datetime.datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return aware.timestamp()
    return moment


def _shown(evidence: messages.Evidence) -> dict[str, object]:
    return {
        "document_id": evidence.document_id,
        "chunk_id": evidence.chunk_id,
        "name": evidence.name,
        "page": evidence.page,
        "heading": list(evidence.heading),
        "text": evidence.text,
        "score": evidence.score,
        "bm25": evidence.bm25,
        "vector": evidence.vector,
    }
