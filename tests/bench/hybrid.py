"""Hybrid search beside LanceDB's, on one core, over the passages of all sets. `python -m tests.bench.hybrid`.

Both hold the same passages and the same vectors and answer every question in turn, in one process pinned to one core.
Race 1, with the bars: all windows of a passage, best one counts. That is a multivector column in LanceDB.
Race 2, reported: one vector per passage (the mean of its windows), LanceDB's home ground.
LanceDB gets what its documentation offers: a full-text index with stemming and without stop words, exact vectors (its
default, and its advice below 100 000 rows) as well as an index, and both of its rerankers that need no model. The bars
are held against its defaults (exact vectors, RRF) in race 1; every other pair of time and recall is printed beside it
and kept, also where it is better than ours. Recall@10 is over the sets' own judgements among the passages of all
sets, on odd questions.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

os.environ.setdefault("LANCE_LOG", "error")  # it warns once per question

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
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
BATCH = 1000
PATIENCE = timedelta(minutes=10)
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
    """Return every passage, and the questions."""
    documents: list[messages.Indexed] = []
    asked: list[Asked] = []
    for name in sets.NAMES:
        of = sets.load(name)
        documents += await shelves.documents(of, embeddings)
        chosen = list(of.questions.items())[1::2][:PER_SET]
        vectors = await embeddings.embed([text for _, text in chosen])
        asked += [
            Asked(text, vector, dict(of.relevant.get(question, {})))
            for (question, text), vector in zip(chosen, vectors, strict=True)
        ]
    return documents, asked


def single(document: messages.Indexed) -> messages.Indexed:
    """Return a document as one chunk with one window that has the mean of its vectors."""
    text = "\n".join(chunk.text for chunk in document.chunks)
    mean = rows(document).astype(np.float32).mean(0, keepdims=True)
    chunk = messages.Chunk(0, 1, (), text, 0, len(text), (messages.Span(0, len(text)),))
    vectors = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype(np.float16)
    return dataclasses.replace(document, chunks=(chunk,), vectors=vectors, contexts=None)


def rows(document: messages.Indexed) -> npt.NDArray[np.float16]:
    """Return the vectors as our index holds them: windows seen with their contexts."""
    if document.contexts is None:
        return document.vectors
    counts = [len(chunk.sentences) for chunk in document.chunks]
    return contexts.joined(document.vectors, np.repeat(document.contexts, counts, axis=0))


def ours(documents: Sequence[messages.Indexed]) -> Contender:
    """Index the passages in a library of one shard."""
    index = indexes.Index(documents[0].vectors.shape[1])
    index.put(documents)
    library = libraries.Library({"0": shards.LocalShard(index)}, timeout_s=60.0)

    async def ask(asked: Asked) -> list[str]:
        query = messages.Query(asked.text, asked.vector, K, RETRIEVAL.alpha, RETRIEVAL.depth)
        return [one.document_id for one in await library.search(query)]

    return Contender("consilium", ask, [], [], [])


def lance(documents: Sequence[messages.Indexed], folder: str, many: bool) -> list[Contender]:
    """Index the passages in LanceDB, with and without an index over vectors."""
    database = lancedb.connect(folder)
    one_vector = pa.list_(pa.float32(), documents[0].vectors.shape[1])
    schema = pa.schema(
        [("id", pa.string()), ("text", pa.string()), ("vector", pa.list_(one_vector) if many else one_vector)]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            texts = ["\n".join([one.name, *(chunk.text for chunk in one.chunks)]) for one in batch]
            vectors = [rows(one).astype(np.float32) for one in batch]
            column = [list(one) for one in vectors] if many else [one[0] for one in vectors]
            arrays = [pa.array([one.document_id for one in batch]), pa.array(texts), pa.array(column, schema[2].type)]
            yield pa.record_batch(arrays, schema=schema)

    exact, indexed = (database.create_table(name, batches(), schema=schema) for name in ("exact", "indexed"))
    for table in (exact, indexed):
        table.create_fts_index("text", stem=True, remove_stop_words=True, ascii_folding=True, language="English")
    kind = "IVF_PQ" if many else "IVF_HNSW_SQ"
    indexed.create_index("cosine", index_type=kind, num_partitions=None if many else 1, wait_timeout=PATIENCE)
    return [
        Contender(f"lancedb, {name}, {way}", _lance_ask(table, reranker), [], [], [])
        for name, table in (("exact vectors", exact), (kind, indexed))
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


async def figures(documents: Sequence[messages.Indexed], asked: Sequence[Asked], many: bool) -> list[dict[str, Any]]:
    """Build all contenders, race them, and return what each did; ours comes first."""
    with tempfile.TemporaryDirectory() as folder:
        contenders = [ours(documents), *lance(documents, folder, many)]
        gc.collect()
        await race(contenders, asked)
    found = [_figures(one) for one in contenders]
    for one in found:
        times = "p50 {p50_ms:7.2f} ms  p95 {p95_ms:7.2f} ms  cpu {cpu_ms:7.2f} ms".format(**one)
        print(f"   {one['name']:<42} {times}  recall@10 {one['recall']:.3f}", flush=True)
    return found


def bars(found: Sequence[dict[str, Any]], title: str, held: bool) -> list[reports.Bar]:
    """Return how ours stands: against LanceDB's defaults, as promises if `held`, and against its fastest and best."""
    mine, default, theirs = found[0], found[1], found[1:]
    fastest = min(theirs, key=lambda one: one["p50_ms"])
    best = max(theirs, key=lambda one: one["recall"])
    ratio, recall = default["p50_ms"] / mine["p50_ms"], mine["recall"]
    passed = (ratio >= FASTER, recall >= default["recall"]) if held else (None, None)
    return [
        reports.Bar(f"{title}: p50, ms", mine["p50_ms"], f"{default['p50_ms']:.2f} ms {default['name']}"),
        reports.Bar(f"{title}: times faster", ratio, f"≥ {FASTER:g} against that", passed[0]),
        reports.Bar(f"{title}: Recall@10", recall, f"≥ {default['recall']:.3f} of that", passed[1]),
        reports.Bar(
            f"{title}: times faster than its fastest",
            fastest["p50_ms"] / mine["p50_ms"],
            f"reported: {fastest['name']}, {fastest['p50_ms']:.2f} ms, recall {fastest['recall']:.3f}",
        ),
        reports.Bar(
            f"{title}: Recall@10 of its best", best["recall"], f"reported: {best['name']}, {best['p50_ms']:.2f} ms"
        ),
    ]


async def main() -> None:
    """Build, race, save."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    embeddings = memories.Remembered(threads=1)
    documents, asked = await shelf(embeddings)
    embeddings.close()
    many = await figures(documents, asked, many=True)
    one = await figures([single(each) for each in documents], asked, many=False)
    count = len(documents)
    table = [
        reports.Bar("passages", count, "≥ 20 000", count >= 20_000),
        *bars(many, "all windows", held=True),
        *bars(one, "one vector each", held=False),
    ]
    details = {"all windows": many, "one vector each": one, "questions": len(asked), "alpha": RETRIEVAL.alpha}
    reports.save("hybrid", table, details)


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
