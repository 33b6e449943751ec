"""L1: entries in this process, as objects, bounded in bytes. Knows time and size; not whether an entry is true.

The order of eviction is least recently used (`cachetools.LRUCache`); what is too old is dropped when it is met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cachetools

OVERHEAD = 400
"""Bytes of an entry beside its value: key, tags, links."""

Cause = Literal["size", "expired", "changed", "erased"]


@dataclass(slots=True)
class Entry:
    """A value and what is known of it."""

    value: Any
    tags: tuple[str, ...]
    stamp: int
    made_at: float
    expires_at: float
    """Unix seconds."""
    cost_ms: float
    size: int
    """Bytes, roughly."""
    asked_at: float
    hits: int = 0


class NearTier:
    """The entries of one kind. For one thread."""

    def __init__(self, most_bytes: int, clock: Callable[[], float]) -> None:
        self.evictions: Counter[Cause] = Counter()
        self._kept = _Bounded(most_bytes, self.evictions)
        self._clock = clock

    def get(self, digest: str) -> Entry | None:
        """Return an entry whose time is not over, and count the hit."""
        entry = self._kept.get(digest)
        if entry is None:
            return None
        now = self._clock()
        if entry.expires_at <= now:
            self.drop(digest, "expired")
            return None
        entry.hits += 1
        entry.asked_at = now
        return entry

    def put(self, digest: str, entry: Entry) -> None:
        """Keep an entry, unless it is larger than all the room there is."""
        if entry.size <= self._kept.maxsize:
            self._kept[digest] = entry

    def drop(self, digest: str, cause: Cause) -> Entry | None:
        """Forget an entry and return it, if it is there."""
        entry = self._kept.pop(digest, None)
        if entry is not None:
            self.evictions[cause] += 1
        return entry

    def peek(self, digest: str) -> Entry | None:
        """Return an entry whose time is not over, uncounted."""
        entry = self._kept.get(digest)
        return entry if entry is not None and entry.expires_at > self._clock() else None

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield what is there without counting it as asked for."""
        return iter(list(self._kept.items()))

    def standing_on(self, tags: Collection[str]) -> list[tuple[str, Entry]]:
        """Return the entries that carry any of these tags."""
        wanted = set(tags)
        return [(digest, entry) for digest, entry in self._kept.items() if not wanted.isdisjoint(entry.tags)]

    def entry(self, digest: str) -> Entry:
        """Return an entry that `entries` or `standing_on` just named."""
        return self._kept[digest]

    @property
    def most_bytes(self) -> int:
        """Bytes that it may use."""
        return int(self._kept.maxsize)

    @property
    def bytes(self) -> int:
        """Bytes in use."""
        return int(self._kept.currsize)

    def __len__(self) -> int:
        return len(self._kept)


class _Bounded(cachetools.LRUCache[str, Entry]):
    """Counts what it throws out for want of room."""

    def __init__(self, most_bytes: int, evictions: Counter[Cause]) -> None:
        super().__init__(most_bytes, getsizeof=_size)
        self._evictions = evictions

    def popitem(self) -> tuple[str, Entry]:
        self._evictions["size"] += 1
        return super().popitem()


def _size(entry: Entry) -> int:
    return entry.size
