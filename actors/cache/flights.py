"""One maker at a time for one entry: in this process by a task that all callers wait for, in the cluster by a lease.

A lease is a key in Redis that ends by itself; whoever makes renews it. Its token fences the result: a maker that was
thought dead, and is not, writes nothing over what its successor made. Without Redis every process makes for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from actors import errors
from actors.cache import redis_tier

T = TypeVar("T")

LEASE_S = 2.0
"""How long the others wait for a maker that died."""
RENEW_S = 0.5
FIRST_LOOK_S = 0.005
LONGEST_LOOK_S = 0.1
"""Pauses between looks for what another process makes double between these."""


class Flight(NamedTuple):
    """A making that goes on."""

    task: asyncio.Task[Any]
    began: float
    """Monotonic seconds."""


class Flights:
    """The makings that go on in this process."""

    def __init__(self) -> None:
        self._running: dict[str, Flight] = {}

    def joined(self, id: str) -> Flight | None:
        """Return the making of this entry that goes on, if there is one."""
        return self._running.get(id)

    def lead(self, id: str, make: Callable[[], Awaitable[T]], began: float) -> asyncio.Task[T]:
        """Start a making; it goes on to its end whoever stops waiting for it."""

        async def made() -> T:
            return await make()

        task = asyncio.create_task(made(), name=f"make {id}")
        self._running[id] = Flight(task, began)
        task.add_done_callback(lambda ended: self._land(id, ended))
        return task

    def _land(self, id: str, ended: asyncio.Task[Any]) -> None:
        flight = self._running.get(id)
        if flight is not None and flight.task is ended:
            del self._running[id]
        if not ended.cancelled():
            ended.exception()  # those who wait hear it; when all have left, nobody needs to

    async def close(self) -> None:
        """Cancel what still runs."""
        running = [flight.task for flight in self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def leased(
    far: redis_tier.RedisTier, id: str, made_elsewhere: Callable[[bytes], Awaitable[T | None]]
) -> tuple[str | None, T | None]:
    """Return (token, None) once making it is ours, or (None, value) when another process made it meanwhile.

    (None, None) when Redis is away: then everybody makes for himself. `made_elsewhere` turns a frame into a value.
    """
    token, pause, ours = secrets.token_hex(8), FIRST_LOOK_S, False
    try:
        while True:
            ours, frame = await far.acquire(id, token, LEASE_S)
            if frame is not None and (value := await made_elsewhere(frame)) is not None:
                if ours:
                    await far.release(id, token)
                return None, value
            if ours:
                return token, None
            making = True
            while making:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_LOOK_S)
                frame, making = await far.look(id)
                if frame is not None and (value := await made_elsewhere(frame)) is not None:
                    return None, value
    except errors.Unavailable:
        return None, None


@contextlib.asynccontextmanager
async def held(far: redis_tier.RedisTier, id: str, token: str) -> AsyncIterator[None]:
    """Keep the lease while the block runs; give it up when the block fails. What it makes is to be put fenced."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            with contextlib.suppress(errors.Unavailable):
                await far.extend(id, token, LEASE_S)

    renewing = asyncio.create_task(renew(), name=f"lease {id}")
    try:
        yield
    except BaseException:
        with contextlib.suppress(errors.Unavailable):
            await asyncio.shield(far.release(id, token))
        raise
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
