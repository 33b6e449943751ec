"""The index of one shard: tantivy beside usearch, one document replaced at once. Knows no Ray, no database, no loop.

Blocking calls; any number of threads may search while one writes. A search sees the old revision of a document whole
or the new one whole: the slow part of a change happens unseen, the swap waits for running searches and takes less
than a millisecond.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from actors import errors, messages
from actors.library import catalogues, contexts, fusions, graphs, locks, neighbours, places, postings, words

NAME_WEIGHT = 3
"""Times the document's name and the headings count against the text (measured: docs/retrieval.md)."""
LOOKED = 3
"""Times the depth that BM25 is asked for, to know most of what vectors propose; what lies deeper counts as 0."""
COVERED = 0.6
"""Share of a question's idf that a best BM25 must reach to count in full: words that find little weigh little."""
TERMS = 128
"""Most distinct terms of a question that BM25 looks for. A pasted book costs no more than that."""
SLICE = 16
"""Rows put into the graph in one go; searches wait that long at most, a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What one shard knows of a question: its contenders with raw scores, not yet fused."""

    evidence: tuple[messages.Evidence, ...]
    """`score` is still 0."""
    bm25: fusions.Range | None
    """Range of BM25 over all candidates, also those that are no contenders, and up to what the question's words would
    be worth; None when that side did not look."""
    vector: fusions.Range | None
    """The same for the cosine."""


NOTHING = Hits((), None, None)


class Index:
    """Documents, searchable by words and by meaning."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._catalogue = catalogues.Catalogue()
        self._postings = postings.Postings()
        self._neighbours = neighbours.Neighbours(dimensions)
        self._next = 1
        self._writing = threading.Lock()
        self._lock = locks.ReadWriteLock()

    @classmethod
    def thawed(
        cls,
        dimensions: int,
        placed: Sequence[tuple[int, messages.Indexed]],
        rows: neighbours.Rows,
        graph: graphs.Graph,
    ) -> Index:
        """Return the index that `frozen` gave out. Raises ValueError when its parts do not fit together."""
        index = cls(dimensions)
        index._neighbours = neighbours.Neighbours.adopted(rows, graph)
        if len(graph) != sum(len(one.vectors) for _, one in placed):
            raise ValueError("the graph has other rows than the documents")
        entries = []
        for row, one in placed:
            index._check(one)
            entries.append(catalogues.entry(index._number(), one, row))
            index._describe(entries[-1])
        index._postings.commit()
        index._swap([], entries)
        index._neighbours.sweep()
        return index

    @contextlib.contextmanager
    def frozen(self) -> Iterator[tuple[list[tuple[int, messages.Indexed]], neighbours.Rows, graphs.Graph]]:
        """Hold off changes, not searches; give each document with its first row, all rows, and the graph over them."""
        with self._writing:
            yield [(one.row, one.document) for one in self._catalogue.entries()], *self._neighbours.written

    def __len__(self) -> int:
        return len(self._catalogue)

    def held(self) -> dict[str, int]:
        """Return the revision of each document."""
        return self._catalogue.held()

    def put(self, documents: Sequence[messages.Indexed]) -> None:
        """Add or replace documents, all at once. A revision that is not newer than the held one is left out."""
        for one in documents:
            self._check(one)
        with self._writing:
            held = self.held()
            newest = {one.document_id: one for one in sorted(documents, key=lambda one: one.revision)}
            entries: list[catalogues.Entry] = []
            try:
                for one in newest.values():
                    if held.get(one.document_id, -1) < one.revision:
                        entries.append(self._stage(one))
                        self._write(entries[-1], one)
                self._postings.commit()
            except BaseException:
                self._postings.rollback()
                with self._lock.alone():
                    for entry in entries:
                        self._neighbours.free(entry.row, entry.rows)
                raise
            self._swap([one.document.document_id for one in entries], entries)

    def remove(self, document_id: str, revision: int | None = None) -> bool:
        """Remove a document, unless a newer revision than the given one is held. Return whether it was there."""
        with self._writing:
            entry = self._catalogue.find(document_id)
            if entry is None or (revision is not None and entry.document.revision > revision):
                return False
            self._postings.remove(entry.number)
            self._postings.commit()
            self._swap([document_id], [])
            return True

    def search(self, query: messages.Query) -> Hits:
        """Return the contenders for the best `query.k`. A side of weight 0 does no work.

        Raises Invalid when a vector is needed and lacks, or has another length than this index.
        """
        wanted, depth = max(query.k, 1), max(query.depth, query.k)
        if query.alpha < 1 and (query.vector is None or query.vector.shape != (self.dimensions,)):
            raise errors.Invalid(f"alpha below 1 needs a vector of {self.dimensions} numbers.", "no_vector", "alpha")
        terms = words.terms(query.text, TERMS) if query.alpha > 0 else None
        with self._lock.shared():
            allowed = self._catalogue.select(query.filter)
            if (allowed is not None and not len(allowed)) or not len(self._catalogue):
                return NOTHING
            known: dict[int, float] = {}
            near: list[int] = []
            if terms:
                known = self._postings.best(terms, depth * LOOKED, allowed)
            if query.alpha < 1 and query.vector is not None:
                rows = None if allowed is None else self._spread(allowed)
                near = self._neighbours.best(query.vector, depth, rows).tolist()
            found = list(dict.fromkeys([*itertools.islice(known, depth), *near]))
            if not found:
                return NOTHING
            bm25 = cosine = bm25_range = vector_range = None
            if terms is not None:
                bm25 = np.array([known.get(one, 0.0) for one in found], np.float32)
                bm25_range = fusions.reaching(fusions.span(bm25), COVERED * self._postings.mass(terms))
            if query.alpha < 1 and query.vector is not None:
                cosine = self._neighbours.cosines(query.vector, found)
                vector_range = fusions.span(cosine)
            return Hits(self._contenders(found, bm25, cosine, wanted), bm25_range, vector_range)

    def _check(self, document: messages.Indexed) -> None:
        rows = sum(len(chunk.sentences) for chunk in document.chunks)
        if document.vectors.shape != (rows, self.dimensions):
            raise ValueError(f"{rows} windows of {self.dimensions} numbers, but vectors are {document.vectors.shape}")
        if document.contexts is not None and document.contexts.shape != (len(document.chunks), self.dimensions):
            raise ValueError(f"{len(document.chunks)} chunks, but contexts are {document.contexts.shape}")
        if not all(chunk.sentences for chunk in document.chunks):
            raise ValueError(f"{document.document_id}: a chunk without windows cannot be found by meaning")
        if len(document.chunks) > places.MOST_PASSAGES:
            raise errors.TooLarge(f"A document has at most {places.MOST_PASSAGES} passages.", "too_many_passages")

    def _stage(self, document: messages.Indexed) -> catalogues.Entry:
        with self._lock.alone():
            row = self._neighbours.allocate(len(document.vectors))
        return catalogues.entry(self._number(), document, row)

    def _number(self) -> int:
        number, self._next = self._next, self._next + 1
        return number

    def _describe(self, entry: catalogues.Entry) -> None:
        texts = (_indexed(entry.document.name, chunk) for chunk in entry.document.chunks)
        self._postings.add(entry.number, zip(entry.passages.tolist(), texts, strict=True))

    def _write(self, entry: catalogues.Entry, document: messages.Indexed) -> None:
        self._describe(entry)
        rows = _rows(document, entry)
        for start in range(0, entry.rows, SLICE):
            with self._lock.alone():
                self._neighbours.write(entry.row + start, rows[start : start + SLICE])
        if (old := self._catalogue.find(document.document_id)) is not None:
            self._postings.remove(old.number)

    def _swap(self, gone: Sequence[str], entries: Sequence[catalogues.Entry]) -> None:
        with self._lock.alone():
            self._postings.publish()
            removed = [old for one in gone if (old := self._catalogue.remove(one)) is not None]
            for entry in entries:
                self._catalogue.add(entry)
                self._neighbours.label(entry.row, entry.labels)
            for old in removed:
                self._neighbours.free(old.row, old.rows)

    def _spread(self, documents: catalogues.Numbers) -> catalogues.Numbers:
        entries = sorted((self._catalogue.numbered(one) for one in documents.tolist()), key=lambda one: one.row)
        starts, lengths = np.array([(one.row, one.rows) for one in entries], np.int64).T
        return places.runs(starts, lengths)

    def _contenders(
        self, found: Sequence[int], bm25: fusions.Scores | None, cosine: fusions.Scores | None, k: int
    ) -> tuple[messages.Evidence, ...]:
        nothing = np.zeros(len(found), np.float32)
        kept = fusions.contenders(nothing if bm25 is None else bm25, nothing if cosine is None else cosine, k)
        at = np.flatnonzero(kept).tolist()
        passages = [found[one] for one in at]
        raw = (
            [None] * len(at) if bm25 is None else bm25[at].tolist(),
            [None] * len(at) if cosine is None else cosine[at].tolist(),
        )
        return tuple(map(self._evidence, passages, *raw, self._windows(passages)))

    def _evidence(
        self, passage: int, bm25: float | None, vector: float | None, windows: neighbours.Rows
    ) -> messages.Evidence:
        entry, ordinal = self._catalogue.passage(passage)
        document, chunk = entry.document, entry.document.chunks[ordinal]
        return messages.Evidence(
            document_id=document.document_id,
            chunk_id=f"{document.document_id}:{document.revision}:{ordinal}",
            name=document.name,
            page=chunk.page,
            heading=chunk.heading,
            text=chunk.text,
            score=0.0,
            bm25=bm25,
            vector=vector,
            sentences=chunk.sentences,
            vectors=windows,
        )

    def _windows(self, passages: Sequence[int]) -> list[neighbours.Rows]:
        """Return for each passage the vectors of its windows alone."""
        rows, counts = self._neighbours.vectors(passages)
        placed = [self._catalogue.passage(one) for one in passages]
        above = [entry.document.contexts for entry, _ in placed]
        if any(one is not None for one in above):
            nothing = np.zeros(self.dimensions, np.float16)
            each = [nothing if one is None else one[at] for one, (_, at) in zip(above, placed, strict=True)]
            rows = contexts.apart(rows, np.repeat(each, counts, axis=0))
        # Copies: a view would keep, and send, the rows of all.
        return [part.copy() for part in np.split(rows, np.cumsum(counts)[:-1])]


def _rows(document: messages.Indexed, entry: catalogues.Entry) -> neighbours.Rows:
    if document.contexts is None:
        return document.vectors
    return contexts.joined(document.vectors, np.repeat(document.contexts, np.diff(entry.bounds), axis=0))


def _indexed(name: str, chunk: messages.Chunk) -> str:
    return "\n".join([*([name, *chunk.heading] * NAME_WEIGHT), chunk.text])
