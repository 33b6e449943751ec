"""Names for what an entry stands on. Knows no entry: a tag is a string that a change can be announced under."""

from __future__ import annotations

from collections.abc import Iterable

LIBRARY = "library"
"""Which documents there are. What was asked of all of them stands on it: a new one may change any answer."""


def document(document_id: str) -> str:
    """What one document says."""
    return f"document:{document_id}"


def tenant(name: str) -> str:
    """Everything of one tenant."""
    return f"tenant:{name}"


def model(name: str) -> str:
    """What a model made."""
    return f"model:{name}"


def knobs(version: int) -> str:
    """What one published version of the knobs decided."""
    return f"knobs:{version}"


def joined(*groups: Iterable[str]) -> tuple[str, ...]:
    """All of them, each once, in order of appearance."""
    return tuple(dict.fromkeys(tag for group in groups for tag in group))
