"""Owns generations: each runs to its end whoever listens, is written to the journal, and can be cancelled.

A listener that goes away costs nothing; it may come back through the journal.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from actors import errors, messages
from actors.assistant import assistants

log = logging.getLogger(__name__)

End = messages.Done | messages.Failed


class Run(Protocol):
    """Makes the events of one answer after Started; raises when it cannot."""

    def __call__(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Yield tokens, then Done."""
        ...


class Generations:
    """The generations of one process: implements `assistants.Assistant`."""

    def __init__(
        self,
        run: Run,
        journal: assistants.Journal,
        cancellations: assistants.Cancellations,
        *,
        timeout_s: float,
        now: Callable[[], float],
    ) -> None:
        self._run = run
        self._journal = journal
        self._cancellations = cancellations
        self._timeout_s = timeout_s
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Yield Started at once, then tokens, then Done or Failed."""
        async for events in self.batches(question):
            for event in events:
                yield event

    async def batches(self, question: messages.Question) -> AsyncIterator[tuple[messages.Event, ...]]:
        """Yield the same events, at each step all that are there: a hop between processes costs by the step.

        Nothing waits for company: the first step is Started alone.
        """
        heard: asyncio.Queue[messages.Event] = asyncio.Queue()
        task = asyncio.create_task(self._own(question, heard), name=question.id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        while True:
            events = [await heard.get()]
            while not heard.empty():
                events.append(heard.get_nowait())
            yield tuple(events)
            if isinstance(events[-1], End):
                return

    async def close(self) -> None:
        """Cancel what still runs; each generation ends with Failed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _own(self, question: messages.Question, heard: asyncio.Queue[messages.Event]) -> None:
        unwritten: asyncio.Queue[messages.Event] = asyncio.Queue()
        scribe = asyncio.create_task(self._write(question.id, unwritten))

        def tell(event: messages.Event) -> None:
            heard.put_nowait(event)
            unwritten.put_nowait(event)

        tell(messages.Started(question.id, question.model, self._now(), question.usage))
        watch = asyncio.create_task(self._cancellations.cancelled(question.id))
        answer = asyncio.create_task(self._tell_all(question, tell))
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.wait({watch, answer}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                await answer
            else:
                tell(messages.Failed("The generation was cancelled.", "cancelled"))
        except TimeoutError:
            tell(messages.Failed(f"The generation took more than {self._timeout_s:g} s.", "timeout"))
        except asyncio.CancelledError:
            tell(messages.Failed("The service is stopping.", "stopped"))
        except errors.ConsiliumError as error:
            tell(messages.Failed(error.message, error.code))
        except Exception:
            log.exception("generation %s failed", question.id)
            tell(messages.Failed("An internal error; the log says more.", "internal"))
        finally:
            watch.cancel()
            answer.cancel()
            await asyncio.gather(watch, answer, scribe, return_exceptions=True)

    async def _tell_all(self, question: messages.Question, tell: Callable[[messages.Event], None]) -> None:
        async for event in self._run(question):
            tell(event)

    async def _write(self, generation_id: str, unwritten: asyncio.Queue[messages.Event]) -> None:
        """Write behind the listener: what gathers while one round trip runs goes with the next."""
        while True:
            events = [await unwritten.get()]
            while not unwritten.empty():
                events.append(unwritten.get_nowait())
            await self._journal.append(generation_id, tuple(events))
            if isinstance(events[-1], End):
                return
