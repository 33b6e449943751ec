"""What is put together the same way in one process and on a cluster. Knows every role; starts nothing by itself."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from actors import knobs, messages, settings
from actors.assistant import composing, pipelines
from actors.cache import connections, deep_tier, far_tiers, lifetimes, redis_tier, shapes, tiers
from actors.cache import ledgers as coherence
from actors.database import documents, engines, entries, files, ledgers, readings, revisions, tasks
from actors.library import desks, indexes, indexing, ingests, kept, rings, sources, workers
from actors.models import embeddings, extractive, tokens
from actors.models import engines as embedding_engines
from actors.models import kept as kept_models
from actors.perception.documents import capabilities as reading
from actors.perception.documents import readers


@dataclass(frozen=True)
class Truth:
    """The repositories over one database, and the files."""

    database: engines.Database
    documents: documents.Documents
    revisions: revisions.Revisions
    readings: readings.Readings
    tasks: tasks.Tasks
    files: files.Files


def truth(chosen: settings.Settings) -> Truth:
    """Open the database and the file store; connections are made when first used."""
    database = engines.Database(chosen.truth_url, chosen.database)
    return Truth(
        database,
        documents.Documents(database),
        revisions.Revisions(database),
        readings.Readings(database),
        tasks.Tasks(database),
        files.Files(chosen.originals_url),
    )


@dataclass(frozen=True, slots=True)
class CurrentSource:
    """Truth for shards: only what the present embedding model made vectors for."""

    readings: readings.Readings
    embedding: str

    async def revisions(self) -> dict[str, int]:
        """Return the committed revision of every document that can be searched now."""
        outdated = set(await self.readings.outdated(self.embedding))
        return {one: revision for one, revision in (await self.readings.revisions()).items() if one not in outdated}

    async def load(self, document_id: str) -> messages.Indexed | None:
        """Return a committed revision, or None."""
        return await self.readings.load(document_id)


async def reconcile(index: indexes.Index, source: CurrentSource, key: str, keys: list[str]) -> sources.Changes:
    """Make the index of shard `key` hold what truth says it should, in a ring of `keys`."""
    return await sources.reconcile(index, source, lambda document_id: rings.owner(document_id, keys) == key)


@contextlib.asynccontextmanager
async def intake(
    chosen: settings.Settings,
    numbers: knobs.Knobs,
    vectors: embeddings.Embeddings,
    shelf: indexing.Shelf,
    changes: desks.Changes,
) -> AsyncIterator[tuple[ingests.Ingest, workers.Workers]]:
    """Open the library's door; the caller runs the workers. Closes the reader processes at the end."""
    known = truth(chosen)
    reader = readers.Readers(chosen.documents)
    desk = desks.Desk(
        documents=known.documents,
        revisions=known.revisions,
        readings=known.readings,
        tasks=known.tasks,
        files=known.files,
        reader=reader,
        indexer=indexing.Indexer(known.revisions, known.readings, vectors, shelf, time.time),
        tokens=tokenizer(chosen),
        limits=chosen.documents,
        cutting=numbers.chunking,
        clock=time.time,
        new_id=new_id,
        changes=changes,
    )
    staff = workers.Workers(desk, owner=new_id("worker"))
    try:
        yield ingests.Ingest(desk, staff), staff
    finally:
        await reader.close()
        await known.database.close()


def caches(chosen: settings.Settings, database: engines.Database, redis_url: str) -> tiers.Tiers:
    """Build the caches of one process. Without a URL there is no L2."""
    options = chosen.cache

    def shape(kept: settings.Kept, **more: bool) -> shapes.Shape:
        return shapes.Shape(lifetimes.Policy(kept.strategy, kept.ttl_s), kept.near_bytes, **more)

    guarded = connections.Guarded(redis_url, chosen.redis.timeout_s, time.perf_counter) if redis_url else None
    return tiers.Tiers(
        {
            "answers": shape(options.answers, deep=True),
            "evidence": shape(options.evidence),
            "embeddings": shape(options.embeddings, leased=False, deep=True),
            "responses": shape(options.responses, leased=False),
        },
        options.dear_ms,
        coherence.Coherence(
            ledgers.Ledger(database), trust_s=options.trust_s, timeout_s=options.timeout_s, clock=time.perf_counter
        ),
        shapes.Clocks(time.time, time.perf_counter, lambda: 1.0 - random.random()),
        far=far_tiers.FarTiers(
            redis_tier.RedisTier(guarded) if guarded else None,
            deep_tier.DeepTier(entries.Entries(database), options.timeout_s, time.perf_counter),
            time.time,
            options.compress_bytes,
        ),
    )


def pipeline(
    chosen: settings.Settings,
    numbers: knobs.Knobs,
    vectors: embeddings.Embeddings,
    library: kept.Library,
    cache: tiers.Tiers,
) -> pipelines.Pipeline:
    """Build the path of a question."""
    return pipelines.Pipeline(
        numbers=numbers,
        embeddings=kept_models.KeptEmbeddings(vectors, cache),
        bare=vectors,
        library=kept.KeptLibrary(library, cache),
        writer=composing.Writer(extractive.Extractive(vectors.name), numbers.answering),
        tokens=tokenizer(chosen),
        clock=time.perf_counter,
        now=time.time,
    )


def tokenizer(chosen: settings.Settings) -> tokens.Tokens:
    """Load the tokenizer of the embedding model, without the model."""
    return embedding_engines.tokenizer(embedding_engines.chosen(chosen.embeddings.engine))


def new_id(prefix: str) -> str:
    """Return an id that sorts by time: `prefix_` + 12 hex digits of milliseconds + 16 random ones."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


async def capabilities(chosen: settings.Settings) -> list[messages.Capability]:
    """Say what each engine of this installation can do."""
    return [
        await asyncio.to_thread(embedding_engines.capability, chosen.embeddings.engine),
        extractive.capability(),
        *reading.capabilities(),
    ]
