"""What a process knows of changes, and what that says of an entry. Pure.

Changes are numbered by the ledger, one after the other. An entry carries a stamp: the position up to which it is known
to be true. It may be served while nothing that it stands on changed after its stamp.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from actors import messages

Verdict = Literal["true", "stale", "unknown"]

MOST = 50_000
"""Tags remembered; above it the view forgets all and starts again where it is."""


@dataclass(frozen=True, slots=True)
class View:
    """All changes in (floor, position], by tag."""

    read_at: float
    """Monotonic seconds when the reading *began*; it may be trusted for a while after that."""
    position: int = 0
    floor: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)

    def verdict(self, stamp: int, tags: Collection[str]) -> Verdict:
        """Return whether an entry is true at `position`; unknown when it is older than what the view covers."""
        if tags and stamp < self.floor:
            return "unknown"
        changed = self.changed
        for tag in tags:
            if changed.get(tag, 0) > stamp:
                return "stale"
        return "true"


def started(news: messages.News, read_at: float) -> View:
    """Return the view of a process that knows nothing yet."""
    return View(read_at, news.head, news.head)


def advanced(view: View, news: messages.News, read_at: float) -> View:
    """Return the view after a further reading, which may have been overtaken by a later one."""
    if news.head < view.position:
        # A ledger that went back (restored from a backup): what was learned from the other one counts no more.
        return started(news, read_at)
    if not news.whole or len(view.changed) + len(news.changed) > MOST:
        return started(news, read_at)
    if not news.changed:
        return View(max(read_at, view.read_at), news.head, view.floor, view.changed)
    return View(max(read_at, view.read_at), news.head, view.floor, {**view.changed, **news.changed})
