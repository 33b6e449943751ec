"""Lifetimes: pure arithmetic over what is known of an entry."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from actors.cache import lifetimes

NEW = lifetimes.History(made_at=100.0, asked_at=100.0, hits=0, cost_ms=50.0)


def test_a_fixed_life_is_not_changed_by_being_asked_for() -> None:
    policy = lifetimes.Policy("fixed", 60.0)
    asked = replace(NEW, asked_at=150.0, hits=9)
    assert lifetimes.lifetime_s(policy, asked) == 60.0
    assert not lifetimes.expired(policy, asked, 159.9)
    assert lifetimes.expired(policy, asked, 160.0)


def test_a_sliding_life_begins_anew_with_each_hit() -> None:
    policy = lifetimes.Policy("sliding", 60.0)
    assert lifetimes.expired(policy, NEW, 160.0)
    assert not lifetimes.expired(policy, replace(NEW, asked_at=150.0, hits=1), 209.9)


def test_none_keeps_nothing() -> None:
    assert lifetimes.expired(lifetimes.Policy("none", 60.0), NEW, 100.0)


def test_adaptive_is_longer_for_the_hot_and_dear_and_shorter_for_what_changes() -> None:
    plain = lifetimes.factor(NEW)
    assert lifetimes.factor(replace(NEW, hits=15)) > plain
    assert lifetimes.factor(replace(NEW, cost_ms=5000.0)) > plain
    assert lifetimes.factor(replace(NEW, changes=3)) < plain
    assert plain == 1.0


@pytest.mark.parametrize("extreme", [{"hits": 10**9, "cost_ms": 1e9}, {"changes": 10**6}])
def test_adaptive_stays_in_bounds(extreme: dict[str, int]) -> None:
    assert lifetimes.SHORTEST <= lifetimes.factor(replace(NEW, **extreme)) <= lifetimes.LONGEST


def test_early_refreshes_come_near_the_end_and_sooner_for_what_is_dear() -> None:
    ends, chance = 1000.0, math.exp(-1)
    assert not lifetimes.early(NEW, ends, 900.0, chance)
    assert not lifetimes.early(NEW, ends, ends - 0.06, chance)
    assert lifetimes.early(NEW, ends, ends - 0.04, chance)
    assert lifetimes.early(replace(NEW, cost_ms=5000.0), ends, ends - 4.0, chance)
    assert not lifetimes.early(NEW, ends, ends - 0.001, 1.0)
