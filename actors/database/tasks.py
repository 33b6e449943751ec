"""A durable queue of work on documents, shared by all processes. Knows who holds a task, not what it does.

A task is claimed under a lease; whoever works on it renews the lease with each report of progress. When the worker
dies the lease runs out and another claims the task. Reports under a lost lease raise Conflict: stop working then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from actors import errors, messages
from actors.database import documents, engines, rows, tables

_TASKS = tables.tasks
_DOCUMENTS = tables.documents

Kind = Literal["index", "layout"]


@dataclass(frozen=True, slots=True)
class Lease:
    """A task in the hands of one worker."""

    task: messages.Task
    owner: str
    upload: messages.Upload | None
    """What was to be read, if the task was given one; never with its password."""
    attempts: int
    """How often the task has been claimed, this time included: a task that kills its workers is seen by this."""


class Tasks:
    """Repository of tasks. Every method is one transaction."""

    def __init__(self, database: engines.Database) -> None:
        self._database = database

    async def enqueue(
        self, document_id: str, kind: Kind, *, id: str, now: float, upload: messages.Upload | None = None
    ) -> messages.Task:
        """Queue work on a live document. Raises NotFound."""
        row = {
            "id": id,
            "kind": kind,
            "document_id": document_id,
            "upload": None if upload is None else rows.upload_json(upload),
            "status": "queued",
            "stage": "reading" if kind == "index" else "layout",
            "progress": 0.0,
            "attempts": 0,
            "created_at": now,
            "updated_at": now,
        }
        async with self._database.writing() as connection:
            exists = sa.select(_DOCUMENTS.c.id).where(_DOCUMENTS.c.id == document_id, tables.live)
            if (await connection.execute(exists.with_for_update(read=True))).first() is None:
                raise documents.unknown(document_id)
            await connection.execute(sa.insert(_TASKS), row)
        return await self.task(id)

    async def claim(self, owner: str, *, lease_s: float, now: float, kind: Kind | None = None) -> Lease | None:
        """Take the oldest task that waits, or whose worker is gone; None when there is none."""
        free = sa.and_(tables.unfinished, sa.or_(_TASKS.c.status == "queued", _TASKS.c.leased_until <= now))
        oldest = (
            sa.select(_TASKS.c.id)
            .join(_DOCUMENTS, _DOCUMENTS.c.id == _TASKS.c.document_id)
            .where(tables.live, free)
            .order_by(_TASKS.c.created_at, _TASKS.c.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=_TASKS)
        )
        if kind is not None:
            oldest = oldest.where(_TASKS.c.kind == kind)
        async with self._database.writing() as connection:
            task_id = (await connection.execute(oldest)).scalar_one_or_none()
            if task_id is None:
                return None
            claimed = await connection.execute(
                sa.update(_TASKS)
                .where(_TASKS.c.id == task_id)
                .values(
                    status="running",
                    owner=owner,
                    leased_until=now + lease_s,
                    attempts=_TASKS.c.attempts + 1,
                    updated_at=now,
                )
                .returning(*_TASKS.c)
            )
            row = claimed.one()
        upload = None if row.upload is None else rows.upload(row.upload)
        return Lease(task=rows.task(row), owner=owner, upload=upload, attempts=row.attempts)

    async def progress(self, lease: Lease, stage: str, share: float, *, lease_s: float, now: float) -> None:
        """Report a stage and the share done in [0, 1], and renew the lease. Raises Conflict when it was lost."""
        await self._report(lease, stage=stage, progress=share, leased_until=now + lease_s, updated_at=now)

    async def release(self, lease: Lease, *, now: float) -> None:
        """Put the task back, as an orderly stop does; this claim does not count. Raises Conflict on a lost lease."""
        await self._report(
            lease,
            status="queued",
            owner=None,
            leased_until=None,
            attempts=lease.attempts - 1,
            updated_at=now,
        )

    async def finish(self, lease: Lease, *, now: float) -> None:
        """Say that the work is done. Raises Conflict when the lease was lost."""
        await self._report(lease, status="succeeded", stage="done", progress=1.0, error=None, updated_at=now)

    async def fail(self, lease: Lease, error: str, *, now: float) -> None:
        """Say why the work cannot be done. Raises Conflict when the lease was lost."""
        await self._report(lease, status="failed", error=error, updated_at=now)

    async def task(self, task_id: str) -> messages.Task:
        """Raise NotFound when there is none, or its document is being deleted."""
        query = _visible().where(_TASKS.c.id == task_id)
        found = await self._database.fetch(query)
        if not found:
            raise errors.NotFound(f"There is no task {task_id!r}.", "task_not_found", "task_id")
        return rows.task(found[0])

    async def unfinished(self, document_id: str | None = None) -> list[messages.Task]:
        """Tasks that wait or run, oldest first, of one document or of all."""
        query = _visible().where(tables.unfinished).order_by(_TASKS.c.created_at, _TASKS.c.id)
        if document_id is not None:
            query = query.where(_TASKS.c.document_id == document_id)
        async with self._database.reading() as connection:
            return [rows.task(row) for row in await connection.execute(query)]

    async def _report(self, lease: Lease, **values: Any) -> None:
        async with self._database.writing() as connection:
            changed = await connection.execute(
                sa.update(_TASKS)
                .where(
                    _TASKS.c.id == lease.task.id,
                    _TASKS.c.owner == lease.owner,
                    _TASKS.c.attempts == lease.attempts,
                    _TASKS.c.status == "running",
                )
                .values(**values)
            )
            if changed.rowcount == 0:
                raise errors.Conflict(f"Task {lease.task.id} is in other hands or gone.", "lease_lost")


def _visible() -> sa.Select[Any]:
    return sa.select(*_TASKS.c).join(_DOCUMENTS, _DOCUMENTS.c.id == _TASKS.c.document_id).where(tables.live)
