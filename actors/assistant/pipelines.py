"""One question from door to door: route, recall, compose. Speaks only to Protocols; owns nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from actors import knobs, messages
from actors.assistant import composing, plans, stopwatches
from actors.cache import tags
from actors.models import embeddings

Vectors = embeddings.Vectors
Embeddings = embeddings.Embeddings


class Library(Protocol):
    """Finds passages."""

    async def recall(self, query: messages.Query, tenant: str, wish: messages.Wish) -> messages.Recall:
        """Return at most `query.k` passages, best first, and what a cache must know of them."""
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
    embeddings: Embeddings
    bare: Embeddings
    """The same without caches, for who wants none."""
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
            vector, recalled = await self._recall(question, plan)
        with watch.lap("compose"):
            composed = self.writer.write(question.text, vector, recalled.evidence)
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
                cache="BYPASS" if question.cache == "bypass" else "MISS",
                prompt_tokens=prompt,
                completion_tokens=completion,
                engine=plan.model,
                plan=plan,
            ),
            abstained=composed.abstained,
            confidence=composed.confidence,
            lineage=self._lineage(question, plan, recalled, composed),
        )

    async def _recall(self, question: messages.Question, plan: messages.Plan) -> tuple[Vectors, messages.Recall]:
        engine = self.bare if question.cache == "bypass" else self.embeddings
        vector = (await engine.embed([question.text]))[0]
        query = messages.Query(question.text, vector, plan.k, plan.alpha, plan.depth, question.filter)
        return vector, await self.library.recall(query, question.tenant, question.cache)

    def _lineage(
        self,
        question: messages.Question,
        plan: messages.Plan,
        recalled: messages.Recall,
        composed: composing.Composed,
    ) -> messages.Lineage | None:
        """Return what the answer stands on: what its evidence does, and who made it of that."""
        if recalled.lineage is None:
            return None
        cited = (tags.document(citation.document_id) for citation in composed.citations)
        makers = tags.model(plan.model), tags.knobs(self.numbers.version), tags.tenant(question.tenant)
        return messages.Lineage(tags.joined(recalled.lineage.tags, cited, makers), recalled.lineage.stamp)
