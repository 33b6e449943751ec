"""Answers of read queries, kept until one of their tables is written. Knows neither statements nor processes.

No answer is kept that a write may have overtaken: who reads takes a ticket first, and an answer is kept only if none
of its tables was written since. While a write is being committed its tables give no tickets and no answers.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

Rows = Sequence[sa.Row[*tuple[Any, ...]]]
Ticket = tuple[tuple[str, int], ...]
"""For each table: how often it had been written when the reading began."""

ROW_BYTES = 200
"""What a row costs beside its values."""


@dataclass(frozen=True, slots=True)
class State:
    """How the memo fares."""

    hits: int
    misses: int
    bypassed: int
    """Reads that may not be kept, or while it could not be told what other processes wrote."""
    dropped: int
    """Answers whose tables were written."""
    evicted: int
    """Answers that had to make room."""
    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    rows: Rows
    tables: frozenset[str]
    bytes: int


@dataclass(slots=True)
class Memo:
    """A bounded store of answers, least recently used out first."""

    most_bytes: int
    hits: int = 0
    misses: int = 0
    bypassed: int = 0
    dropped: int = 0
    evicted: int = 0
    _entries: OrderedDict[Hashable, _Entry] = field(default_factory=OrderedDict)
    _keys: defaultdict[str, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    _written: Counter[str] = field(default_factory=Counter)
    _committing: Counter[str] = field(default_factory=Counter)
    _bytes: int = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def get(self, key: Hashable) -> Rows | None:
        """Return an answer that is as true as when it was read."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry.rows

    def ticket(self, tables: Collection[str]) -> Ticket | None:
        """Begin a reading; None when a write of one of the tables is being committed."""
        if any(self._committing[table] for table in tables):
            return None
        return tuple((table, self._written[table]) for table in tables)

    def put(self, ticket: Ticket, key: Hashable, rows: Rows) -> None:
        """Keep an answer, unless one of its tables was written since the ticket was taken."""
        if any(self._written[table] != then for table, then in ticket):
            return
        size = sum(ROW_BYTES + sum(map(_weight, row)) for row in rows) + ROW_BYTES
        if size > self.most_bytes // 4:
            return
        self._remove(key)
        tables = frozenset(table for table, _ in ticket)
        self._entries[key] = _Entry(rows, tables, size)
        self._bytes += size
        for table in tables:
            self._keys[table].add(key)
        while self._bytes > self.most_bytes:
            self._remove(next(iter(self._entries)))
            self.evicted += 1

    def committing(self, tables: Collection[str]) -> None:
        """A write of these tables is about to become visible; `committed` must follow, whatever comes of it."""
        self._committing.update(tables)
        self.drop(tables)

    def committed(self, tables: Collection[str]) -> None:
        """The write is visible, or given up."""
        self._committing.subtract(tables)
        self.drop(tables)

    def drop(self, tables: Collection[str]) -> None:
        """Forget what stands on these tables, and what is being read from them now."""
        for table in tables:
            self._written[table] += 1
            for key in self._keys.pop(table, set()):
                self._remove(key)
                self.dropped += 1

    def state(self) -> State:
        """Return everything at once."""
        return State(self.hits, self.misses, self.bypassed, self.dropped, self.evicted, len(self._entries), self._bytes)

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._bytes -= entry.bytes
        for table in entry.tables:
            self._keys[table].discard(key)


def _weight(value: Any) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, Mapping):
        return sys.getsizeof(value) + sum(_weight(key) + _weight(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return sys.getsizeof(value) + sum(map(_weight, value))
    return sys.getsizeof(value)
