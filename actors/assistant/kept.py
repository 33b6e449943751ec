"""Answers that are made once. A kept answer is a generation like any other: it has its own id, it is journalled, it can
be replayed, and its receipt says where it came from.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Protocol

from actors import errors, knobs, messages
from actors.assistant import assistants, codecs, warming
from actors.cache import keys, shapes, tiers

RELEASE = 1
"""Grows when the same question would get another answer from newer code."""
PATIENCE_S = 0.05
"""How long the first flush waits to learn whether the answer is kept; who waits for another's making goes first."""
ALONE = ("cancelled", "interrupted", "stopped")
"""Ends of a generation that concern only who asked for it: others who waited for it make their own."""


class Answer(NamedTuple):
    """A whole answer, without who asked for it."""

    pieces: tuple[messages.Event, ...]
    """Tokens, and citations that came between them."""
    done: messages.Done

    @property
    def events(self) -> tuple[messages.Event, ...]:
        """All that comes after Started."""
        return (*self.pieces, self.done)


def receipt(made: messages.Receipt, tier: str) -> messages.Receipt:
    """Return the receipt of an answer that a tier had: nothing was spent on it but time."""
    return messages.Receipt(
        cache=tier,
        prompt_tokens=made.prompt_tokens,
        completion_tokens=made.completion_tokens,
        engine=made.engine,
        plan=made.plan,
        specialists=made.specialists,
    )


class Records(Protocol):
    """Takes whole generations down, behind the caller."""

    def record(self, generation_id: str, events: tuple[messages.Event, ...]) -> None:
        """Keep a generation that is over, from Started to its end. Never raises."""
        ...


def _pack(answer: Answer) -> bytes:
    return b"\n".join(codecs.encode(event) for event in answer.events)


def _unpack(data: bytes) -> Answer:
    *pieces, done = (codecs.decode(line) for line in data.split(b"\n"))
    if not isinstance(done, messages.Done):
        raise ValueError("an answer that is not whole")
    return Answer(tuple(pieces), done)


def _weigh(answer: Answer) -> int:
    text = sum(60 + len(event.text) for event in answer.pieces if isinstance(event, messages.Token))
    return 800 + text + sum(400 + len(one.quote) for one in answer.done.citations)


ANSWER: keys.Kind[Answer] = keys.Kind("answers", _pack, _unpack, _weigh)


class _Broken(Exception):
    """The generation that was to be kept did not become whole."""

    def __init__(self, failed: messages.Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class KeptAnswers:
    """`Assistant` that asks the caches first. Belongs to one event loop."""

    def __init__(
        self, made: assistants.Assistant, cache: tiers.Tiers, records: Records, embedding: str, numbers: knobs.Knobs
    ) -> None:
        self._made = made
        self._cache = cache
        self._records = records
        self._base = (RELEASE, embedding, dataclasses.asdict(numbers))
        self._going: set[asyncio.Task[Any]] = set()
        self._warmer = warming.Warmer(self._make_ahead)
        cache.mourn(lambda kind, digest, hits: self._warmer.lost(digest, hits) if kind == ANSWER.name else None)

    def key(self, question: messages.Question) -> keys.Key[Answer]:
        """Return what an answer to this question is found under."""
        owner = keys.Owner(question.tenant, question.user)
        turns = [(turn.role, turn.text) for turn in question.turns]
        chosen = dataclasses.asdict(question.filter)
        return keys.of(ANSWER, owner, *self._base, question.model, turns, chosen, question.alpha)

    async def answer(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """See `Assistant`. Raises what that raises before Started, and NotFound for the wish `only`."""
        if question.cache == "bypass":
            async for event in self._made.answer(question):
                yield event
            return
        key = self.key(question)
        self._warmer.asked(key.digest, question)
        near = self._cache.near(key) if question.cache != "refresh" else None
        if near is not None:
            for event in self.recalled(question, near):
                yield event
            again = dataclasses.replace(question, id=f"gen_{uuid.uuid4().hex}")
            self._cache.refresh_early(key, lambda: self._make(again, asyncio.Queue()))
            return
        async for event in self._looked_for(question, key):
            yield event

    def near(self, key: keys.Key[Answer]) -> shapes.Found[Answer] | None:
        """Return what this process has, if that can be told at once."""
        return self._cache.near(key)

    def recalled(self, question: messages.Question, found: shapes.Found[Answer]) -> tuple[messages.Event, ...]:
        """Return a kept answer as a generation of its own, and have it journalled."""
        now = time.time()
        waited_ms = max(0.0, now - question.received_at) * 1000 if question.received_at else 0.0
        told = dataclasses.replace(receipt(found.value.done.receipt, found.tier), total_ms=waited_ms)
        started = messages.Started(question.id, question.model, now, question.usage, found.tier)
        events = (started, *found.value.pieces, dataclasses.replace(found.value.done, receipt=told))
        self._records.record(question.id, events)
        return events

    async def close(self) -> None:
        """Cancel what still waits."""
        await self._warmer.close()
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    async def _looked_for(self, question: messages.Question, key: keys.Key[Answer]) -> AsyncIterator[messages.Event]:
        """Yield the answer from a far tier, from another's making, or as it is made for us."""
        heard: asyncio.Queue[messages.Event] = asyncio.Queue()
        looking = asyncio.create_task(
            self._cache.get_or_make(key, lambda: self._make(question, heard), question.cache), name=question.id
        )
        self._going.add(looking)
        looking.add_done_callback(self._ended)
        started: messages.Started | None = None
        first = asyncio.create_task(heard.get())
        try:
            await asyncio.wait({looking, first}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if not looking.done() and not first.done():
                started = messages.Started(question.id, question.model, time.time(), question.usage, "MISS")
                yield started
            await asyncio.wait({looking, first}, return_when=asyncio.FIRST_COMPLETED)
            if not first.done() and heard.empty():
                async for event in self._others(question, looking, started):
                    yield event
                return
            event = await first
            if started is None:
                yield dataclasses.replace(event, cache="MISS") if isinstance(event, messages.Started) else event
            while not isinstance(event, messages.Done | messages.Failed):
                event = await heard.get()
                yield event
        finally:
            first.cancel()

    async def _others(
        self,
        question: messages.Question,
        looking: asyncio.Task[shapes.Found[Answer]],
        started: messages.Started | None,
    ) -> AsyncIterator[messages.Event]:
        """Yield what was found, or what another's making came to."""
        try:
            events = self.recalled(question, await looking)
        except _Broken as error:
            if error.failed.code in ALONE:
                async for event in self._made.answer(question):
                    if started is None or not isinstance(event, messages.Started):
                        yield event
                return
            events = (
                started or messages.Started(question.id, question.model, time.time(), question.usage, "MISS"),
                error.failed,
            )
            self._records.record(question.id, events)
        except errors.ConsiliumError as error:
            if started is None:
                raise
            events = (started, messages.Failed(error.message, error.code))
            self._records.record(question.id, events)
        for event in events:
            if started is None or not isinstance(event, messages.Started):
                yield event

    async def _make(self, question: messages.Question, heard: asyncio.Queue[messages.Event]) -> shapes.Made[Answer]:
        pieces: list[messages.Event] = []
        async for event in self._made.answer(question):
            heard.put_nowait(event)
            if isinstance(event, messages.Failed):
                raise _Broken(event)
            if isinstance(event, messages.Done):
                lineage = event.lineage or messages.Lineage((), 0)
                answer = Answer(tuple(pieces), dataclasses.replace(event, lineage=None))
                return shapes.Made(answer, lineage.tags, lineage.stamp, kept=event.lineage is not None)
            if isinstance(event, messages.Token) and pieces and isinstance(pieces[-1], messages.Token):
                pieces[-1] = messages.Token(pieces[-1].text + event.text)  # it is whole: nobody waits for words
            elif not isinstance(event, messages.Started):
                pieces.append(event)
        raise errors.Unavailable("The assistant gave no answer. Try again.", "assistant_silent")

    async def _make_ahead(self, question: messages.Question) -> None:
        """Make an answer that nobody waits for."""
        ahead = dataclasses.replace(question, id=f"gen_{uuid.uuid4().hex}", received_at=0.0, cache="default")
        with contextlib.suppress(_Broken):
            await self._cache.get_or_make(self.key(ahead), lambda: self._make(ahead, asyncio.Queue()))

    def _ended(self, looking: asyncio.Task[Any]) -> None:
        self._going.discard(looking)
        if not looking.cancelled():
            looking.exception()  # those who listen have heard it
