"""What goes into the cache and comes out of it, and how a kind is kept. Knows no tier."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from actors import messages
from actors.cache import lifetimes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind is kept."""

    policy: lifetimes.Policy
    near_bytes: int
    """Room in L1."""
    leased: bool = True
    """Whether one maker in the whole cluster is worth the round trips of a lease."""
    deep: bool = False
    """Whether L3 is asked, and given what was dear."""


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """A value that a maker made."""

    value: T
    tags: tuple[str, ...]
    stamp: int | None = None
    """Position up to which its oldest ingredient is known to be true; None when it has no cached ones."""
    lives: lifetimes.Policy | None = None
    """How long, where that is not up to its kind."""
    kept: bool = True
    """False when something was missing in the making."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value, and where it came from."""

    value: T
    tier: str
    """`L1`, `L2`, `L3`, `MISS` or `BYPASS`."""
    lineage: messages.Lineage | None
    """None when it must not be kept, nor what is made of it."""
    made_at: float
    expires_at: float


Make = Callable[[], Awaitable[Made[T]]]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time and chance."""

    now: Callable[[], float]
    """Unix seconds."""
    elapsed: Callable[[], float]
    """Monotonic seconds; the same clock as the ledger's."""
    chance: Callable[[], float]
    """Uniform in (0, 1]."""
