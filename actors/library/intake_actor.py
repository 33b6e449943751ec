"""The library's door as an actor: one per installation. A thin shell; `ingests` and `workers` do the work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray import exceptions

from actors import errors, messages
from actors.library import ingests, workers

OPTIONS: dict[str, Any] = {"num_cpus": 0.1, "max_restarts": -1, "max_concurrency": 256}

Opened = contextlib.AbstractAsyncContextManager[tuple[ingests.Ingest, workers.Workers]]


class IntakeActor:
    """Opens the intake where it runs. State is in the database: a restart goes on where the last one was killed."""

    def __init__(self, open_intake: Callable[[], Opened]) -> None:
        self._open = open_intake
        self._ingest: asyncio.Future[ingests.Ingest] | None = None
        self._serving: asyncio.Task[None] | None = None

    async def accept(self, upload: messages.Upload) -> messages.Document:
        """See `intakes.Intake`."""
        return await (await self._ready()).accept(upload)

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        """See `intakes.Intake`."""
        return await (await self._ready()).settled(document_id, timeout_s)

    async def delete(self, document_id: str) -> None:
        """See `intakes.Intake`."""
        await (await self._ready()).delete(document_id)

    async def start(self) -> None:
        """Open, and take up what a crash left."""
        await self._ready()

    async def _ready(self) -> ingests.Ingest:
        if self._serving is None or self._serving.done():
            self._ingest = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._ingest), name="intake")
        assert self._ingest is not None
        return await asyncio.shield(self._ingest)

    async def _serve(self, opened: asyncio.Future[ingests.Ingest]) -> None:
        try:
            async with self._open() as (ingest, staff):
                opened.set_result(ingest)
                await staff.run()
        except BaseException as error:
            if not opened.done():
                opened.set_exception(error)
            raise


class RemoteIntake:
    """`Intake` over the actor's handle."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def accept(self, upload: messages.Upload) -> messages.Document:
        """See `intakes.Intake`."""
        with _translated():
            document: messages.Document = await self._handle.accept.remote(upload)
        return document

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        """See `intakes.Intake`."""
        with _translated():
            document: messages.Document = await self._handle.settled.remote(document_id, timeout_s)
        return document

    async def delete(self, document_id: str) -> None:
        """See `intakes.Intake`."""
        with _translated():
            await self._handle.delete.remote(document_id)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn Ray's errors into ours; our own come home as the `cause` of Ray's."""
    try:
        yield
    except exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, errors.ConsiliumError):
            raise cause from None
        raise
    except exceptions.RayActorError as error:
        raise errors.Unavailable("The library's intake is restarting.", "intake_down") from error


def remote() -> Any:
    """Return the actor class, ready for `.remote`."""
    return ray.remote(**OPTIONS)(IntakeActor)
