from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.library import fusions

scores = st.lists(st.tuples(st.integers(0, 6), st.integers(-3, 3)), min_size=1, max_size=30)


def arrays(pairs):
    bm25, cosine = np.array(pairs, np.float32).T
    return bm25, cosine


def test_each_side_is_stretched_over_all_shards():
    ranges = fusions.union([fusions.Range(2.0, 4.0), None, fusions.Range(0.0, 3.0)]), fusions.Range(-1.0, 1.0)
    fused = fusions.fused(np.array([4.0, 1.0], np.float32), np.array([0.0, 1.0], np.float32), ranges, 0.25)
    assert fused.tolist() == pytest.approx([0.25 * 1.0 + 0.75 * 0.5, 0.25 * 0.25 + 0.75 * 1.0])


def test_a_side_without_differences_prefers_nobody():
    ranges = fusions.Range(3.0, 3.0), fusions.Range(0.0, 1.0)
    assert fusions.fused(np.array([3.0, 3.0]), np.array([0.2, 0.4]), ranges, 0.5).tolist() == pytest.approx([0.1, 0.2])
    assert fusions.union([None, None]) == (0.0, 0.0)


@given(scores, st.integers(1, 8))
def test_nobody_who_could_win_is_sent_home(pairs, k):
    bm25, cosine = arrays(pairs)
    kept = fusions.contenders(bm25, cosine, k)
    assert kept.sum() >= min(k, len(pairs))
    for ranges in ((fusions.Range(-1, 9), fusions.Range(-3, 3)), (fusions.Range(0, 60), fusions.Range(-4, 3))):
        for alpha in (0.0, 0.3, 0.5, 1.0):
            fused = fusions.fused(bm25, cosine, ranges, alpha)
            best = np.sort(fused)[::-1][:k]
            assert np.allclose(np.sort(fused[kept])[::-1][:k], best)


@given(scores, st.floats(0, 1))
def test_scores_stay_between_nothing_and_one(pairs, alpha):
    bm25, cosine = arrays(pairs)
    fused = fusions.fused(bm25, cosine, (fusions.span(bm25), fusions.span(cosine)), alpha)
    assert (fused >= -1e-6).all() and (fused <= 1 + 1e-6).all()
