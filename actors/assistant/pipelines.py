"""One question from door to door: route, recall, compose. Speaks only to Protocols; owns nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from actors import knobs, messages
from actors.assistant import composing, plans, stopwatches
from actors.models import embeddings

Vectors = embeddings.Vectors


class Library(Protocol):
    """Finds passages."""

    async def search(self, query: messages.Query) -> list[messages.Evidence]:
        """Return at most `query.k` passages, best first."""
        ...


class Tokens(Protocol):
    """Counts tokens."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        ...


class Writer(Protocol):
    """Makes an answer of evidence."""

    def write(self, question: str, vector: Vectors | None, evidence: Sequence[messages.Evidence]) -> composing.Composed:
        """Answer with cited sentences, or abstain."""
        ...


@dataclass(frozen=True)
class Pipeline:
    """The stages, in order, with a watch on each."""

    numbers: knobs.Knobs
    embeddings: embeddings.Embeddings
    library: Library
    writer: Writer
    tokens: Tokens
    clock: Callable[[], float]
    """Monotonic seconds."""
    now: Callable[[], float]
    """Unix seconds."""

    async def run(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Yield tokens as they are made, then Done. Raises what a stage raises."""
        queue_ms = max(0.0, self.now() - question.received_at) * stopwatches.MS_PER_S if question.received_at else 0.0
        watch = stopwatches.Stopwatch(self.clock)
        with watch.lap("route"):
            plan = plans.fixed(question, self.numbers)
        with watch.lap("recall"):
            vector, evidence = await self._recall(question, plan)
        with watch.lap("compose"):
            composed = self.writer.write(question.text, vector, evidence)
        for piece in composed.pieces:
            yield messages.Token(piece)
        prompt, completion = self.tokens.count(
            ["\n".join(turn.text for turn in question.turns), "".join(composed.pieces)]
        )
        yield messages.Done(
            citations=composed.citations,
            receipt=messages.Receipt(
                queue_ms=queue_ms,
                route_ms=watch.ms("route"),
                recall_ms=watch.ms("recall"),
                compose_ms=watch.ms("compose"),
                total_ms=queue_ms + watch.total_ms,
                prompt_tokens=prompt,
                completion_tokens=completion,
                engine=plan.model,
                plan=plan,
            ),
            abstained=composed.abstained,
            confidence=composed.confidence,
        )

    async def _recall(
        self, question: messages.Question, plan: messages.Plan
    ) -> tuple[Vectors, list[messages.Evidence]]:
        vector = (await self.embeddings.embed([question.text]))[0]
        query = messages.Query(question.text, vector, plan.k, plan.alpha, plan.depth, question.filter)
        return vector, await self.library.search(query)
