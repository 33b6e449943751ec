"""A cast in this process, over real parts: database, files, index, journal, generations. Only the words are scripted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import fastapi
import uvicorn

from actors import cast as casts
from actors import knobs, messages, settings
from actors.assistant import generations, journals
from actors.database import documents, files, migrations, readings, tasks
from actors.database import engines as databases
from actors.library import indexes, libraries, shards
from actors.models import engines
from tests.http import shelving


@contextlib.asynccontextmanager
async def cast(chosen: settings.Settings, run: generations.Run) -> AsyncIterator[casts.Cast]:
    """Set a whole installation up and take it down again."""
    database = databases.Database(chosen.truth_url, chosen.database)
    await migrations.upgrade(database)
    store = files.Files(chosen.originals_url)
    engine = engines.load(chosen.embeddings, chosen.home)
    library = libraries.Library({"0": shards.LocalShard(indexes.Index(engine.embeddings.dimensions))}, timeout_s=10)
    journal = journals.MemoryJournal(ttl_s=60, clock=time.monotonic)
    answering = generations.Generations(run, journal, journal, timeout_s=20, now=time.time)

    async def capable() -> list[messages.Capability]:
        return [engines.capability(chosen.embeddings.engine)]

    async def ready() -> dict[str, bool]:
        return {"database": True, "library": True}

    yield casts.Cast(
        settings=chosen,
        knobs=knobs.Knobs(),
        documents=documents.Documents(database),
        readings=readings.Readings(database),
        tasks=tasks.Tasks(database),
        files=store,
        intake=shelving.Shelving(database, store, library, engine.embeddings),
        library=library,
        embeddings=engine.embeddings,
        assistant=answering,
        journal=journal,
        capabilities=capable,
        ready=ready,
    )
    await answering.close()
    engine.embeddings.close()
    await database.close()


@contextlib.asynccontextmanager
async def served(app: fastapi.FastAPI) -> AsyncIterator[str]:
    """Serve an application on the loopback and give its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
