"""Questions with the evidence that the real library finds for them: answerable ones, and three kinds that are not.

The corpus of `general` is cut, embedded and indexed as uploads are. Vectors are kept in `.cache/bench`, out of git.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from actors import knobs, messages, settings
from actors.library import chunking, indexes, libraries, shards, windows
from actors.models import embeddings, engines

DATA = Path(__file__).parents[3] / "shared" / "data"
CACHE = Path(__file__).parents[2] / ".cache" / "bench"

Kind = Literal["answerable", "near", "removed", "foreign"]
"""`near`: sounds like a passage that does not answer it. `removed`: its passage is not in the library.
`foreign`: from another domain."""

FOREIGN = ("finance", "legal", "healthcare", "technical", "science", "healthcare_consumer")
FOREIGN_EACH = 40


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question, what was found for it, and what would be right."""

    kind: Kind
    position: int
    """In its file: even positions tune, odd ones are reported."""
    text: str
    vector: npt.NDArray[np.float32]
    evidence: tuple[messages.Evidence, ...]
    answers: tuple[str, ...]

    @property
    def tuning(self) -> bool:
        """Whether constants may be fitted on it."""
        return self.position % 2 == 0


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: Kind
    position: int
    text: str
    answers: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()
    """Passages that answer it, or only seem to."""


def collect(engine: str, retrieval: knobs.Retrieval, kinds: Sequence[Kind], thin: int = 1) -> list[Inquiry]:
    """Index the corpus with an embedding engine and search it for every question of the kinds.

    `thin` keeps one question in so many (as many of both halves), their passages, and one other passage in so many.
    """
    return asyncio.run(_collect(engine, retrieval, kinds, thin))


async def _collect(engine: str, retrieval: knobs.Retrieval, kinds: Sequence[Kind], thin: int) -> list[Inquiry]:
    options = settings.Embeddings.model_validate({"engine": engine})
    loaded = engines.load(options, CACHE.parent / "models")
    asked = [one for one in _questions() if one.kind in kinds and one.position // 2 % thin == 0]
    needed = frozenset().union(*(one.near for one in asked))
    rows = [row for at, row in enumerate(_read("general/corpus.jsonl")) if at % thin == 0 or row["id"] in needed]
    library = libraries.Library(
        {"0": shards.LocalShard(indexes.Index(loaded.embeddings.dimensions))}, timeout_s=60, write_timeout_s=600
    )
    for document in await _indexed(rows, loaded):
        await library.put(document)
    vectors = await loaded.embeddings.embed([one.text for one in asked])
    found = []
    for one, vector in zip(asked, vectors, strict=True):
        others = tuple(row["id"] for row in rows if row["id"] not in one.near)
        allowed = others if one.kind == "removed" else ()
        query = messages.Query(
            one.text, vector, retrieval.k, retrieval.alpha, retrieval.depth, messages.Filter(documents=allowed)
        )
        evidence = tuple(await library.search(query))
        found.append(Inquiry(one.kind, one.position, one.text, vector, evidence, one.answers))
    loaded.embeddings.close()
    return found


async def _indexed(rows: Sequence[dict[str, Any]], engine: engines.Engine) -> list[messages.Indexed]:
    cuts = [chunking.cut([messages.Page(1, row["text"])], engine.tokens, knobs.Chunking()) for row in rows]
    texts = [text for chunks in cuts for chunk in chunks for text in windows.texts(chunk)]
    vectors = await _embedded(texts, engine.embeddings)
    above = [windows.context(row["title"], chunk) for row, chunks in zip(rows, cuts, strict=True) for chunk in chunks]
    contexts = await _embedded(above, engine.embeddings)
    ends = np.cumsum([0, *(sum(len(chunk.sentences) for chunk in chunks) for chunks in cuts)]).tolist()
    marks = np.cumsum([0, *map(len, cuts)]).tolist()
    return [
        messages.Indexed(row["id"], 1, row["title"], {}, 0.0, chunks, vectors[start:end], contexts[first:last])
        for row, chunks, (start, end), (first, last) in zip(rows, cuts, pairwise(ends), pairwise(marks), strict=True)
    ]


async def _embedded(texts: Sequence[str], engine: embeddings.Embeddings) -> npt.NDArray[np.float16]:
    digest = hashlib.sha256("\0".join((engine.name, *texts)).encode()).hexdigest()[:16]
    file = CACHE / f"{engine.name}-{digest}.npy"
    if not file.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(file, (await engine.embed(texts)).astype(np.float16))
    return np.asarray(np.load(file), np.float16)


def _questions() -> Iterable[_Asked]:
    relevant: dict[str, set[str]] = {}
    for line in (DATA / "general/qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, passage, _ = line.split("\t")
        relevant.setdefault(question, set()).add(passage)
    for at, row in enumerate(_read("general/queries.jsonl")):
        near = frozenset(relevant[row["id"]])
        yield _Asked("answerable", at, row["text"], tuple(row["answers"]), near)
        yield _Asked("removed", at, row["text"], near=near)
    for at, row in enumerate(_read("general/unanswerable.jsonl")):
        yield _Asked("near", at, row["text"], near=frozenset({row["near_corpus_id"]}))
    for name in FOREIGN:
        for at, row in enumerate(_read(f"{name}/queries.jsonl")[:FOREIGN_EACH]):
            yield _Asked("foreign", at, row["text"])


def _read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
