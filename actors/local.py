"""Composition root 2: the whole cast in one process, for tests, notebooks and replay. Starts no Ray."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from actors import assembly, cast, knobs, probes, settings
from actors.assistant import generations, journals, kept, scribes
from actors.database import migrations
from actors.library import indexes, libraries, shards
from actors.library import kept as library_kept
from actors.models import engines
from actors.models import kept as models_kept

SHARD_TIMEOUT_S = 60.0


@contextlib.asynccontextmanager
async def opened(chosen: settings.Settings, numbers: knobs.Knobs | None = None) -> AsyncIterator[cast.Cast]:
    """Open everything on this event loop; close it at the end. The index is made from the database."""
    numbers = numbers or knobs.Knobs()
    known = assembly.truth(chosen)
    await migrations.upgrade(known.database)
    engine = await asyncio.to_thread(engines.load, chosen.embeddings, chosen.home / "models")
    vectors = engine.embeddings
    members = {str(key): shards.LocalShard(indexes.Index(vectors.dimensions)) for key in range(chosen.library.shards)}
    library = libraries.Library(members, SHARD_TIMEOUT_S)
    source = assembly.CurrentSource(known.readings, vectors.name)
    for key, shard in members.items():
        await assembly.reconcile(shard.index, source, key, list(members))
    journal = journals.MemoryJournal(ttl_s=chosen.assistant.journal_ttl_s, clock=time.monotonic)
    cache = assembly.caches(chosen, known.database, chosen.shared_redis_url)
    scribe = scribes.Scribe(journal)
    pipeline = assembly.pipeline(chosen, numbers, vectors, library, cache)
    making = generations.Generations(
        pipeline.run, journal, journal, timeout_s=chosen.assistant.timeout_s, now=time.time
    )
    assistant = kept.KeptAnswers(making, cache, scribe, vectors.name, numbers)
    async with assembly.intake(chosen, numbers, vectors, library, cache) as (ingest, staff):
        work = asyncio.create_task(staff.run(), name="library workers")
        try:
            yield cast.Cast(
                settings=chosen,
                knobs=numbers,
                database=known.database,
                documents=known.documents,
                readings=known.readings,
                tasks=known.tasks,
                files=known.files,
                intake=ingest,
                library=library_kept.KeptLibrary(library, cache),
                embeddings=models_kept.KeptEmbeddings(vectors, cache),
                tokens=engine.tokens,
                assistant=assistant,
                journal=journal,
                cache=cache,
                capabilities=lambda: assembly.capabilities(chosen),
                ready=lambda: probes.ask(
                    {"database": lambda: known.documents.list(None, 1), "embeddings": lambda: vectors.embed(["ready"])}
                ),
            )
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await assistant.close()
            await making.close()
            await scribe.close()
            await cache.close()
            vectors.close()
            await known.database.close()
