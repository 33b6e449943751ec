"""Hybrid search beside LanceDB's, on one core, over the passages of all sets. `python -m tests.bench.hybrid`.

Both hold the same texts and one vector per passage (the mean of its windows, seen with its title), both answer every
question in turn, in the same process pinned to one core. LanceDB gets what its documentation offers: a full-text
index with stemming and without stop words, once its exact search over vectors (the default) and once an HNSW index,
and both of its own rerankers that need no model. The bar is held against the fastest of these for time, and against
the best of these for recall. Recall@10 is over the sets' own judgements, among the passages of all sets.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

os.environ.setdefault("LANCE_LOG", "error")  # it warns once per question

import lancedb
import numpy as np
import numpy.typing as npt
from lancedb import rerankers

from actors import knobs, messages
from actors.library import contexts, indexes, libraries, shards
from tests.bench import memories, reports, sets, shelves

RETRIEVAL = knobs.Retrieval()
K = 10
PER_SET = 24
"""Questions taken of each set, from the odd places."""
BLOCK = 40
"""Questions that one contender answers before the next one's turn."""
WARM = 5
"""Of these, asked once more beforehand and not counted."""
FASTER = 10.0

Ask = Callable[["Asked"], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and what answers it."""

    text: str
    vector: npt.NDArray[np.float32]
    relevant: dict[str, float]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to search, and how it did."""

    name: str
    ask: Ask
    wall_ms: list[float]
    cpu_ms: list[float]
    recalls: list[float]


async def shelf(embeddings: memories.Remembered) -> tuple[list[messages.Indexed], list[Asked]]:
    """Return every passage with one vector, and the questions."""
    documents: list[messages.Indexed] = []
    asked: list[Asked] = []
    for name in sets.NAMES:
        of = sets.load(name)
        documents += [_single(one) for one in await shelves.documents(of, embeddings)]
        chosen = list(of.questions.items())[1::2][:PER_SET]
        vectors = await embeddings.embed([text for _, text in chosen])
        asked += [
            Asked(text, vector, dict(of.relevant.get(question, {})))
            for (question, text), vector in zip(chosen, vectors, strict=True)
        ]
    return documents, asked


def _single(document: messages.Indexed) -> messages.Indexed:
    """Return a document as one chunk with one window that has the mean of its vectors."""
    text = "\n".join(chunk.text for chunk in document.chunks)
    counts = [len(chunk.sentences) for chunk in document.chunks]
    above = np.repeat(np.asarray(document.contexts), counts, axis=0)
    mean = contexts.joined(document.vectors, above).astype(np.float32).mean(0, keepdims=True)
    chunk = messages.Chunk(0, 1, (), text, 0, len(text), (messages.Span(0, len(text)),))
    vectors = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype(np.float16)
    return dataclasses.replace(document, chunks=(chunk,), vectors=vectors, contexts=None)


def ours(documents: Sequence[messages.Indexed]) -> Contender:
    """Index the passages in a library of one shard."""
    index = indexes.Index(documents[0].vectors.shape[1])
    index.put(documents)
    library = libraries.Library({"0": shards.LocalShard(index)}, timeout_s=60.0)

    async def ask(asked: Asked) -> list[str]:
        query = messages.Query(asked.text, asked.vector, K, RETRIEVAL.alpha, RETRIEVAL.depth)
        return [one.document_id for one in await library.search(query)]

    return Contender("consilium", ask, [], [], [])


def lance(documents: Sequence[messages.Indexed], folder: str) -> list[Contender]:
    """Index the passages in LanceDB, with and without an index over vectors."""
    database = lancedb.connect(folder)
    rows = [
        {
            "id": one.document_id,
            "text": f"{one.name}\n{one.chunks[0].text}",
            "vector": one.vectors[0].astype(np.float32),
        }
        for one in documents
    ]
    exact, graph = (database.create_table(name, rows) for name in ("exact", "graph"))
    for table in (exact, graph):
        table.create_fts_index("text", stem=True, remove_stop_words=True, ascii_folding=True, language="English")
    graph.create_index("cosine", index_type="IVF_HNSW_SQ", num_partitions=1, wait_timeout=timedelta(minutes=5))
    return [
        Contender(f"lancedb, {kind}, {way}", _lance_ask(table, reranker), [], [], [])
        for kind, table in (("exact vectors", exact), ("HNSW", graph))
        for way, reranker in (
            ("RRF (its default)", rerankers.RRFReranker()),
            ("linear combination", rerankers.LinearCombinationReranker()),
        )
    ]


def _lance_ask(table: Any, reranker: Any) -> Ask:
    async def ask(asked: Asked) -> list[str]:
        # Its query builder takes the words as words: no syntax to trip over.
        search = table.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
        found = search.vector(asked.vector).text(asked.text).distance_type("cosine").rerank(reranker).limit(K)
        return found.select(["id"]).to_arrow()["id"].to_pylist()  # type: ignore[no-any-return]

    return ask


async def race(contenders: Sequence[Contender], asked: Sequence[Asked]) -> None:
    """Let all answer the questions block by block in turn, so that what disturbs the machine disturbs all."""
    for start in range(0, len(asked), BLOCK):
        block = asked[start : start + BLOCK]
        for one in contenders:
            for question in block[:WARM]:
                await one.ask(question)
            for question in block:
                wall, cpu = time.perf_counter(), time.process_time()
                found = await one.ask(question)
                one.wall_ms.append((time.perf_counter() - wall) * 1000)
                one.cpu_ms.append((time.process_time() - cpu) * 1000)
                one.recalls.append(sets.recall(found, question.relevant, K))


async def main() -> None:
    """Build, race, save."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    embeddings = memories.Remembered(threads=1)
    documents, asked = await shelf(embeddings)
    embeddings.close()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        contenders = [ours(documents)]
        print(f"   {len(documents)} passages indexed in {time.perf_counter() - start:.0f} s")
        start = time.perf_counter()
        contenders += lance(documents, folder)
        print(f"   by LanceDB, twice, in {time.perf_counter() - start:.0f} s; {len(asked)} questions")
        gc.collect()
        await race(contenders, asked)
    figures = [_figures(one) for one in contenders]
    for one in figures:
        times = "p50 {p50_ms:7.2f} ms  p95 {p95_ms:7.2f} ms  cpu {cpu_ms:7.2f} ms".format(**one)
        print(f"   {one['name']:<42} {times}  recall@10 {one['recall']:.3f}")
    mine, theirs = figures[0], figures[1:]
    fastest = min(theirs, key=lambda one: one["p50_ms"])
    best = max(theirs, key=lambda one: one["recall"])
    ratio = fastest["p50_ms"] / mine["p50_ms"]
    bars = [
        reports.Bar("passages", len(documents), "≥ 20 000", len(documents) >= 20_000),
        reports.Bar("p50, ms", mine["p50_ms"], f"LanceDB's fastest: {fastest['p50_ms']:.2f} ms ({fastest['name']})"),
        reports.Bar("times faster, p50", ratio, f"≥ {FASTER:g}", ratio >= FASTER),
        reports.Bar(
            "Recall@10", mine["recall"], f"≥ {best['recall']:.3f} ({best['name']})", mine["recall"] >= best["recall"]
        ),
    ]
    reports.save("hybrid", bars, {"contenders": figures, "questions": len(asked), "alpha": RETRIEVAL.alpha})


def _figures(one: Contender) -> dict[str, Any]:
    return {
        "name": one.name,
        "p50_ms": float(np.percentile(one.wall_ms, 50)),
        "p95_ms": float(np.percentile(one.wall_ms, 95)),
        "cpu_ms": float(np.percentile(one.cpu_ms, 50)),
        "recall": float(np.mean(one.recalls)),
    }


if __name__ == "__main__":
    asyncio.run(main())
