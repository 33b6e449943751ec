"""/v1/documents: into the library, out of it, and reading what is there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from actors import cast
from serve_apps.gateway import dependencies, etags, library, originals, pages, uploads
from serve_apps.gateway.schemas import documents, problems

router = APIRouter(tags=["library"])

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", examples=["doc_3f2a"])]
Number = Annotated[int, Path(ge=1, le=1_000_000, examples=[1])]
Prefer = Annotated[
    str | None, Header(description="`respond-async` answers 202 at once and reads the file behind it (RFC 7240).")
]

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_LOCATION = {"Location": {"description": "The document.", "schema": {"type": "string"}}}
_PENDING: dict[int | str, dict[str, Any]] = {
    202: {"model": documents.Document, "description": "Being indexed; `task` says how far.", "headers": _LOCATION},
}
_ADDED: dict[int | str, dict[str, Any]] = {
    200: {"model": documents.Document, "description": "The same bytes were there already: the same document."},
    201: {"model": documents.Document, "description": "Ready to be searched.", "headers": _LOCATION},
}
_REPLACED: dict[int | str, dict[str, Any]] = {
    200: {"model": documents.Document, "description": "Ready to be searched.", "headers": _LOCATION},
}
_REFUSED = problems.documented(400, 403, 404, 409, 413, 415, 422, 429, 500, 503)
_READ = problems.documented(400, 404, 409, 422, 500, 503)


@router.post(
    "/v1/documents",
    response_model=documents.Document,
    status_code=201,
    summary="Add a document",
    responses=_ADDED | _PENDING | _REFUSED,
    openapi_extra=documents.UPLOAD,
)
async def upload(
    request: Request,
    cast: dependencies.Cast,
    replaces: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = None,
    prefer: Prefer = None,
) -> Response:
    """Read a file into the library. One that cannot be read is refused at once and leaves nothing behind.

    A file of the same name becomes the next version of that document, and so does one that `replaces` it.
    """
    return await _taken(request, cast, replaces, prefer, 201)


@router.put(
    "/v1/documents/{document_id}",
    response_model=documents.Document,
    summary="Replace a document",
    responses=_REPLACED | _PENDING | _REFUSED,
    openapi_extra=documents.UPLOAD,
)
async def replace(request: Request, document_id: Id, cast: dependencies.Cast, prefer: Prefer = None) -> Response:
    """Make a file the next version. Searches see the old one until the new one is whole."""
    return await _taken(request, cast, document_id, prefer, 200)


@router.get(
    "/v1/documents",
    response_model=documents.Documents,
    summary="List documents",
    responses=problems.UNCHANGED | problems.documented(400, 500, 503),
)
async def every(
    request: Request,
    cast: dependencies.Cast,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500, description="`next` of the page before.")] = None,
) -> Response:
    """Return a page of documents, newest first."""
    found, after = await cast.documents.list(cursor, limit)
    shown = [library.shown(document) for document in found]
    return etags.answer(request, documents.Documents(data=shown, next=after))


@router.get(
    "/v1/documents/{document_id}",
    response_model=documents.Document,
    summary="One document",
    responses=problems.UNCHANGED | problems.documented(400, 404, 500, 503),
)
async def one(request: Request, document_id: Id, cast: dependencies.Cast) -> Response:
    """Return what is known of it, with the task that goes on for it."""
    document = await cast.documents.get(document_id)
    task = await cast.tasks.task(document.task_id) if document.task_id else None
    return etags.answer(request, library.shown(document, task))


@router.delete(
    "/v1/documents/{document_id}",
    response_model=documents.Deleted,
    summary="Delete a document",
    responses=problems.documented(400, 404, 500, 503),
)
async def delete(document_id: Id, cast: dependencies.Cast) -> documents.Deleted:
    """Remove every trace: database, file, indexes. Answers when that is done."""
    await cast.intake.delete(document_id)
    return documents.Deleted(id=document_id)


@router.get(
    "/v1/documents/{document_id}/content",
    summary="Read a document as Markdown",
    response_class=Response,
    responses={200: {"description": "The document.", "content": {"text/markdown": {"schema": {"type": "string"}}}}}
    | problems.UNCHANGED
    | _READ,
)
async def content(
    request: Request,
    document_id: Id,
    cast: dependencies.Cast,
    page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """Return all pages, or one."""
    document = library.readable(await cast.documents.get(document_id))
    etag = etags.of(document.id, document.revision, page)
    unchanged = etags.fresh(request, etag)
    if unchanged:
        return unchanged
    if page is None:
        found = library.markdown(await cast.readings.pages(document_id))
        return StreamingResponse(found, media_type="text/markdown; charset=utf-8", headers={"ETag": etag})
    single = await cast.readings.page(document_id, page)
    return Response(single.markdown, media_type="text/markdown; charset=utf-8", headers={"ETag": etag})


@router.get(
    "/v1/documents/{document_id}/pages/{number}",
    response_model=documents.Page,
    summary="Read one page",
    responses={200: {"description": "HTML to read, or JSON.", "content": {"text/html": {"schema": {"type": "string"}}}}}
    | problems.UNCHANGED
    | _READ,
)
async def one_page(
    request: Request,
    document_id: Id,
    number: Number,
    cast: dependencies.Cast,
    quote: Annotated[str, Query(max_length=5000, description="Text to mark on the page.")] = "",
) -> Response:
    """Return the page as HTML with a quote marked in it, or as JSON when `Accept` asks for that."""
    document = library.readable(await cast.documents.get(document_id))
    page = await cast.readings.page(document_id, number)
    if _wants_json(request.headers.get("accept", "")):
        shown = documents.Page(
            document_id=document_id, number=page.number, label=page.label, markdown=page.markdown, pages=document.pages
        )
        return etags.answer(request, shown, {"Vary": "Accept"})
    etag = etags.of(document.name, page, document.pages, quote)
    unchanged = etags.fresh(request, etag)
    if unchanged:
        return unchanged
    html = pages.html_page(document, page, quote)
    headers = {"ETag": etag, "Vary": "Accept", **pages.SECURITY}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@router.get(
    "/v1/documents/{document_id}/file",
    summary="The original file",
    response_class=Response,
    responses={
        200: {"description": "The bytes that were uploaded.", "content": {"application/octet-stream": _BYTES}},
        206: {"description": "The range that was asked for.", "content": {"application/octet-stream": _BYTES}},
    }
    | problems.UNCHANGED
    | problems.documented(400, 404, 416, 500, 503),
)
async def file(request: Request, document_id: Id, cast: dependencies.Cast) -> Response:
    """Return the file as it came, for a browser to show. Ranges are honoured."""
    document = await cast.documents.get(document_id)
    unchanged = etags.fresh(request, f'"{document.sha256}"')
    return unchanged or originals.Original(document, cast.files.local_path(document.key), request)


async def _taken(
    request: Request, cast: cast.Cast, replaces: str | None, prefer: str | None, ready: Literal[200, 201]
) -> Response:
    if request.headers.get("sec-fetch-site") == "cross-site":
        # A form is the one body that a browser sends to us from anybody's page without asking us first.
        raise HTTPException(403, "Web pages from elsewhere may not add documents.")
    limit = cast.settings.documents.upload_bytes
    if replaces is not None:
        await cast.documents.get(replaces)
    form = await uploads.received(
        request.headers.get("content-type", ""),
        request.stream(),
        lambda chunks: cast.files.write(chunks, limit),
        cast.files.delete,
    )
    deferred = "respond-async" in (prefer or "").lower()
    stored = await library.store(cast, form, replaces, deferred)
    headers = {"Location": f"/v1/documents/{stored.document.id}"}
    if deferred:
        headers["Preference-Applied"] = "respond-async"
    status = 202 if stored.document.status == "processing" else 200 if stored.known else ready
    body = library.shown(stored.document, stored.task).model_dump_json()
    return Response(body, status, headers, media_type="application/json")


def _wants_json(accept: str) -> bool:
    return "application/json" in accept and "text/html" not in accept
