"""The vector side of a shard: every window's vector as a row, and a graph over the rows. Knows rows and the passages
they belong to; knows no text.

Rows are float16 in one matrix. The graph (HNSW, Malkov & Yashunin 2018, on usearch) holds them again as 8-bit integers
and only proposes: what is returned is the exact cosine. Few rows are compared one by one, without the graph.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numkong import cdist

from actors.library import graphs, places

Numbers = npt.NDArray[np.int64]
Cosines = npt.NDArray[np.float32]
Rows = npt.NDArray[np.float16]

FREE = -1
"""Label of a row that belongs to no passage (yet, or no longer)."""
WINDOWS_PER_PASSAGE = 4
"""Most rows asked of the graph for one wanted passage, at first: those of one passage come together, but never all."""
SCAN = 24
"""One row of the graph's answer costs as much as comparing this many rows one by one (measured: 20 to 40)."""


class Neighbours:
    """Rows of unit length, labelled with passages; the rows of one passage lie side by side."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._rows: Rows = np.empty((0, dimensions), np.float16)
        self._labels: Numbers = np.empty(0, np.int64)
        self._used = 0
        self._free: list[tuple[int, int]] = []
        self._runs: dict[int, tuple[int, int]] = {}
        self._graph = graphs.empty(dimensions)

    @classmethod
    def adopted(cls, rows: Rows, graph: graphs.Graph) -> Neighbours:
        """Return rows with a graph that was built over them; all of them unseen until labelled."""
        made = cls(rows.shape[1])
        made._rows, made._graph, made._used = rows, graph, len(rows)
        made._labels = np.full(len(rows), FREE, np.int64)
        return made

    def __len__(self) -> int:
        return len(self._graph)

    @property
    def written(self) -> tuple[Rows, graphs.Graph]:
        """All rows so far, free ones too, and the graph."""
        return self._rows[: self._used], self._graph

    def allocate(self, count: int) -> int:
        """Return the first of `count` free rows side by side. They stay unseen until labelled."""
        for at, (start, end) in enumerate(self._free):
            if end - start >= count:
                self._free[at : at + 1] = [(start + count, end)] if end - start > count else []
                return start
        start, self._used = self._used, self._used + count
        if self._used > len(self._rows):
            grown = max(1024, self._used, len(self._rows) * 3 // 2)
            rows, labels = np.zeros((grown, self.dimensions), np.float16), np.full(grown, FREE, np.int64)
            rows[:start], labels[:start] = self._rows[:start], self._labels[:start]
            self._rows, self._labels = rows, labels
        return start

    def write(self, start: int, vectors: Rows) -> None:
        """Fill allocated rows."""
        self._rows[start : start + len(vectors)] = vectors
        self._graph.add(np.arange(start, start + len(vectors), dtype=np.uint64), vectors, threads=1)

    def label(self, start: int, labels: Numbers) -> None:
        """Say which passage each row belongs to: from now on searches find it."""
        self._labels[start : start + len(labels)] = labels
        passages, firsts, counts = np.unique(labels, return_index=True, return_counts=True)
        runs = zip((firsts + start).tolist(), counts.tolist(), strict=True)
        self._runs.update(zip(passages.tolist(), runs, strict=True))

    def free(self, start: int, count: int) -> None:
        """Give rows back, written or not."""
        if count:
            for passage in np.unique(self._labels[start : start + count]).tolist():
                self._runs.pop(passage, None)
            self._labels[start : start + count] = FREE
            self._graph.remove(np.arange(start, start + count, dtype=np.uint64))
            self._free = _merged([*self._free, (start, start + count)])

    def sweep(self) -> None:
        """Give back all rows without a label."""
        unlabelled = self._labels[: self._used] == FREE
        edges = np.flatnonzero(np.diff(unlabelled.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        self._free = [(int(start), int(end)) for start, end in edges]

    def vectors(self, passages: Sequence[int]) -> tuple[Rows, Numbers]:
        """Return a copy of the passages' rows, one after the other, and how many each has."""
        starts, lengths = self._spans(passages)
        return self._rows[places.runs(starts, lengths)], lengths

    def best(self, vector: Cosines, count: int, rows: Numbers | None = None) -> Numbers:
        """Return the labels of the `count` passages whose best row is nearest; only of `rows` if given.

        Never fewer than `count` as long as there are as many passages. `rows` must be sorted.
        """
        pool = len(self._graph) if rows is None else len(rows)
        share = max(pool, 1) / max(len(self._graph), 1)
        asked = count * min(WINDOWS_PER_PASSAGE, max(len(self._graph) / max(len(self._runs), 1), 1.0))
        while True:
            if asked / share * SCAN >= pool:
                return self._scan(vector, count, np.arange(self._used) if rows is None else rows)
            found = self._graph.search(vector, int(asked / share)).keys.astype(np.int64)
            if rows is not None:
                found = found[rows[np.searchsorted(rows, found).clip(max=len(rows) - 1)] == found]
            labels = _distinct(self._labels[found])
            if len(labels) >= count:
                return np.asarray(labels[:count], np.int64)
            asked *= 4

    def cosines(self, vector: Cosines, passages: Sequence[int]) -> Cosines:
        """Return for each passage the exact cosine of its best row."""
        starts, lengths = self._spans(passages)
        cosines = self._compare(vector, self._rows[places.runs(starts, lengths)])
        best: Cosines = np.maximum.reduceat(cosines, np.cumsum(lengths) - lengths)
        return best

    def _spans(self, passages: Sequence[int]) -> tuple[Numbers, Numbers]:
        flat = np.fromiter(itertools.chain.from_iterable(map(self._runs.__getitem__, passages)), np.int64)
        return flat[0::2], flat[1::2]

    def _scan(self, vector: Cosines, count: int, rows: Numbers) -> Numbers:
        labels = self._labels[rows]
        rows, labels = rows[labels != FREE], np.asarray(labels[labels != FREE], np.int64)
        if not len(rows):
            return labels
        whole = len(rows) == self._used
        cosines = self._compare(vector, self._rows[: self._used] if whole else self._rows[rows])
        firsts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
        best = np.maximum.reduceat(cosines, firsts)
        nearest: Numbers = labels[firsts[np.argsort(-best, kind="stable")[:count]]]
        return nearest

    def _compare(self, vector: Cosines, rows: Rows) -> Cosines:
        cosines: Cosines = np.asarray(cdist(vector.astype(np.float16)[None], rows, metric="dot"), np.float32)
        return cosines.reshape(-1)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _distinct(labels: Numbers) -> Numbers:
    _, firsts = np.unique(labels, return_index=True)
    distinct: Numbers = labels[np.sort(firsts)]
    return np.asarray(distinct[distinct != FREE], np.int64)
