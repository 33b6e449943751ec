"""A generation has an owner: it ends whoever listens, it can be taken up again, cancelled, and never hangs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from actors import errors, messages
from actors.assistant import generations, journals

QUESTION = messages.Question("gen_1", (messages.Turn("user", "Why?"),), model="consilium")
DONE = messages.Done((), messages.Receipt())

Run = Callable[[messages.Question], AsyncIterator[messages.Event]]


@pytest.fixture
def journal() -> journals.MemoryJournal:
    return journals.MemoryJournal(ttl_s=60.0, clock=time.monotonic)


def owner(run: Run, journal: journals.MemoryJournal, timeout_s: float = 20.0) -> generations.Generations:
    return generations.Generations(run, journal, journal, timeout_s=timeout_s, now=lambda: 7.0)


async def heard(events: AsyncIterator[messages.Event]) -> list[messages.Event]:
    return [event async for event in events]


async def test_the_first_event_comes_before_any_work_is_done(journal: journals.MemoryJournal) -> None:
    never = asyncio.Event()

    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        await never.wait()
        yield DONE

    made = owner(run, journal)
    first = await anext(made.answer(QUESTION))
    assert first == messages.Started("gen_1", "consilium", 7.0)
    await made.close()


async def test_a_replay_is_what_was_heard(journal: journals.MemoryJournal) -> None:
    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        for word in ("Because", " it", " is."):
            yield messages.Token(word)
        yield DONE

    live = await heard(owner(run, journal).answer(QUESTION))
    assert await heard(journal.replay("gen_1", -1)) == live
    assert await heard(journal.replay("gen_1", 1)) == live[2:]


async def test_a_listener_that_leaves_does_not_end_the_generation(journal: journals.MemoryJournal) -> None:
    left = asyncio.Event()

    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        yield messages.Token("begun")
        await left.wait()
        yield DONE

    answer = owner(run, journal).answer(QUESTION)
    await anext(answer)
    await answer.aclose()
    left.set()
    async with asyncio.timeout(10):
        events = await heard(journal.replay("gen_1", -1))
    assert events[-1] == DONE


async def test_cancel_reaches_the_work(journal: journals.MemoryJournal) -> None:
    stopped = asyncio.Event()

    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        try:
            yield messages.Token("begun")
            await asyncio.Event().wait()
            yield DONE
        finally:
            stopped.set()

    answer = owner(run, journal).answer(QUESTION)
    assert isinstance(await anext(answer), messages.Started)
    assert await anext(answer) == messages.Token("begun")
    async with asyncio.timeout(10):
        await journal.cancel("gen_1")
        rest = await heard(answer)
        await stopped.wait()
    assert [event.code for event in rest if isinstance(event, messages.Failed)] == ["cancelled"]


async def test_an_answer_that_takes_too_long_ends_and_says_so(journal: journals.MemoryJournal) -> None:
    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        await asyncio.Event().wait()
        yield DONE

    events = await heard(owner(run, journal, timeout_s=0.05).answer(QUESTION))
    assert isinstance(events[-1], messages.Failed)
    assert events[-1].code == "timeout"


@pytest.mark.parametrize(
    ("raised", "code"),
    [(errors.Unavailable("No shard answers.", "library_down"), "library_down"), (RuntimeError("secret"), "internal")],
)
async def test_what_breaks_is_told_without_details_of_our_own(
    journal: journals.MemoryJournal, raised: Exception, code: str
) -> None:
    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        yield messages.Token("half")
        raise raised

    *before, last = await heard(owner(run, journal).answer(QUESTION))
    assert messages.Token("half") in before
    assert isinstance(last, messages.Failed)
    assert last.code == code
    assert "secret" not in last.message


async def test_close_ends_what_runs(journal: journals.MemoryJournal) -> None:
    async def run(question: messages.Question) -> AsyncIterator[messages.Event]:
        yield messages.Token("begun")
        await asyncio.Event().wait()

    made = owner(run, journal)
    answer = made.answer(QUESTION)
    await anext(answer)
    async with asyncio.timeout(10):
        await made.close()
        *_, last = await heard(answer)
    assert isinstance(last, messages.Failed)
    assert last.code == "stopped"
