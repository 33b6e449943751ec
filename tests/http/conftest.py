"""The gateway in this process, over real parts: database, files, index, journal, generations. No Ray."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import fastapi
import httpx
import onnxruntime  # noqa: F401  usearch before onnxruntime is a segmentation fault (2.26.6, 1.31.1)
import pytest
import uvicorn

from actors import cast as casts
from actors import knobs, messages, settings
from actors.assistant import generations, journals
from actors.database import documents, files, migrations, readings, tasks
from actors.database import engines as databases
from actors.library import indexes, libraries, shards
from actors.models import engines
from serve_apps.gateway import apps
from tests.http import scripts, shelving


@pytest.fixture
def script() -> scripts.Script:
    return scripts.Script()


@pytest.fixture
def chosen(tmp_path: Path) -> settings.Settings:
    """Small limits, so that tests can cross them."""
    return settings.Settings(
        home=tmp_path,
        http=settings.Http(body_bytes=8192, messages=4, message_chars=1000, inputs=3, search_k=10),
        documents=settings.Documents(upload_bytes=1024 * 1024, upload_wait_s=10.0),
        embeddings=settings.Embeddings(engine="hashing"),
    )


@pytest.fixture
async def cast(chosen: settings.Settings, script: scripts.Script) -> AsyncIterator[casts.Cast]:
    database = databases.Database(chosen.truth_url, chosen.database)
    await migrations.upgrade(database)
    store = files.Files(chosen.originals_url)
    engine = engines.load(chosen.embeddings, chosen.home)
    library = libraries.Library({"0": shards.LocalShard(indexes.Index(engine.embeddings.dimensions))}, timeout_s=10)
    journal = journals.MemoryJournal(ttl_s=60, clock=time.monotonic)
    answering = generations.Generations(script, journal, journal, timeout_s=20, now=time.time)

    async def capable() -> list[messages.Capability]:
        return [messages.Capability("embeddings", "hashing", True)]

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


@pytest.fixture
def app(cast: casts.Cast) -> fastapi.FastAPI:
    return apps.build(lambda: cast)


@pytest.fixture
async def api(app: fastapi.FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a network in between."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=30) as client:
        yield client


@pytest.fixture
async def url(app: fastapi.FastAPI) -> AsyncIterator[str]:
    """The gateway behind a real server on the loopback."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
