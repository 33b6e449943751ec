"""The whole cast in this process; only the words of answers are scripted, or the work on documents held."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import time
from collections.abc import AsyncIterator

import fastapi
import uvicorn

from actors import cast as casts
from actors import local, messages, settings
from actors.assistant import generations, journals


@contextlib.asynccontextmanager
async def cast(chosen: settings.Settings, run: generations.Run) -> AsyncIterator[casts.Cast]:
    """Open a cast whose answers are what `run` plays."""
    async with local.opened(chosen) as opened:
        assert isinstance(opened.journal, journals.MemoryJournal)
        assistant = generations.Generations(run, opened.journal, opened.journal, timeout_s=20, now=time.time)
        yield dataclasses.replace(opened, assistant=assistant)
        await assistant.close()


@dataclasses.dataclass
class Held:
    """An intake that queues work and wakes nobody: documents stay `processing` for as long as a test looks."""

    cast: casts.Cast

    async def accept(self, upload: messages.Upload) -> messages.Document:
        document = await self.cast.documents.create(upload, id=f"doc_{secrets.token_hex(6)}", now=time.time())
        task_id = f"task_{secrets.token_hex(6)}"
        await self.cast.tasks.enqueue(document.id, "index", id=task_id, now=time.time(), upload=upload)
        return await self.cast.documents.get(document.id)

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        return await self.cast.documents.get(document_id)

    async def delete(self, document_id: str) -> None:
        await self.cast.intake.delete(document_id)


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
