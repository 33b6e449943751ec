"""What the assistant relies on of a journal, in memory and in a real Redis alike."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors import errors, messages
from actors.assistant import assistants, journals
from actors.cache import redis_servers

STARTED = messages.Started("gen_1", "consilium", 1.0)
DONE = messages.Done((), messages.Receipt(plan=messages.Plan(0.5, 8, 100, 2), specialists=("a",)), confidence=0.9)
ANSWER = (STARTED, messages.Token("Hello"), messages.Token(" world."), DONE)


class Both(assistants.Journal, assistants.Cancellations):
    """What each implementation is."""


def in_redis(url: str, **options: float) -> journals.RedisJournal:
    given = {"timeout_s": 0.5, "ttl_s": 60.0, "idle_s": 30.0} | options
    return journals.RedisJournal(url, **given, clock=time.monotonic)


@pytest.fixture(params=["memory", "redis"])
async def journal(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    if request.param == "memory":
        yield journals.MemoryJournal(ttl_s=60.0, clock=time.monotonic)
        return
    journal = in_redis(request.getfixturevalue("redis_url"))
    yield journal
    await journal.close()


@pytest.fixture
def generation() -> str:
    return f"gen_{secrets.token_hex(8)}"


async def heard(journal: assistants.Journal, generation: str, after: int = -1) -> list[messages.Event]:
    return [event async for event in journal.replay(generation, after)]


async def test_a_whole_generation_is_replayed_in_order(journal: Both, generation: str) -> None:
    await journal.append(generation, ANSWER[:1])
    await journal.append(generation, ANSWER[1:3])
    await journal.append(generation, ANSWER[3:])
    assert await heard(journal, generation) == list(ANSWER)
    assert await heard(journal, generation) == list(ANSWER)


@pytest.mark.parametrize("after", [-5, -1, 0, 1, 2, 3, 4, 1000])
async def test_a_replay_begins_after_what_was_seen(journal: Both, generation: str, after: int) -> None:
    await journal.append(generation, ANSWER)
    assert await heard(journal, generation, after) == list(ANSWER[max(after, -1) + 1 :])


async def test_listeners_follow_until_the_end_each_from_its_own_place(journal: Both, generation: str) -> None:
    await journal.append(generation, ANSWER[:2])
    streams = [journal.replay(generation, after) for after in (-1, 0, 1)]
    assert await anext(streams[0]) == STARTED
    rest = [asyncio.create_task(collect(stream)) for stream in streams]
    await journal.append(generation, ANSWER[2:3])
    await journal.append(generation, ANSWER[3:])
    assert await asyncio.gather(*rest) == [list(ANSWER[1:]), list(ANSWER[1:]), list(ANSWER[2:])]


async def collect(stream: AsyncIterator[messages.Event]) -> list[messages.Event]:
    return [event async for event in stream]


async def test_a_failure_ends_a_replay_too(journal: Both, generation: str) -> None:
    failed = messages.Failed("It broke.", "internal")
    await journal.append(generation, (STARTED, failed))
    assert await heard(journal, generation) == [STARTED, failed]


async def test_generations_do_not_mix(journal: Both, generation: str) -> None:
    names = [f"{generation}-{n}" for n in range(20)]
    answers = [(STARTED, messages.Token(name), DONE) for name in names]
    for n in range(3):
        await asyncio.gather(
            *(journal.append(name, answer[n : n + 1]) for name, answer in zip(names, answers, strict=True))
        )
    for name, answer in zip(names, answers, strict=True):
        assert await heard(journal, name) == list(answer)


async def test_an_unknown_generation_is_not_found(journal: Both, generation: str) -> None:
    with pytest.raises(errors.NotFound):
        await heard(journal, generation)
    with pytest.raises(errors.NotFound):
        await journal.cancel(generation)


async def test_the_owner_learns_of_a_cancel(journal: Both, generation: str) -> None:
    watch = asyncio.create_task(journal.cancelled(generation))
    other = asyncio.create_task(journal.cancelled(generation + "-other"))
    await journal.append(generation, ANSWER[:2])
    await journal.cancel(generation)
    await asyncio.wait_for(watch, 5.0)
    assert not other.done()
    other.cancel()
    end = messages.Failed("The generation was cancelled.", "cancelled")
    await journal.append(generation, (end,))
    assert (await heard(journal, generation))[-1] == end


async def test_watching_alone_makes_no_generation(journal: Both, generation: str) -> None:
    watch = asyncio.create_task(journal.cancelled(generation))
    await asyncio.sleep(0)
    with pytest.raises(errors.NotFound):
        await heard(journal, generation)
    watch.cancel()


async def test_a_generation_is_forgotten_after_its_time_in_memory(generation: str) -> None:
    now = 0.0
    journal = journals.MemoryJournal(ttl_s=10.0, clock=lambda: now)
    await journal.append(generation, ANSWER)
    now = 9.0
    assert await heard(journal, generation) == list(ANSWER)
    now = 10.1
    with pytest.raises(errors.NotFound):
        await heard(journal, generation)


async def test_a_generation_is_forgotten_after_its_time_in_redis(redis_url: str, generation: str) -> None:
    journal = in_redis(redis_url, ttl_s=0.05)
    await journal.append(generation, ANSWER)
    async with asyncio.timeout(5.0):
        while True:
            try:
                await heard(journal, generation)
            except errors.NotFound:
                break
    await journal.close()


async def test_a_generation_whose_owner_died_ends_for_its_listeners(
    redis_url: str, generation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "BLOCK_S", 0.05)
    journal = in_redis(redis_url, idle_s=0.1)
    await journal.append(generation, ANSWER[:2])
    *before, last = await heard(journal, generation)
    assert before == list(ANSWER[:2])
    assert isinstance(last, messages.Failed)
    assert last.code == "interrupted"
    await journal.close()


async def test_what_redis_missed_goes_with_the_next_append(tmp_path: Path, generation: str) -> None:
    server = redis_servers.RedisServer(tmp_path, 16 * 2**20)
    await server.start()
    journal = in_redis(server.url, timeout_s=0.2)
    try:
        assert server.pid is not None
        await journal.append(generation, ANSWER[:1])
        os.kill(server.pid, signal.SIGSTOP)
        before = time.monotonic()
        await journal.append(generation, ANSWER[1:2])
        assert time.monotonic() - before < 0.2 + 0.3, "a Redis that hangs costs its time-out and no more"
        os.kill(server.pid, signal.SIGCONT)  # what it was sent may still arrive now, and must not count twice
        await journal.append(generation, ANSWER[2:])
        assert await heard(journal, generation) == list(ANSWER)
    finally:
        await journal.close()
        await server.stop()


async def test_redis_killed_in_the_middle_costs_that_journal_and_nothing_else(tmp_path: Path, generation: str) -> None:
    server = redis_servers.RedisServer(tmp_path, 16 * 2**20)
    await server.start()
    journal = in_redis(server.url)
    try:
        await journal.append(generation, ANSWER[:2])
        follower = asyncio.create_task(heard(journal, generation))
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        for n in range(50):
            await journal.append(generation, (messages.Token(str(n)),))  # does not raise
        with pytest.raises((errors.Unavailable, errors.NotFound)):
            await follower
        assert await back(journal, generation) is None, "no tail without its head"
        await journal.append(generation, (DONE,))
        assert await back(journal, generation) is None
        for event in ANSWER:
            await journal.append(generation + "-new", (event,))
        assert await heard(journal, generation + "-new") == list(ANSWER)
    finally:
        await journal.close()
        await server.stop()


async def back(journal: assistants.Journal, generation: str) -> list[messages.Event] | None:
    """Wait until Redis answers again, and say what it knows of the generation."""
    async with asyncio.timeout(10.0):
        while True:
            try:
                return await heard(journal, generation)
            except errors.NotFound:
                return None
            except errors.Unavailable:
                await asyncio.sleep(0.02)
