"""Two journals: in Redis, for all processes, and in memory, for one. Both forget after a while.

In Redis a generation is one stream. Event n has the stream id `n+1-0`, given by the writer, so that an append may be
repeated without harm; a stream is begun only by event 0, so that one lost in the middle stays lost as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import asyncio as redis
from redis import exceptions

from actors import errors, messages
from actors.assistant import codecs
from actors.cache import connections

log = logging.getLogger(__name__)

BLOCK_S = 5.0
"""How long one blocking read waits before it looks whether the stream is still there."""
WATCH_S = 0.25
"""How often a running generation asks whether it was cancelled."""

Generation = tuple[str, tuple[messages.Event, ...]]
"""An id and all events of a generation that is over."""

_END = (messages.Done, messages.Failed)


@dataclass(slots=True)
class _Writing:
    """A generation on its way into its stream."""

    next: int = 0
    unsent: list[tuple[int, bytes]] = field(default_factory=list)
    lost: bool = False


class RedisJournal:
    """Implements `assistants.Journal` and `assistants.Cancellations` for any number of processes."""

    def __init__(self, url: str, *, timeout_s: float, ttl_s: float, idle_s: float, clock: Callable[[], float]) -> None:
        """`ttl_s` after its last event a generation is forgotten; after `idle_s` without one it counts as dead."""
        self._guarded = connections.Guarded(url, timeout_s, clock)
        self._followers = connections.connect(url, BLOCK_S + timeout_s)
        self._ttl_ms = round(ttl_s * 1000)
        self._idle_s = idle_s
        self._clock = clock
        self._writing: dict[str, _Writing] = {}
        self._troubled = False

    async def append(self, generation_id: str, events: tuple[messages.Event, ...]) -> None:
        """Add events in one round trip; what Redis did not take goes again with the next."""
        writing = self._writing.setdefault(generation_id, _Writing())
        writing.unsent += ((writing.next + n, codecs.encode(event)) for n, event in enumerate(events))
        writing.next += len(events)
        try:
            if not writing.lost:
                await self._send(generation_id, writing)
        except errors.Unavailable as error:
            if not self._troubled:
                log.warning("generations are not journalled, answers go on: %s", error)
            self._troubled = True
        finally:
            if events and isinstance(events[-1], _END):
                del self._writing[generation_id]

    async def keep(self, generations: Sequence[Generation]) -> None:
        """Write whole generations in one round trip, those of one transaction all or none. Raises Unavailable."""

        async def send(client: redis.Redis) -> None:
            async with client.pipeline(transaction=True) as pipeline:
                for generation_id, events in generations:
                    key = _stream(generation_id)
                    for n, event in enumerate(events):
                        pipeline.xadd(key, {b"e": codecs.encode(event)}, id=f"{n + 1}-0", nomkstream=n > 0)
                    pipeline.pexpire(key, self._ttl_ms)
                await pipeline.execute(raise_on_error=False)

        await self._guarded.call(send)

    async def replay(self, generation_id: str, after: int) -> AsyncIterator[messages.Event]:
        """Yield events after `after`, see `assistants.Journal`. Raises also Unavailable."""
        key, position = _stream(generation_id), f"{max(after, -1) + 1}-0"
        last: Any = await self._guarded.call(lambda client: client.xrevrange(key, count=1))
        if not last:
            raise _unknown(generation_id)
        ended = isinstance(codecs.decode(last[0][1][b"e"]), _END)
        heard = self._clock()
        while True:
            with connections.translated():
                block = None if ended else round(BLOCK_S * 1000)
                found = await self._followers.xread({key: position}, count=256, block=block)
            for entry_id, line in _entries(found):
                position, heard = entry_id, self._clock()
                event = codecs.decode(line)
                yield event
                if isinstance(event, _END):
                    return
            if found:
                continue
            if ended:
                return  # the caller had the last event already
            if not await self._guarded.call(lambda client: client.exists(key)):
                raise _unknown(generation_id)
            if self._clock() - heard > self._idle_s:
                yield messages.Failed("The process that made this answer is gone.", "interrupted")
                return

    async def cancel(self, generation_id: str) -> None:
        """Leave a note for the owner. Raises NotFound and Unavailable."""
        if not await self._guarded.call(lambda client: client.exists(_stream(generation_id))):
            raise _unknown(generation_id)
        await self._guarded.call(lambda client: client.set(_note(generation_id), 1, px=self._ttl_ms))

    async def cancelled(self, generation_id: str) -> None:
        """Return when somebody has cancelled it. A note and a look now and then need no connection of their own."""
        while True:
            await asyncio.sleep(WATCH_S)
            with contextlib.suppress(errors.Unavailable):
                if await self._guarded.call(lambda client: client.exists(_note(generation_id))):
                    return

    async def close(self) -> None:
        """Close its connections."""
        await self._guarded.close()
        await self._followers.aclose()

    async def _send(self, generation_id: str, writing: _Writing) -> None:
        key = _stream(generation_id)

        async def send(client: redis.Redis) -> list[Any]:
            # One transaction: all of it or nothing, or a later event could take the place of a missing one.
            async with client.pipeline(transaction=True) as pipeline:
                for n, line in writing.unsent:
                    pipeline.xadd(key, {b"e": line}, id=f"{n + 1}-0", nomkstream=n > 0)
                pipeline.pexpire(key, self._ttl_ms)
                return await pipeline.execute(raise_on_error=False)

        *taken, _ = await self._guarded.call(send)
        if None in taken:
            writing.lost = True
            log.warning("the journal of generation %s is lost; its answer goes on", generation_id)
        for answer in taken:
            # An id that is there already: the append before this one did arrive, only its answer did not.
            if isinstance(answer, exceptions.ResponseError) and "equal or smaller" not in str(answer):
                raise errors.Unavailable(f"Redis refused: {answer}.", "redis_refused")
        writing.unsent.clear()
        if self._troubled:
            log.info("generations are journalled again")
        self._troubled = False


@dataclass(slots=True)
class _Kept:
    """A generation in memory."""

    events: list[messages.Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    touched_at: float = 0.0

    @property
    def ended(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1], _END)


class MemoryJournal:
    """Implements `assistants.Journal` and `assistants.Cancellations` for one process."""

    def __init__(self, *, ttl_s: float, clock: Callable[[], float]) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def append(self, generation_id: str, events: tuple[messages.Event, ...]) -> None:
        """Add events; see `assistants.Journal`."""
        self._forget()
        kept = self._kept.pop(generation_id, None) or _Kept()
        self._kept[generation_id] = kept  # last again: the dict stays in the order of forgetting
        kept.events += events
        kept.touched_at = self._clock()
        kept.changed.set()
        kept.changed = asyncio.Event()

    async def keep(self, generations: Sequence[Generation]) -> None:
        """Take whole generations; see `RedisJournal.keep`."""
        for generation_id, events in generations:
            await self.append(generation_id, events)

    async def replay(self, generation_id: str, after: int) -> AsyncIterator[messages.Event]:
        """Yield events after `after`; see `assistants.Journal`."""
        kept, position = self._get(generation_id), max(after, -1) + 1
        while True:
            changed = kept.changed
            for event in kept.events[position:]:
                position += 1
                yield event
            if kept.ended and position >= len(kept.events):
                return
            await changed.wait()

    async def cancel(self, generation_id: str) -> None:
        """Tell the owner; see `assistants.Journal`."""
        self._get(generation_id).cancelled.set()

    async def cancelled(self, generation_id: str) -> None:
        """Return when somebody has cancelled it."""
        await self._kept.setdefault(generation_id, _Kept(touched_at=self._clock())).cancelled.wait()

    def _get(self, generation_id: str) -> _Kept:
        self._forget()
        kept = self._kept.get(generation_id)
        if kept is None or not kept.events:
            raise _unknown(generation_id)
        return kept

    def _forget(self) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._clock() - self._kept[oldest].touched_at <= self._ttl_s:
                return
            del self._kept[oldest]


def _entries(found: Any) -> list[tuple[str, bytes]]:
    """Id and event of each entry of the one stream that XREAD was given."""
    return [(entry_id.decode(), fields[b"e"]) for _, entries in found for entry_id, fields in entries]


def _stream(generation_id: str) -> str:
    return f"consilium:generation:{{{generation_id}}}"


def _note(generation_id: str) -> str:
    return f"consilium:cancelled:{{{generation_id}}}"


def _unknown(generation_id: str) -> errors.NotFound:
    return errors.NotFound(
        f"There is no generation {generation_id!r}, or no longer.", "generation_not_found", "generation_id"
    )
