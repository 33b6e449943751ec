"""The library's door as an actor: one per installation. A thin shell; `ingests` and `workers` do the work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import ray

from actors import messages
from actors.library import actor, ingests, workers

OPTIONS: dict[str, Any] = {"num_cpus": 0.1, "max_restarts": -1, "max_concurrency": 256}

Opening = Callable[[], contextlib.AbstractAsyncContextManager[tuple[ingests.Ingest, workers.Workers]]]


class IntakeActor:
    """Opens the intake where it runs. State is in the database: a restart goes on where the last one was killed."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._opened: asyncio.Future[ingests.Ingest] | None = None
        self._serving: asyncio.Task[None] | None = None

    async def accept(self, upload: messages.Upload) -> messages.Document:
        """See `intakes.Intake`."""
        return await (await self._ingest()).accept(upload)

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        """See `intakes.Intake`."""
        return await (await self._ingest()).settled(document_id, timeout_s)

    async def delete(self, document_id: str) -> None:
        """See `intakes.Intake`."""
        await (await self._ingest()).delete(document_id)

    async def ready(self) -> None:
        """Open, and take up what a crash left."""
        await self._ingest()

    async def _ingest(self) -> ingests.Ingest:
        if self._opened is None or (self._serving is not None and self._serving.done()):
            self._opened = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._opened), name="intake")
        return await asyncio.shield(self._opened)

    async def _serve(self, opened: asyncio.Future[ingests.Ingest]) -> None:
        """Run the workers; when they fail the next call opens everything anew."""
        try:
            async with self._opening() as (ingest, staff):
                opened.set_result(ingest)
                await staff.run()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)


class RemoteIntake:
    """`intakes.Intake` over the actor's handle."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def accept(self, upload: messages.Upload) -> messages.Document:
        """See `intakes.Intake`."""
        document: messages.Document = await actor.called(self._handle.accept.remote(upload))
        return document

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        """See `intakes.Intake`."""
        document: messages.Document = await actor.called(self._handle.settled.remote(document_id, timeout_s))
        return document

    async def delete(self, document_id: str) -> None:
        """See `intakes.Intake`."""
        await actor.called(self._handle.delete.remote(document_id))

    async def ready(self) -> None:
        """Return once the intake is open."""
        await actor.called(self._handle.ready.remote())


def create(name: str, namespace: str, opening: Opening) -> RemoteIntake:
    """Find or create the intake's actor."""
    handle = (
        ray.remote(**OPTIONS)(IntakeActor)
        .options(name=name, namespace=namespace, lifetime="detached", get_if_exists=True)
        .remote(opening)
    )
    return RemoteIntake(handle)
