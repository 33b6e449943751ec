"""Composition root 1: creates, finds and connects the cast on Ray.

Actors are named `role/key@fingerprint`: other settings are other actors, so nobody ever meets one that was made
with arguments it does not expect.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from actors import assembly, cast, knobs, probes, settings
from actors.assistant import assistants, generations, journals, kept, scribes
from actors.cache import actor as cache_actor
from actors.library import actor as library_actor
from actors.library import indexes, ingests, intake_actor, libraries, shards, snapshots, workers
from actors.library import kept as library_kept
from actors.models import embeddings
from actors.models import kept as models_kept

SEARCH_TIMEOUT_S = 10.0
SNAPSHOT_S = 30.0
PUT_TIMEOUT_S = 300.0
"""A large document may take minutes to enter the graph."""
FEWEST_CPUS = 2
"""Ray plans with at least this many: the default cast asks for fractions that fit."""


def start(chosen: settings.Settings) -> None:
    """Start Ray on this machine, or join the cluster that the settings name."""
    shared: dict[str, Any] = {"namespace": chosen.cluster.namespace, "log_to_driver": False}
    if chosen.cluster.address != "local":
        ray.init(address=chosen.cluster.address, **shared)
        return
    ray.init(
        address="local",
        num_cpus=chosen.cluster.cpus or max(os.cpu_count() or 1, FEWEST_CPUS),
        object_store_memory=chosen.cluster.object_store_bytes,
        include_dashboard=True,
        dashboard_port=chosen.cluster.dashboard_port,
        _node_ip_address="127.0.0.1",
        **shared,
    )


def create(chosen: settings.Settings, numbers: knobs.Knobs, vectors: embeddings.Embeddings) -> None:
    """Create the actors that are not there yet, and end those that other settings left behind."""
    _sweep(chosen)
    if not chosen.shared_redis_url:
        cache_actor.create(0, chosen)
    _shards(chosen, vectors)
    _intake(chosen, numbers, vectors)


@dataclass(frozen=True, slots=True)
class OpenShard:
    """What a shard's actor calls where it runs; travels as settings, not as connections."""

    chosen: settings.Settings
    embedding: str
    dimensions: int
    key: str
    keys: tuple[str, ...]

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[shards.LocalShard]:
        """Load the last snapshot, read the rest from truth, and take a snapshot now and then."""
        folder = self.chosen.home / "index" / self.embedding / self.key
        index = await asyncio.to_thread(snapshots.load, folder, self.dimensions)
        known = assembly.truth(self.chosen)
        try:
            source = assembly.CurrentSource(known.readings, self.embedding)
            await assembly.reconcile(index, source, self.key, list(self.keys))
            keeping = asyncio.create_task(_keep(index, folder), name="snapshots")
            try:
                yield shards.LocalShard(index)
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
        finally:
            await known.database.close()


@dataclass(frozen=True, slots=True)
class OpenIntake:
    """What the intake's actor calls where it runs."""

    chosen: settings.Settings
    numbers: knobs.Knobs
    vectors: embeddings.Embeddings
    redis_url: str

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[tuple[ingests.Ingest, workers.Workers]]:
        """Open the intake on the present event loop."""
        shelf = libraries.Library(_shards(self.chosen, self.vectors), PUT_TIMEOUT_S)
        known = assembly.truth(self.chosen)
        cache = assembly.caches(self.chosen, known.database, self.redis_url)
        try:
            async with assembly.intake(self.chosen, self.numbers, self.vectors, shelf, cache) as opened:
                yield opened
        finally:
            await cache.close()
            await known.database.close()


def assistant(
    chosen: settings.Settings, numbers: knobs.Knobs, vectors: embeddings.Embeddings
) -> generations.Generations:
    """Build what an assistant replica runs."""
    library = libraries.Library(_shards(chosen, vectors), SEARCH_TIMEOUT_S)
    url = _redis_url(chosen)
    journal = _journal(chosen, url)
    cache = assembly.caches(chosen, assembly.truth(chosen).database, url)
    run = assembly.pipeline(chosen, numbers, vectors, library, cache).run
    return generations.Generations(run, journal, journal, timeout_s=chosen.assistant.timeout_s, now=time.time)


def connect(
    chosen: settings.Settings,
    numbers: knobs.Knobs,
    vectors: embeddings.Embeddings,
    answering: assistants.Assistant,
    extra: Mapping[str, probes.Probe] | None = None,
) -> cast.Cast:
    """Reach the cast from any process of the cluster; `extra` adds to what readiness asks."""
    known = assembly.truth(chosen)
    url = _redis_url(chosen)
    journal = _journal(chosen, url)
    cache = assembly.caches(chosen, known.database, url)
    members = _shards(chosen, vectors)
    intake = _intake(chosen, numbers, vectors)
    asked: dict[str, probes.Probe] = {
        "database": lambda: known.documents.list(None, 1),
        "embeddings": lambda: vectors.embed(["ready"]),
        "intake": intake.ready,
        **{f"library/{key}": shard.ready for key, shard in members.items()},
        **(extra or {}),
    }
    return cast.Cast(
        settings=chosen,
        knobs=numbers,
        database=known.database,
        documents=known.documents,
        readings=known.readings,
        tasks=known.tasks,
        files=known.files,
        intake=intake,
        library=library_kept.KeptLibrary(libraries.Library(members, SEARCH_TIMEOUT_S), cache),
        embeddings=models_kept.KeptEmbeddings(vectors, cache),
        tokens=assembly.tokenizer(chosen),
        assistant=kept.KeptAnswers(answering, cache, scribes.Scribe(journal), vectors.name, numbers),
        journal=journal,
        cache=cache,
        capabilities=lambda: assembly.capabilities(chosen),
        ready=lambda: probes.ask(asked),
    )


async def _keep(index: indexes.Index, folder: Path) -> None:
    """Write a snapshot when documents changed since the last one; a warm start is as fast as the last is recent."""
    saved = index.held()
    while True:
        await asyncio.sleep(SNAPSHOT_S)
        held = index.held()
        if held != saved:
            await asyncio.to_thread(snapshots.save, index, folder)
            saved = held


def _shards(chosen: settings.Settings, vectors: embeddings.Embeddings) -> dict[str, library_actor.RemoteShard]:
    keys = tuple(str(key) for key in range(chosen.library.shards))
    return {
        key: library_actor.create(
            f"library/{key}@{chosen.fingerprint}",
            chosen.cluster.namespace,
            OpenShard(chosen, vectors.name, vectors.dimensions, key, keys),
        )
        for key in keys
    }


def _intake(
    chosen: settings.Settings, numbers: knobs.Knobs, vectors: embeddings.Embeddings
) -> intake_actor.RemoteIntake:
    return intake_actor.create(
        f"intake/0@{chosen.fingerprint}",
        chosen.cluster.namespace,
        OpenIntake(chosen, numbers, vectors, _redis_url(chosen)),
    )


def _redis_url(chosen: settings.Settings) -> str:
    found: str = chosen.shared_redis_url or ray.get(cache_actor.create(0, chosen).address.remote())
    return found


def _journal(chosen: settings.Settings, url: str) -> journals.RedisJournal:
    return journals.RedisJournal(
        url,
        timeout_s=chosen.redis.timeout_s,
        ttl_s=chosen.assistant.journal_ttl_s,
        idle_s=chosen.assistant.timeout_s,
        clock=time.monotonic,
    )


def _sweep(chosen: settings.Settings) -> None:
    """End actors of our namespace that carry another fingerprint: other settings made them."""
    for found in ray.util.list_named_actors(all_namespaces=True):
        mine = found["namespace"] == chosen.cluster.namespace and "@" in found["name"]
        if mine and not found["name"].endswith(f"@{chosen.fingerprint}"):
            ray.kill(ray.get_actor(found["name"], found["namespace"]), no_restart=True)
