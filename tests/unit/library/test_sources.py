from __future__ import annotations

import numpy as np
import pytest

from actors.library import indexes, rings, sources
from tests.unit.library import making


class Truth:
    """A source in memory."""

    def __init__(self, documents):
        self.documents = {one.document_id: one for one in documents}
        self.loads: list[str] = []

    async def revisions(self):
        return {one.document_id: one.revision for one in self.documents.values()}

    async def load(self, document_id):
        self.loads.append(document_id)
        return self.documents.get(document_id)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def truth(rng):
    return Truth([making.document(f"doc_{at}", making.texts(rng), rng) for at in range(80)])


def mine(key, nodes):
    return lambda document_id: rings.owner(document_id, nodes) == key


async def test_a_lost_index_is_rebuilt_and_then_left_alone(truth):
    index = indexes.Index(making.DIMENSIONS)
    assert await sources.reconcile(index, truth, lambda _: True) == sources.Changes(80, 0)
    assert index.held() == await truth.revisions()
    truth.loads.clear()
    assert await sources.reconcile(index, truth, lambda _: True) == sources.Changes(0, 0)
    assert truth.loads == []


async def test_only_what_changed_is_loaded(truth, rng):
    index = indexes.Index(making.DIMENSIONS)
    await sources.reconcile(index, truth, lambda _: True)
    truth.loads.clear()
    truth.documents["doc_3"] = making.document("doc_3", ["beacon"], rng, revision=2)
    del truth.documents["doc_4"]
    assert await sources.reconcile(index, truth, lambda _: True) == sources.Changes(1, 1)
    assert truth.loads == ["doc_3"] and index.held() == await truth.revisions()


async def test_documents_move_when_the_number_of_shards_changes(truth):
    shards = {key: indexes.Index(making.DIMENSIONS) for key in "0123"}
    for key in "012":
        await sources.reconcile(shards[key], truth, mine(key, "012"))
    truth.loads.clear()
    for key in "0123":
        await sources.reconcile(shards[key], truth, mine(key, "0123"))
    held = [one for shard in shards.values() for one in shard.held()]
    assert sorted(held) == sorted(truth.documents)
    assert sorted(truth.loads) == sorted(shards["3"].held())


async def test_a_document_deleted_while_it_is_loaded_does_not_come_back(truth):
    class Fading(Truth):
        async def load(self, document_id):
            found = await super().load(document_id)
            self.documents.pop("doc_9", None)
            return found

    fading = Fading(truth.documents.values())
    index = indexes.Index(making.DIMENSIONS)
    await sources.reconcile(index, fading, lambda _: True)
    assert index.held() == await fading.revisions() and "doc_9" not in index.held()


async def test_vectors_of_another_model_do_not_stop_the_rest(truth, rng, caplog):
    odd = making.document("doc_0", ["amber"], rng)
    truth.documents["doc_0"] = type(odd)("doc_0", 1, "", {}, 0.0, odd.chunks, np.zeros((1, 7), np.float16))
    index = indexes.Index(making.DIMENSIONS)
    await sources.reconcile(index, truth, lambda _: True)
    assert len(index) == 79 and "doc_0" in caplog.text
