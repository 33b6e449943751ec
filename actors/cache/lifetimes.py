"""How long a value may be kept, and when to make it anew before that ends. Pure: clock and chance are arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Strategy = Literal["fixed", "sliding", "adaptive", "none"]

LONGEST = 4.0
SHORTEST = 0.25
"""Bounds of the factor that `adaptive` may put on a lifetime."""
TYPICAL_MS = 50.0
"""A value that took this long to make is neither dear nor cheap."""
BETA = 1.0
"""Eagerness of early refreshes; 1 is optimal under exponential gaps (Vattani et al., VLDB 2015)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator chose for one kind."""

    strategy: Strategy
    ttl_s: float


@dataclass(frozen=True, slots=True)
class History:
    """What is known of an entry."""

    made_at: float
    """Unix seconds."""
    asked_at: float
    """Unix seconds of the last hit; `made_at` before the first."""
    hits: int
    cost_ms: float
    """Time its making took."""
    changes: int = 0
    """How often what it stands on changed while it was known."""


def lifetime_s(policy: Policy, history: History) -> float:
    """Return how long an entry lives, in seconds from its making; 0 keeps nothing."""
    match policy.strategy:
        case "none":
            return 0.0
        case "fixed":
            return policy.ttl_s
        case "sliding":
            return history.asked_at - history.made_at + policy.ttl_s
        case "adaptive":
            return policy.ttl_s * factor(history)


def factor(history: History) -> float:
    """Return what `adaptive` multiplies by: more for what is asked often and was dear, less for what changes."""
    asked = math.log2(1 + history.hits)
    dear = math.log2(1 + history.cost_ms / TYPICAL_MS)
    return min(LONGEST, max(SHORTEST, (0.5 + 0.25 * asked + 0.5 * dear) / (1 + history.changes)))


def expired(policy: Policy, history: History, now: float) -> bool:
    """Return whether the entry's time is over."""
    return now >= history.made_at + lifetime_s(policy, history)


def early(history: History, expires_at: float, now: float, chance: float) -> bool:
    """Return whether this caller should make it anew now; `chance` is uniform in (0, 1].

    XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015): the nearer
    the end and the dearer the value, the likelier; so hot keys are refreshed by one of many and cold ones by nobody.
    """
    return now - history.cost_ms / 1000 * BETA * math.log(chance) >= expires_at
