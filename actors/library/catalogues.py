"""Which documents a shard holds, and which of them a filter lets through. Knows no text search."""

from __future__ import annotations

import bisect
import dataclasses
import json
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from actors import messages
from actors.library import places

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in its place."""

    number: int
    """Never used again for another document or revision."""
    document: messages.Indexed
    """Its vectors are empty: they lie in the rows."""
    row: int
    """First of its rows."""
    bounds: Numbers
    """(chunks + 1): where each chunk's rows start, counted from `row`."""

    @property
    def passages(self) -> Numbers:
        """Numbers of its chunks, in order."""
        return places.passages(self.number, len(self.document.chunks))

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.bounds[-1])

    @property
    def labels(self) -> Numbers:
        """For each row the passage it belongs to."""
        return np.repeat(self.passages, np.diff(self.bounds))


def entry(number: int, document: messages.Indexed, row: int) -> Entry:
    """Return the entry of a document, without its vectors."""
    bounds = np.cumsum([0, *(len(chunk.sentences) for chunk in document.chunks)], dtype=np.int64)
    return Entry(number, dataclasses.replace(document, vectors=document.vectors[:0]), row, bounds)


class Catalogue:
    """Entries by id and by number, and what filters need to find them without looking at each."""

    def __init__(self) -> None:
        self._by_id: dict[str, Entry] = {}
        self._by_number: dict[int, Entry] = {}
        self._by_metadata: dict[Hashable, set[int]] = defaultdict(set)
        self._by_time: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._by_id)

    def entries(self) -> list[Entry]:
        """Return all entries."""
        return list(self._by_id.values())

    def held(self) -> dict[str, int]:
        """Return the revision of each document."""
        return {one: at.document.revision for one, at in list(self._by_id.items())}

    def find(self, document_id: str) -> Entry | None:
        """Return the entry of a document, if it is held."""
        return self._by_id.get(document_id)

    def passage(self, number: int) -> tuple[Entry, int]:
        """Return where a passage stands: its entry, its ordinal."""
        document, ordinal = places.split(number)
        return self._by_number[document], ordinal

    def numbered(self, number: int) -> Entry:
        """Return the entry of that number."""
        return self._by_number[number]

    def add(self, one: Entry) -> None:
        """Add an entry."""
        self._by_id[one.document.document_id] = one
        self._by_number[one.number] = one
        for key, value in one.document.metadata.items():
            self._by_metadata[_token(key, value)].add(one.number)
        bisect.insort(self._by_time, (one.document.created_at, one.number))

    def remove(self, document_id: str) -> Entry | None:
        """Remove an entry and return it, if it is there."""
        one = self._by_id.pop(document_id, None)
        if one is None:
            return None
        del self._by_number[one.number]
        for key, value in one.document.metadata.items():
            token = _token(key, value)
            self._by_metadata[token].discard(one.number)
            if not self._by_metadata[token]:
                del self._by_metadata[token]
        del self._by_time[bisect.bisect_left(self._by_time, (one.document.created_at, one.number))]
        return one

    def select(self, chosen: messages.Filter) -> Numbers | None:
        """Return the sorted numbers of the documents that hold all conditions; None when there is no condition.

        Times are half-open: created_after ≤ created_at < created_before.
        """
        conditions: list[set[int]] = []
        if chosen.documents:
            conditions.append({self._by_id[one].number for one in chosen.documents if one in self._by_id})
        conditions.extend(self._having(key, value) for key, value in chosen.metadata.items())
        if chosen.created_after is not None or chosen.created_before is not None:
            conditions.append(self._within(chosen.created_after, chosen.created_before))
        if not conditions:
            return None
        return np.array(sorted(set.intersection(*conditions)), np.int64)

    def _having(self, key: str, value: Any) -> set[int]:
        values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        return set().union(*(self._by_metadata.get(_token(key, one), set()) for one in values))

    def _within(self, after: float | None, before: float | None) -> set[int]:
        first = 0 if after is None else bisect.bisect_left(self._by_time, (after, -1))
        last = len(self._by_time) if before is None else bisect.bisect_left(self._by_time, (before, -1))
        return {number for _, number in self._by_time[first:last]}


def _token(key: str, value: Any) -> Hashable:
    """Return what equal values share, and unequal ones do not: 1 equals 1.0, but not True and not "1"."""
    if isinstance(value, (Mapping, list, tuple)):
        return key, "json", json.dumps(value, sort_keys=True, default=str)
    kind = "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    return key, kind, value
