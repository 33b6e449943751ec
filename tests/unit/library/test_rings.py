from __future__ import annotations

import collections

import pytest

from actors.library import rings

KEYS = [f"doc_{at}" for at in range(5000)]


def placed(nodes):
    return {key: rings.owner(key, nodes) for key in KEYS}


def test_a_new_node_takes_its_share_and_moves_nothing_else():
    before, after = placed(["0", "1", "2"]), placed(["0", "1", "2", "3"])
    moved = {key for key in KEYS if before[key] != after[key]}
    assert all(after[key] == "3" for key in moved)
    assert len(moved) / len(KEYS) == pytest.approx(1 / 4, abs=0.03)


def test_a_lost_node_moves_only_its_own():
    before, after = placed(["0", "1", "2", "3"]), placed(["0", "1", "3"])
    assert all(before[key] == "2" for key in KEYS if before[key] != after[key])
    assert {before[key] for key in KEYS} == {"0", "1", "2", "3"} and "2" not in after.values()


def test_load_is_even():
    counts = collections.Counter(placed([str(at) for at in range(8)]).values())
    assert min(counts.values()) > 0.85 * len(KEYS) / 8 and max(counts.values()) < 1.15 * len(KEYS) / 8


def test_order_does_not_matter_and_placement_is_for_ever():
    assert placed(["a", "b", "c"]) == placed(["c", "a", "b"])
    assert [rings.owner(f"doc_{at}", ["0", "1", "2"]) for at in range(8)] == list("01122020")
