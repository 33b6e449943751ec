"""What belongs together: the statements of one request or one piece of work. Knows no statement's meaning."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Scope:
    """One piece of work, while it lasts."""

    name: str
    statements: Counter[str] = field(default_factory=Counter)
    """How often each statement ran, by its text."""


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextlib.contextmanager
def opened(name: str) -> Iterator[Scope]:
    """Count what runs in this task, and in tasks that it starts, as one piece of work."""
    scope = Scope(name)
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


def current() -> Scope | None:
    """Return the innermost scope, or None outside of any."""
    return _current.get()
