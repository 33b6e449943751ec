"""nDCG@10 on the 14 retrieval sets: BM25, vectors and both, with one α for all. `python -m tests.bench.retrieval`.

Everything goes through the product: windows, embeddings, index, fusion. `--tune` prints the mean over the even
questions for a grid of α, from which the default was chosen; the bars are read on the odd ones and on all.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from actors import knobs, messages
from actors.library import indexes, libraries, shards
from tests.bench import memories, reports, sets, shelves

RETRIEVAL = knobs.Retrieval()
SLACK = 0.02
"""Most that a set may lie under the better side."""
DISTINCT = 30
"""Chunks asked for, so that ten different passages are among them."""
Judged = Mapping[float, list[float]]
"""nDCG@10 of every question in order, by α."""


@dataclass(frozen=True, slots=True)
class Line:
    """One set in the table."""

    name: str
    questions: int
    bm25: float
    vector: float
    hybrid: float

    @property
    def gap(self) -> float:
        """How far both together lie above the better one alone."""
        return self.hybrid - max(self.bm25, self.vector)


async def judge(name: str, embeddings: memories.Remembered, alphas: Iterable[float]) -> Judged:
    """Index a set and ask all its questions."""
    of = sets.load(name)
    index = indexes.Index(embeddings.dimensions)
    index.put(await shelves.documents(of, embeddings))
    library = libraries.Library({"0": shards.LocalShard(index)}, timeout_s=60.0)
    vectors = await embeddings.embed(list(of.questions.values()))
    judged: dict[float, list[float]] = {}
    for alpha in alphas:
        judged[alpha] = []
        for (question, text), vector in zip(of.questions.items(), vectors, strict=True):
            query = messages.Query(text, vector, DISTINCT, alpha, RETRIEVAL.depth)
            found = dict.fromkeys(one.document_id for one in await library.search(query))
            judged[alpha].append(sets.ndcg(list(found), of.relevant.get(question, {})))
    return judged


def lines(judged: Mapping[str, Judged], alpha: float, half: slice) -> list[Line]:
    """Return the table over a part of the questions."""
    return [
        Line(name, len(by[alpha][half]), *(float(np.mean(by[weight][half])) for weight in (1.0, 0.0, alpha)))
        for name, by in judged.items()
    ]


def bars(title: str, table: Sequence[Line]) -> list[reports.Bar]:
    """Return the promises, judged on one table."""
    bm25, vector, hybrid = (
        float(np.mean([getattr(one, side) for one in table])) for side in ("bm25", "vector", "hybrid")
    )
    worst = min(table, key=lambda one: one.gap)
    return [
        reports.Bar(f"{title}: mean nDCG@10", hybrid, f"above BM25 alone ({bm25:.3f})", hybrid > bm25),
        reports.Bar(f"{title}: mean nDCG@10", hybrid, f"above vectors alone ({vector:.3f})", hybrid > vector),
        reports.Bar(
            f"{title}: worst set, {worst.name}", worst.gap, f"≥ −{SLACK} against the better side", worst.gap >= -SLACK
        ),
    ]


def show(title: str, table: Sequence[Line]) -> None:
    """Print a table as Markdown, as it stands in docs/retrieval.md."""
    print(f"\n{title}\n\n| set | questions | BM25 | vector | hybrid | against the better |\n|---|--:|--:|--:|--:|--:|")
    mean = Line(
        "**mean**", sum(one.questions for one in table), *np.mean([[o.bm25, o.vector, o.hybrid] for o in table], 0)
    )
    for one in (*table, mean):
        print(
            f"| {one.name} | {one.questions} | {one.bm25:.3f} | {one.vector:.3f} | {one.hybrid:.3f} | {one.gap:+.3f} |"
        )


async def main(names: Sequence[str], tune: bool) -> None:
    """Judge, print, save."""
    embeddings = memories.Remembered()
    grid = np.round(np.arange(0.1, 0.65, 0.05), 2).tolist() if tune else []
    alphas = sorted({0.0, RETRIEVAL.alpha, 1.0, *grid})
    judged: dict[str, Judged] = {}
    for name in names:
        judged[name] = await judge(name, embeddings, alphas)
        print(f"\r   {name:<24}", end="", flush=True)
    embeddings.close()
    if tune:
        for alpha in grid:
            table = lines(judged, alpha, slice(0, None, 2))
            worst = min(table, key=lambda one: one.gap)
            mean = np.mean([one.hybrid for one in table])
            print(f"even questions, α {alpha:.2f}: mean {mean:.4f}, worst {worst.gap:+.3f} ({worst.name})")
        return
    odd, all_ = (lines(judged, RETRIEVAL.alpha, half) for half in (slice(1, None, 2), slice(None)))
    show(f"Odd questions (never tuned on), α = {RETRIEVAL.alpha}", odd)
    show(f"All questions, α = {RETRIEVAL.alpha}", all_)
    details = {
        "alpha": RETRIEVAL.alpha,
        "depth": RETRIEVAL.depth,
        "embeddings": embeddings.name,
        "odd": [asdict(one) for one in odd],
        "all": [asdict(one) for one in all_],
    }
    reports.save("retrieval", [*bars("odd questions", odd), *bars("all questions", all_)], details)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--sets", nargs="*", default=sets.NAMES)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.sets, chosen.tune))
