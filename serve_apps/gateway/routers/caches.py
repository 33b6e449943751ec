"""/v1/cache: what is kept, how well that works, and letting go of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from actors.cache import reports
from serve_apps.gateway import dependencies
from serve_apps.gateway.schemas import caches, problems

router = APIRouter(tags=["service"])

HOTTEST = 20

Tag = Annotated[str, Query(min_length=1, max_length=300, examples=["document:doc_3f2a"])]


@router.get(
    "/v1/cache/stats",
    response_model=caches.Statistics,
    summary="How the caches do",
    responses=problems.documented(500, 503),
)
async def statistics(cast: dependencies.Cast) -> caches.Statistics:
    """Return hits, misses, latencies, sizes, evictions by kind, and the hottest keys, of the replica that answers."""
    return caches.Statistics(
        data=[caches.Kind.model_validate(kind, from_attributes=True) for kind in reports.kinds(cast.cache)],
        hottest=[_shown(held) for held in reports.hottest(cast.cache, HOTTEST)],
    )


@router.get(
    "/v1/cache/keys",
    response_model=caches.Entries,
    summary="Entries that stand on a tag",
    responses=problems.documented(400, 500, 503),
)
async def entries(
    cast: dependencies.Cast, tag: Tag, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> caches.Entries:
    """Return what stands on `document:<id>`, `library`, `tenant:<name>`, `model:<name>` or `knobs:<version>`."""
    near = [_shown(held) for held in reports.standing_on(cast.cache, tag, limit)]
    far = (id.partition(":") for id in await cast.cache.standing_on(tag, limit))
    return caches.Entries(data=[*near, *(caches.Entry(kind=kind, key=key, tier="L2") for kind, _, key in far)][:limit])


@router.delete(
    "/v1/cache",
    response_model=caches.Invalidated,
    summary="Let go of what stands on tags",
    responses=problems.documented(400, 500, 503),
)
async def invalidate(
    cast: dependencies.Cast, tag: Annotated[list[Tag], Query(min_length=1, max_length=100)]
) -> caches.Invalidated:
    """Answer when no replica serves any of it any more."""
    return caches.Invalidated(tags=tag, entries=await cast.cache.invalidate(tag))


def _shown(held: reports.Held) -> caches.Entry:
    return caches.Entry(
        kind=held.kind,
        key=held.key,
        tier="L1",
        tags=list(held.tags),
        hits=held.hits,
        bytes=held.bytes,
        cost_ms=held.cost_ms,
        made_at=held.made_at,
        expires_at=held.expires_at,
    )
