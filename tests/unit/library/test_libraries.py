from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from actors import errors, messages
from actors.library import indexes, libraries, rings, shards
from tests.unit.library import making


class Dead:
    """A shard whose process is gone: nothing ever comes back."""

    async def put(self, document):
        await asyncio.Event().wait()

    async def remove(self, document_id):
        await asyncio.Event().wait()

    async def search(self, query):
        await asyncio.Event().wait()


class Refusing(Dead):
    async def search(self, query):
        raise errors.Unavailable("The shard's actor is gone.")


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def local(count):
    return {str(at): shards.LocalShard(indexes.Index(making.DIMENSIONS)) for at in range(count)}


async def filled(members, rng, documents=60):
    library = libraries.Library(members, timeout_s=5.0)
    held = [making.document(f"doc_{at}", making.texts(rng), rng) for at in range(documents)]
    await asyncio.gather(*(library.put(one) for one in held))
    return library, held


async def test_many_shards_answer_as_one_would(rng):
    members = local(4)
    library, held = await filled(members, rng)
    alone = libraries.Library(local(1), timeout_s=5.0)
    for one in held:
        await alone.put(one)
    assert all(len(one.index) for one in members.values())
    for _ in range(10):
        query = making.query("", making.vector(rng), k=7, alpha=0.0, depth=200)
        ours, theirs = await library.search(query), await alone.search(query)
        assert [one.chunk_id for one in ours] == [one.chunk_id for one in theirs]
        assert [one.score for one in ours] == pytest.approx([one.score for one in theirs], abs=1e-5)


async def test_scores_are_the_formula_over_the_union(rng):
    library, _ = await filled(local(3), rng)
    alpha = 0.3
    query = making.query("amber quartz jasper", making.vector(rng), k=1000, alpha=alpha, depth=1000)
    found = await library.search(query)
    bm25, cosine = np.array([one.bm25 for one in found]), np.array([one.vector for one in found])
    expected = alpha * (bm25 - bm25.min()) / np.ptp(bm25) + (1 - alpha) * (cosine - cosine.min()) / np.ptp(cosine)
    assert [one.score for one in found] == pytest.approx(expected.tolist(), abs=1e-5)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


async def test_a_few_contenders_travel_and_the_best_are_the_same(rng):
    library, _ = await filled(local(3), rng)
    few, all_ = (
        making.query("amber quartz", making.vector(np.random.default_rng(1)), k=k, depth=100) for k in (5, 100)
    )
    assert [one.chunk_id for one in await library.search(few)] == [one.chunk_id for one in await library.search(all_)][
        :5
    ]


async def test_only_shards_that_may_hold_the_documents_are_asked(rng):
    members = local(3)
    library, held = await filled(members, rng)
    wanted = held[5].document_id
    lost = {key: Dead() for key in members if key != rings.owner(wanted, list(members))}
    library = libraries.Library({**members, **lost}, timeout_s=0.2)
    query = making.query("amber", making.vector(rng), where=messages.Filter(documents=(wanted,)))
    assert {one.document_id for one in await library.search(query)} == {wanted}


@pytest.mark.parametrize("lost", [Dead(), Refusing()])
async def test_a_lost_shard_costs_its_documents_and_not_the_search(rng, lost):
    members = local(3)
    _, held = await filled(members, rng)
    library = libraries.Library({**members, "1": lost}, timeout_s=0.3)
    start = time.perf_counter()
    found = await library.search(making.query("amber", making.vector(rng), k=1000, depth=1000))
    assert time.perf_counter() - start < 2
    assert {one.document_id for one in found} == {
        one.document_id for one in held if rings.owner(one.document_id, ["0", "1", "2"]) != "1"
    }


@pytest.mark.parametrize("lost", [Dead(), Refusing()])
async def test_a_lost_library_says_so(rng, lost):
    library = libraries.Library({"0": lost, "1": lost}, timeout_s=0.1)
    with pytest.raises(errors.Unavailable):
        await library.search(making.query("amber", making.vector(rng)))


async def test_a_write_to_a_lost_shard_says_so(rng):
    library = libraries.Library({"0": Dead()}, timeout_s=0.1, write_timeout_s=0.1)
    with pytest.raises(errors.Unavailable):
        await library.put(making.document("doc_a", ["amber"], rng))
    with pytest.raises(errors.Unavailable):
        await library.remove("doc_a")


async def test_the_callers_mistake_is_the_callers(rng):
    library, _ = await filled(local(2), rng)
    with pytest.raises(errors.Invalid):
        await library.search(making.query("amber", None, alpha=0.5))


async def test_replacing_and_removing_reach_the_right_shard(rng):
    library, _ = await filled(local(3), rng)
    await library.put(making.document("doc_7", ["beacon of light"], rng, revision=2))
    query = making.query("beacon", making.vector(rng), k=3, alpha=1.0)
    assert [one.chunk_id for one in await library.search(query)] == ["doc_7:2:0"]
    await library.remove("doc_7")
    await library.remove("doc_never")
    assert await library.search(query) == []


async def test_the_loop_stays_free_while_a_big_document_goes_in(rng):
    shard = shards.LocalShard(indexes.Index(making.DIMENSIONS))
    big = making.document("doc_big", making.texts(rng, 2000), rng)
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await shard.put(big)
    counting.cancel()
    # A put on the loop's own thread would leave it one turn, before and after.
    assert turns > 10
    assert shard.index.held() == {"doc_big": 1}
