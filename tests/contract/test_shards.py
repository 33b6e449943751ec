"""What every shard keeps, wherever it runs. The one behind Ray is held to it by tests/cluster."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from actors import errors, messages
from actors.library import indexes, shards
from tests.unit.library import making


@pytest.fixture
def shard() -> shards.Shard:
    return shards.LocalShard(indexes.Index(making.DIMENSIONS))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2)


async def test_what_was_put_is_found_when_put_returns(shard, rng):
    await shard.put(making.document("doc_a", ["a glowing amber ring"], rng, name="rings.pdf", metadata={"shelf": 3}))
    (found,) = (await shard.search(making.query("amber", alpha=1.0))).evidence
    assert (found.document_id, found.chunk_id, found.name, found.page) == ("doc_a", "doc_a:1:0", "rings.pdf", 1)
    assert found.vectors is not None and found.vectors.shape == (1, making.DIMENSIONS)
    where = messages.Filter(metadata={"shelf": [1, 2]})
    assert (await shard.search(making.query("amber", alpha=1.0, where=where))).evidence == ()


async def test_putting_twice_and_removing_twice_changes_nothing(shard, rng):
    one = making.document("doc_a", ["amber"], rng)
    for _ in range(2):
        await shard.put(one)
    assert len((await shard.search(making.query("amber", alpha=1.0))).evidence) == 1
    for _ in range(2):
        await shard.remove("doc_a")
    assert (await shard.search(making.query("amber", alpha=1.0))).evidence == ()


async def test_the_newest_revision_wins_in_any_order(shard, rng):
    revisions = [making.document("doc_a", [f"amber mark{number}"], rng, revision=number) for number in (3, 1, 4, 2)]
    await asyncio.gather(*(shard.put(one) for one in revisions))
    assert [one.text for one in (await shard.search(making.query("amber", alpha=1.0))).evidence] == ["amber mark4"]


async def test_raw_scores_and_their_ranges_come_back(shard, rng):
    await shard.put(making.document("doc_a", making.texts(rng, 40), rng))
    hits = await shard.search(making.query("amber quartz", making.vector(rng), k=3))
    assert hits.bm25 is not None and hits.vector is not None and len(hits.evidence) >= 3
    assert all(hits.bm25.low <= one.bm25 <= hits.bm25.high for one in hits.evidence)
    assert all(hits.vector.low <= one.vector <= hits.vector.high for one in hits.evidence)


async def test_a_callers_mistake_is_named(shard, rng):
    await shard.put(making.document("doc_a", ["amber"], rng))
    with pytest.raises(errors.Invalid):
        await shard.search(making.query("amber", None, alpha=0.5))
