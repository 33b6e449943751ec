"""Walks through the events of one generation: as a whole, as a stream, as a replay, as a state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass

from actors import errors, messages
from serve_apps.gateway import chunks, failures

LOG = logging.getLogger(__name__)

QUIET_S = 0.25
"""A journal that gives no further event for this long has shown all there is so far."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a generation, whole or not yet."""

    started: messages.Started
    text: str
    end: messages.Done | messages.Failed | None
    events: int


async def begun(events: AsyncIterator[messages.Event]) -> messages.Started:
    """Wait for the first event. What fails before it is still an HTTP error, not a broken stream."""
    first = await anext(events, None)
    if isinstance(first, messages.Failed):
        raise failures.failed(first)
    if not isinstance(first, messages.Started):
        raise errors.Unavailable("The assistant gave no answer. Try again.", "assistant_silent")
    return first


async def gathered(started: messages.Started, events: AsyncIterator[messages.Event]) -> Answer:
    """Read to the end, or to where nothing comes any more."""
    pieces: list[str] = []
    end: messages.Done | messages.Failed | None = None
    count = 1
    async for event in events:
        count += 1
        if isinstance(event, messages.Token):
            pieces.append(event.text)
        elif isinstance(event, messages.Done | messages.Failed):
            end = event
    return Answer(started, "".join(pieces), end, count)


async def live(
    started: messages.Started, events: AsyncIterator[messages.Event], request_id: str
) -> AsyncGenerator[bytes, None]:
    """Yield the frames of a generation from its first event to `[DONE]`."""
    sequence = 0
    try:
        yield chunks.encoded(sequence, started, started, request_id)
        async for event in events:
            sequence += 1
            yield chunks.encoded(sequence, event, started, request_id)
    except errors.ConsiliumError as error:
        yield chunks.broken(sequence + 1, error, request_id)
    except Exception:
        LOG.exception("request %s: the stream broke", request_id)
        yield chunks.broken(sequence + 1, errors.ConsiliumError(failures.UNEXPECTED), request_id)
    finally:
        await closed(events)
    yield chunks.END


async def timed(frames: AsyncGenerator[bytes, None], first_token: Callable[[], None]) -> AsyncGenerator[bytes, None]:
    """Pass frames on, and say when the one after the opening went out."""
    seen = 0
    async with contextlib.aclosing(frames):
        async for frame in frames:
            yield frame
            seen += 1
            if seen == 2:
                first_token()


async def replayed(
    started: messages.Started, events: AsyncIterator[messages.Event], after: int, request_id: str
) -> AsyncGenerator[bytes, None]:
    """Yield the same frames as `live`, without those up to `after`."""
    sequence = -1
    async with contextlib.aclosing(live(started, events, request_id)) as frames:
        async for frame in frames:
            sequence += 1
            if sequence > after or frame == chunks.END:
                yield frame


async def so_far(events: AsyncIterator[messages.Event]) -> AsyncGenerator[messages.Event, None]:
    """Yield what a journal holds already, without following it."""
    try:
        while True:
            async with asyncio.timeout(QUIET_S):
                event = await anext(events)
            yield event
    except (StopAsyncIteration, TimeoutError):
        return
    finally:
        await closed(events)


async def closed(events: AsyncIterator[messages.Event]) -> None:
    """Let go of a generation's events, so that whoever makes them learns that nobody listens."""
    if isinstance(events, AsyncGenerator):
        await events.aclose()
