"""A store under test, small documents to put into it, and writers that run as processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from actors import errors, messages, settings
from actors.database import documents, engines, migrations, readings, revisions, tables, tasks

DIMENSIONS = 4
UPLOAD = messages.Upload(name="manual.pdf", key="k1", sha256="s1", size=7, metadata={"team": "ops", "tags": [1, None]})
DRAFT = revisions.Draft(UPLOAD, "index", "application/pdf", "none", "model-a")


@dataclass(frozen=True)
class Store:
    """All repositories over one database."""

    database: engines.Database

    @property
    def documents(self) -> documents.Documents:
        return documents.Documents(self.database)

    @property
    def revisions(self) -> revisions.Revisions:
        return revisions.Revisions(self.database)

    @property
    def readings(self) -> readings.Readings:
        return readings.Readings(self.database)

    @property
    def tasks(self) -> tasks.Tasks:
        return tasks.Tasks(self.database)

    async def publish(self, document_id: str, draft: revisions.Draft, word: str, chunks: int = 3) -> messages.Document:
        """Take a revision, all of whose text is `word`, from nothing to ready."""
        revision = await self.stage(document_id, draft, word, chunks)
        await self.revisions.commit(document_id, revision, now=3.0)
        return await self.documents.ready(document_id, now=4.0)

    async def stage(self, document_id: str, draft: revisions.Draft, word: str, chunks: int = 3) -> int:
        """Stage a revision with all its vectors."""
        pages, cut = text(word, chunks)
        revision = await self.revisions.stage(document_id, draft, pages, cut, now=2.0)
        await self.revisions.attach(document_id, revision, vectors(cut))
        return revision

    async def count(self) -> dict[str, int]:
        """Rows of every table of documents."""
        async with self.database.reading() as connection:
            counts = {}
            for name, table in tables.metadata.tables.items():
                if name.startswith("cache_"):
                    continue  # the ledger counts for itself
                counts[name] = (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            return counts


@contextlib.asynccontextmanager
async def opened(url: str, **options: object) -> AsyncIterator[Store]:
    """A store with its tables."""
    database = engines.Database(url, settings.Database.model_validate(options))
    await migrations.upgrade(database)
    try:
        yield Store(database)
    finally:
        await database.close()


def upload(n: int) -> messages.Upload:
    """The n-th of many different files."""
    return replace(UPLOAD, name=f"file {n}.txt", key=f"k-{n}", sha256=f"s-{n}")


def text(word: str, chunks: int = 3) -> tuple[list[messages.Page], list[messages.Chunk]]:
    """As many pages as chunks, each of two sentences that say nothing but `word`."""
    passage = f"{word}. {word}!"
    spans = (messages.Span(0, len(word) + 1), messages.Span(len(word) + 2, len(passage)))
    pages = [messages.Page(n + 1, passage, label=f"p{n}") for n in range(chunks)]
    cut = [messages.Chunk(n, n + 1, ("Top", word), passage, 0, len(passage), spans) for n in range(chunks)]
    return pages, cut


def vectors(chunks: list[messages.Chunk]) -> dict[int, np.ndarray]:
    """Two rows for each chunk that tell chunk and sentence."""
    return {
        chunk.ordinal: np.array([[chunk.ordinal, n, 0.5, -1] for n in range(len(chunk.sentences))], dtype=np.float32)
        for chunk in chunks
    }


async def publish_one(store: Store, n: int) -> messages.Document:
    """Take the n-th file from nothing to ready."""
    await store.documents.create(upload(n), id=f"doc_{n}", now=float(n))
    return await store.publish(f"doc_{n}", replace(DRAFT, upload=upload(n)), f"word{n}")


def upgrade_in_process(url: str) -> None:
    """Migrate, as a process that starts does."""

    async def main() -> None:
        async with opened(url):
            pass

    asyncio.run(main())


def write_in_process(url: str, first: int, documents: int) -> int:
    """Create and publish documents, some of which other processes want too; return how many this process made."""

    async def main() -> int:
        made = 0
        async with opened(url) as store:
            for n in range(first, first + documents):
                with contextlib.suppress(errors.Conflict):
                    await publish_one(store, n)
                    made += 1
        return made

    return asyncio.run(main())


def work_in_process(url: str, owner: str) -> list[str]:
    """Claim and finish tasks until there is none; return their ids."""

    async def main() -> list[str]:
        done = []
        async with opened(url) as store:
            while lease := await store.tasks.claim(owner, lease_s=60.0, now=10.0):
                await store.tasks.progress(lease, "embedding", 0.5, lease_s=60.0, now=11.0)
                await store.tasks.finish(lease, now=12.0)
                done.append(lease.task.id)
        return done

    return asyncio.run(main())
