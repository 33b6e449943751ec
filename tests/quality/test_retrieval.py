"""A guard, not the measurement: on two small sets, both sides together beat each alone. All sets: `make bench`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench import memories, retrieval, sets

SETS = ("technical_conala", "legal_privacy")


@pytest.mark.skipif(not sets.DATA.exists(), reason=f"the retrieval sets are not at {sets.DATA}")
async def test_both_sides_together_beat_each_alone():
    embeddings = memories.Remembered()
    alphas = (0.0, retrieval.RETRIEVAL.alpha, 1.0)
    judged = {name: await retrieval.judge(name, embeddings, alphas) for name in SETS}
    embeddings.close()
    table = retrieval.lines(judged, retrieval.RETRIEVAL.alpha, slice(None))
    bm25, vector, hybrid = (np.mean([getattr(one, side) for one in table]) for side in ("bm25", "vector", "hybrid"))
    assert hybrid > bm25 and hybrid > vector
    assert min(one.gap for one in table) >= -retrieval.SLACK
    # What the engine gave when it was measured, less the noise of another processor's rounding.
    assert hybrid > 0.30
