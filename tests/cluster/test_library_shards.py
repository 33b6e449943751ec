"""Shards as actors: killed, they come back whole; changed in number, they share the documents anew."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import ray
from ray import cloudpickle

from actors import messages
from actors.library import actor, indexes, libraries, rings, shards, sources
from tests import installations
from tests.unit.library import making

NAMESPACE = "library-tests"
DOCUMENTS = 60


@pytest.fixture(scope="module")
def ray_here(installation: installations.Installation) -> Iterator[None]:
    """The shared installation's Ray, joined as any driver joins it."""
    for module in (sys.modules[__name__], making):
        cloudpickle.register_pickle_by_value(module)
    installations.TOKEN.write_text((installation.home / "ray-token").read_text())
    ray.init(address=installation.ray_address, namespace=NAMESPACE, log_to_driver=False)
    yield
    for name in ray.util.list_named_actors():
        ray.kill(ray.get_actor(name))
    ray.shutdown()


@dataclass(frozen=True)
class Truth:
    """A source in a file, as the database is one for all processes."""

    file: Path

    async def revisions(self) -> dict[str, int]:
        return {one.document_id: one.revision for one in self._documents().values()}

    async def load(self, document_id: str) -> messages.Indexed | None:
        return self._documents().get(document_id)

    def _documents(self) -> dict[str, messages.Indexed]:
        return pickle.loads(self.file.read_bytes())


@dataclass(frozen=True)
class Open:
    """What a shard's actor calls where it runs."""

    truth: Truth
    key: str
    keys: tuple[str, ...]

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[shards.LocalShard]:
        index = indexes.Index(making.DIMENSIONS)
        await sources.reconcile(index, self.truth, lambda one: rings.owner(one, self.keys) == self.key)
        yield shards.LocalShard(index)


def library(truth: Truth, tag: str, count: int) -> tuple[libraries.Library, dict[str, actor.RemoteShard]]:
    keys = tuple(str(at) for at in range(count))
    members = {key: actor.create(f"library/{key}@{tag}", NAMESPACE, Open(truth, key, keys)) for key in keys}
    return libraries.Library(members, timeout_s=60.0), members


async def found(of: libraries.Library) -> list[str]:
    query = making.query("beacon", k=10 * DOCUMENTS, alpha=1.0, depth=10 * DOCUMENTS)
    return sorted(one.document_id for one in await of.search(query))


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    rng = np.random.default_rng(1)
    documents = {f"doc_{at}": making.document(f"doc_{at}", [f"beacon {at}"], rng) for at in range(DOCUMENTS)}
    (tmp_path / "truth").write_bytes(pickle.dumps(documents))
    return Truth(tmp_path / "truth")


@pytest.mark.usefixtures("ray_here")
async def test_a_killed_shard_answers_the_next_search_with_everything(truth: Truth) -> None:
    everything = sorted(await truth.revisions())
    three, members = library(truth, "kill", 3)
    assert await found(three) == everything
    held = [await one.ready() for one in members.values()]
    assert sum(held) == DOCUMENTS and all(held)
    victim = await ray.get_actor("library/1@kill", NAMESPACE).__ray_call__.remote(lambda _: os.getpid())
    os.kill(victim, signal.SIGKILL)
    start = time.monotonic()
    assert await found(three) == everything
    print(f"all documents again after {time.monotonic() - start:.1f} s")


@pytest.mark.usefixtures("ray_here")
async def test_documents_move_when_the_number_of_shards_changes(truth: Truth) -> None:
    everything = sorted(await truth.revisions())
    before, _ = library(truth, "two", 2)
    after, members = library(truth, "three", 3)
    assert await found(before) == await found(after) == everything
    assert sum([await one.ready() for one in members.values()]) == DOCUMENTS
