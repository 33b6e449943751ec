"""L1: bounded in bytes, each entry with its own time."""

from __future__ import annotations

import pytest

from actors.cache import near_tier


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def entry(size: int, *tags: str, expires_at: float = 100.0) -> near_tier.Entry:
    return near_tier.Entry("value", tags, 0, 0.0, expires_at, 1.0, size, 0.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tier(clock: Clock) -> near_tier.NearTier:
    return near_tier.NearTier(100, clock)


def test_it_never_holds_more_bytes_than_it_may(tier: near_tier.NearTier) -> None:
    for n in range(20):
        tier.put(str(n), entry(30))
        assert tier.bytes <= 100
    assert len(tier) == 3
    assert tier.evictions["size"] == 17


def test_what_was_not_asked_for_longest_goes_first(tier: near_tier.NearTier) -> None:
    for name in "abc":
        tier.put(name, entry(30))
    assert tier.get("a") is not None
    tier.put("d", entry(30))
    assert [name for name, _ in tier.entries()] == ["a", "c", "d"] or tier.get("b") is None
    assert tier.get("b") is None
    assert tier.get("a") is not None


def test_what_is_larger_than_the_room_is_not_kept(tier: near_tier.NearTier) -> None:
    tier.put("small", entry(50))
    tier.put("large", entry(101))
    assert tier.get("large") is None
    assert tier.get("small") is not None


def test_an_entry_ends_with_its_own_time(tier: near_tier.NearTier, clock: Clock) -> None:
    tier.put("soon", entry(10, expires_at=5.0))
    tier.put("later", entry(10, expires_at=50.0))
    clock.now = 5.0
    assert tier.peek("soon") is None
    assert tier.get("soon") is None
    assert tier.get("later") is not None
    assert tier.evictions == {"expired": 1}
    assert len(tier) == 1


def test_entries_are_found_by_what_they_stand_on(tier: near_tier.NearTier) -> None:
    tier.put("one", entry(10, "a", "b"))
    tier.put("other", entry(10, "b"))
    assert [digest for digest, _ in tier.standing_on(["a"])] == ["one"]
    assert len(tier.standing_on(["a", "b"])) == 2


def test_hits_are_counted(tier: near_tier.NearTier, clock: Clock) -> None:
    tier.put("one", entry(10))
    clock.now = 3.0
    tier.get("one")
    found = tier.peek("one")
    assert found is not None
    assert (found.hits, found.asked_at) == (1, 3.0)
