"""One shard of the library as an actor. A thin shell: the index is plain, the composition root says how to open it.

What the actor holds can be lost at any moment: whoever opens it again loads the last snapshot and reads the rest from
truth. Every method can be repeated, so Ray may retry them all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray import exceptions

from actors import errors, messages
from actors.library import indexes, shards

OPTIONS: dict[str, Any] = {
    "num_cpus": 0.1,
    "max_restarts": -1,
    "max_task_retries": -1,
    "max_concurrency": 256,
}

Opening = Callable[[], contextlib.AbstractAsyncContextManager[shards.LocalShard]]


class LibraryShard:
    """Opens its index when first asked."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._opened: asyncio.Future[shards.LocalShard] | None = None
        self._holding: asyncio.Task[None] | None = None

    async def put(self, document: messages.Indexed) -> None:
        """See `shards.Shard`."""
        await (await self._shard()).put(document)

    async def remove(self, document_id: str) -> None:
        """See `shards.Shard`."""
        await (await self._shard()).remove(document_id)

    async def search(self, query: messages.Query) -> indexes.Hits:
        """See `shards.Shard`."""
        return await (await self._shard()).search(query)

    async def ready(self) -> int:
        """Return the number of passages held, once truth has been read."""
        return len((await self._shard()).index)

    async def _shard(self) -> shards.LocalShard:
        if self._opened is None or (self._holding is not None and self._holding.done()):
            self._opened = asyncio.get_running_loop().create_future()
            self._holding = asyncio.create_task(self._hold(self._opened), name="shard")
        return await asyncio.shield(self._opened)

    async def _hold(self, opened: asyncio.Future[shards.LocalShard]) -> None:
        """Keep the context open for the life of the actor; a failed opening is told to all who wait for it."""
        try:
            async with self._opening() as shard:
                opened.set_result(shard)
                await asyncio.Event().wait()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)


class RemoteShard:
    """`shards.Shard` over an actor's handle."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def put(self, document: messages.Indexed) -> None:
        """See `shards.Shard`."""
        await called(self._handle.put.remote(document))

    async def remove(self, document_id: str) -> None:
        """See `shards.Shard`."""
        await called(self._handle.remove.remote(document_id))

    async def search(self, query: messages.Query) -> indexes.Hits:
        """See `shards.Shard`."""
        hits: indexes.Hits = await called(self._handle.search.remote(query))
        return hits

    async def ready(self) -> int:
        """Return the number of passages held."""
        passages: int = await called(self._handle.ready.remote())
        return passages


def create(name: str, namespace: str, opening: Opening) -> RemoteShard:
    """Find or create the shard's actor."""
    handle = (
        ray.remote(**OPTIONS)(LibraryShard)
        .options(name=name, namespace=namespace, lifetime="detached", get_if_exists=True)
        .remote(opening)
    )
    return RemoteShard(handle)


async def called(reference: Any) -> Any:
    """Await a remote call. Raises our own errors as they were raised there, and Unavailable when the actor is away."""
    with translated():
        return await reference


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn Ray's errors into ours."""
    try:
        yield
    except exceptions.RayTaskError as error:
        if isinstance(error.cause, errors.ConsiliumError):
            raise error.cause from None
        raise
    except exceptions.RayActorError as error:
        raise errors.Unavailable("A part of the library is restarting.", "library_down") from error
