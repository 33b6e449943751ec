"""Does the work that goes on behind an upload's answer: indexing first, layout when there is time.

Tasks are durable and leased (`database.tasks`); a worker that is killed loses its lease and the next one goes on from
what the database holds. Knows the order of steps, not how files are read or vectors made.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from actors import errors, messages
from actors.database import revisions, tasks
from actors.library import desks

LEASE_S = 15.0
BEAT_S = 1.0
"""Seconds between reports of progress, each of which renews the lease."""
ATTEMPTS = 4
"""A task that was claimed this often and never ended kills its workers: it is given up."""
ORPHAN_S = 3600.0
"""Age in seconds from which a file that nobody refers to is not one that is just being uploaded."""
RETRY_S = 2.0
"""Seconds before a task that met a dead dependency is tried again."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """How far a task is; the beat writes it down."""

    stage: str
    share: float

    def __call__(self, stage: str, share: float) -> None:
        """Take note; cheap enough for every step."""
        self.stage, self.share = stage, share


class Workers:
    """One loop per kind of task. `run` owns them and everything they start."""

    def __init__(self, desk: desks.Desk, owner: str) -> None:
        self._desk = desk
        self._owner = owner
        self._awake: dict[tasks.Kind, asyncio.Event] = {"index": asyncio.Event(), "layout": asyncio.Event()}
        self._jobs: dict[str, set[asyncio.Task[None]]] = {}
        self._change: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Work until cancelled. First finishes what a crash left: deletes, and vectors of another model."""
        for document_id in await self._desk.documents.buried():
            await self.erase(document_id)
        await self._sweep_files()
        for document_id in await self._desk.readings.outdated(self._desk.indexer.embeddings.name):
            await self._renew(document_id)
        async with asyncio.TaskGroup() as loops:
            for kind in self._awake:
                loops.create_task(self._serve(kind), name=f"{kind} worker")

    def wake(self) -> None:
        """Say that there may be new tasks."""
        for event in self._awake.values():
            event.set()

    def next_change(self) -> asyncio.Future[None]:
        """Return what completes when any document next becomes ready or failed. Safe to cancel."""
        if self._change is None or self._change.done():
            self._change = asyncio.get_running_loop().create_future()
        return asyncio.shield(self._change)

    async def erase(self, document_id: str) -> None:
        """Remove a buried document everywhere: work, index, database, files. Idempotent."""
        if jobs := set(self._jobs.get(document_id, ())):
            for job in jobs:
                job.cancel()
            await asyncio.wait(jobs)
        await self._desk.indexer.shelf.remove(document_id)
        await self._desk.announce(document_id)  # before the purge: a crash in between finds it buried and comes back
        keys = await self._desk.documents.keys(document_id)
        await self._desk.documents.purge(document_id)
        for key in keys:
            await self._desk.files.delete(key)
        self._changed()

    async def _sweep_files(self) -> None:
        """Delete bytes that nobody refers to: a crash came between the database and the files."""
        old = self._desk.clock() - ORPHAN_S
        kept = await self._desk.documents.keys()
        for key, written_at in (await self._desk.files.keys()).items():
            if key not in kept and written_at < old:
                await self._desk.files.delete(key)

    async def _serve(self, kind: tasks.Kind) -> None:
        awake = self._awake[kind]
        while True:
            awake.clear()
            lease = await self._desk.tasks.claim(self._owner, lease_s=LEASE_S, now=self._desk.clock(), kind=kind)
            if lease is None:
                # Nobody rings when the lease of a dead worker runs out, so look now and then.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(awake.wait(), LEASE_S)
                continue
            await self._own(lease)
            self._changed()

    async def _own(self, lease: tasks.Lease) -> None:
        """Run one task where `erase` can find it; whatever ends this loop ends the task too."""
        job = asyncio.create_task(self._work(lease), name=lease.task.id)
        jobs = self._jobs.setdefault(lease.task.document_id, set())
        jobs.add(job)
        try:
            await asyncio.wait({job})
        finally:
            job.cancel()
            jobs.discard(job)
            if not jobs:
                self._jobs.pop(lease.task.document_id, None)

    async def _work(self, lease: tasks.Lease) -> None:
        report = Report(lease.task.stage, lease.task.progress)
        try:
            if lease.attempts > ATTEMPTS:
                raise errors.Unreadable("Working on this document failed again and again.", "gave_up")
            async with self._beating(lease, report):
                await (self._index if lease.task.kind == "index" else self._lay_out)(lease, report)
            await self._desk.tasks.finish(lease, now=self._desk.clock())
        except errors.NotFound:
            log.info("task %s: its document was deleted meanwhile", lease.task.id)
        except (errors.Unavailable, errors.Overloaded) as error:
            log.warning("task %s waits for a dependency: %s", lease.task.id, error)
            await asyncio.sleep(RETRY_S)
            await self._desk.tasks.release(lease, now=self._desk.clock())
        except errors.ConsiliumError as error:
            await self._give_up(lease, error.message)
        except Exception:
            log.exception("task %s failed", lease.task.id)
            await self._give_up(lease, "An internal error; the log says more.")

    async def _index(self, lease: tasks.Lease, report: Report) -> None:
        document_id = lease.task.document_id
        drafts = await self._drafts(document_id, "index")
        if not drafts and lease.upload is None:
            drafts = await self._drafts(document_id, "layout")  # `_renew` cut the same bytes anew
        elif not drafts and lease.upload is not None:
            parsed, chunks = await self._desk.read(lease.upload)
            await self._desk.stage(document_id, lease.upload, parsed, chunks)
            drafts = await self._drafts(document_id, "index")
        before = await self._desk.documents.get(document_id)
        if drafts:
            for older in drafts[:-1]:  # overtaken by a newer version before its turn came
                await self._desk.revisions.discard(document_id, older.revision)
            await self._desk.indexer.publish(drafts[-1], report)
        else:
            await self._desk.indexer.show(document_id)
        await self._desk.announce(document_id)
        document = await self._desk.documents.ready(document_id, now=self._desk.clock())
        if before.key != document.key:
            await self._desk.files.delete(before.key)
        if document.layout == "pending":
            await self._desk.tasks.enqueue(document_id, "layout", id=self._desk.new_id("task"), now=self._desk.clock())
            self.wake()
        else:
            self._desk.passwords.pop(document.sha256, None)

    async def _lay_out(self, lease: tasks.Lease, report: Report) -> None:
        document = await self._desk.documents.get(lease.task.document_id)
        for stale in await self._drafts(document.id, "layout"):
            await self._desk.revisions.discard(document.id, stale.revision)
        parsed, chunks = await self._desk.read_layout(document, lambda done, total: report("layout", done / total))
        await self._restage(document, parsed.pages, chunks, "done")
        (draft,) = await self._drafts(document.id, "layout")
        await self._desk.indexer.publish(draft, report)
        await self._desk.announce(document.id)
        self._desk.passwords.pop(document.sha256, None)

    async def _renew(self, document_id: str) -> None:
        """Cut the committed pages anew for another embedding model; the worker embeds them."""
        document = await self._desk.documents.get(document_id)
        pages = await self._desk.readings.pages(document_id)
        await self._restage(document, pages, await self._desk.cut(pages), document.layout)
        await self._desk.documents.process(document_id, now=self._desk.clock())
        await self._desk.tasks.enqueue(document_id, "index", id=self._desk.new_id("task"), now=self._desk.clock())

    async def _restage(
        self,
        document: messages.Document,
        pages: tuple[messages.Page, ...],
        chunks: tuple[messages.Chunk, ...],
        layout: messages.Layout,
    ) -> None:
        """Stage other pages of the same bytes."""
        upload = messages.Upload(
            document.name, document.key, document.sha256, document.size, document.media_type, metadata=document.metadata
        )
        draft = revisions.Draft(upload, "layout", document.media_type, layout, self._desk.indexer.embeddings.name)
        await self._desk.revisions.stage(document.id, draft, pages, chunks, now=self._desk.clock())

    async def _drafts(self, document_id: str, kind: tasks.Kind) -> list[revisions.Staged]:
        return [draft for draft in await self._desk.revisions.staged(document_id) if draft.draft.kind == kind]

    async def _give_up(self, lease: tasks.Lease, reason: str) -> None:
        """Leave what was committed before as it is; a document that never was ready is failed."""
        document_id, now = lease.task.document_id, self._desk.clock()
        with contextlib.suppress(errors.NotFound, errors.Conflict):
            document = await self._desk.documents.get(document_id)
            if lease.task.kind == "layout":
                await self._desk.documents.keep_layout(document_id, now=now)
            elif document.revision:
                await self._desk.documents.ready(document_id, now=now)
            else:
                await self._desk.documents.fail(document_id, reason, now=now)
            for draft in await self._drafts(document_id, lease.task.kind):
                await self._desk.revisions.discard(document_id, draft.revision)
            await self._desk.tasks.fail(lease, reason, now=now)

    @contextlib.asynccontextmanager
    async def _beating(self, lease: tasks.Lease, report: Report) -> AsyncIterator[None]:
        """Write progress down and keep the lease while the block runs; a lost lease cancels the block."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(BEAT_S)
                await self._desk.tasks.progress(
                    lease, report.stage, report.share, lease_s=LEASE_S, now=self._desk.clock()
                )

        try:
            async with asyncio.TaskGroup() as group:
                heart = group.create_task(beat())
                yield
                heart.cancel()
        except* errors.ConsiliumError as several:
            raise several.exceptions[0] from several

    def _changed(self) -> None:
        if self._change is not None and not self._change.done():
            self._change.set_result(None)
