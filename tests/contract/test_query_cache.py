"""Kept answers are never older than an acknowledged write, of whichever process, and are dropped by table."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor

import pytest
import sqlalchemy as sa

from actors import errors, settings
from actors.database import engines, statements, tables
from tests import stores

WRITES = 150


@contextlib.asynccontextmanager
async def keeping(url: str) -> AsyncIterator[stores.Store]:
    """Another process, as far as the database can tell, that can keep answers by now."""
    store = stores.Store(engines.Database(url, settings.Database()))
    while not store.database.kept().hits:
        await store.documents.buried()
        await store.readings.revisions()
    yield store
    await store.database.close()


async def _spared(store: stores.Store, read) -> bool:
    before = store.database.kept().hits
    await read()
    return store.database.kept().hits > before


async def test_the_reads_that_people_make_are_kept_until_a_table_is_written(database_url: str) -> None:
    async with stores.opened(database_url) as writer, keeping(database_url) as reader:
        document = await stores.publish_one(writer, 1)
        task = await writer.tasks.enqueue("doc_1", "layout", id="task_1", now=1.0)
        about_documents = [
            lambda: reader.documents.get("doc_1"),
            lambda: reader.documents.find(name=document.name),
            lambda: reader.documents.list(None, 10),
            lambda: reader.readings.pages("doc_1"),
            lambda: reader.readings.page("doc_1", 1),
            lambda: reader.readings.chunk(f"doc_1:{document.revision}:0"),
            lambda: reader.readings.revisions(),
            lambda: reader.tasks.task(task.id),
        ]
        for read in about_documents:
            await read()
        assert [await _spared(reader, read) for read in about_documents] == [True] * 8
        await writer.tasks.enqueue("doc_1", "layout", id="task_2", now=1.0)  # `task_id` is part of a document
        assert [await _spared(reader, read) for read in about_documents] == [False] * 3 + [True] * 4 + [False]
        await writer.documents.purge("doc_1")  # pages, chunks and tasks go with it
        for read in about_documents[:1] + about_documents[3:6] + about_documents[7:]:
            with pytest.raises(errors.NotFound):
                await read()
        assert await reader.documents.list(None, 10) == ([], None)


async def test_what_differs_in_a_parameter_differs(database_url: str) -> None:
    async with stores.opened(database_url) as store, keeping(database_url) as reader:
        for n in range(3):
            await stores.publish_one(store, n)
        for _ in range(2):
            assert [(await reader.documents.get(f"doc_{n}")).id for n in range(3)] == ["doc_0", "doc_1", "doc_2"]
            assert [len((await reader.documents.list(None, n))[0]) for n in (1, 2, 3)] == [1, 2, 3]


async def test_a_writer_reads_its_own_writes(database_url: str) -> None:
    async with stores.opened(database_url) as store, keeping(database_url) as both:
        await stores.publish_one(store, 1)
        for n in range(20):
            await both.documents.get("doc_1")
            changed = await both.documents.ready("doc_1", now=100.0 + n)
            assert changed.updated_at == 100.0 + n
            assert (await both.documents.get("doc_1")).updated_at == 100.0 + n


def _write(url: str, first: float) -> list[tuple[float, float]]:
    """In a process of its own: change the document again and again; return (value, when it was acknowledged)."""

    async def main() -> list[tuple[float, float]]:
        done = []
        store = stores.Store(engines.Database(url, settings.Database()))
        for n in range(WRITES):
            async with store.database.writing() as connection:
                values = {"updated_at": tables.documents.c.updated_at + 1}
                written = await connection.execute(
                    sa.update(tables.documents).values(values).returning(tables.documents.c.updated_at)
                )
                value = float(written.scalar_one())
            done.append((value, time.monotonic()))
            if n % 10 == 0:
                await asyncio.sleep(0.01)
        await store.database.close()
        return done

    return asyncio.run(main())


async def test_no_stale_answer_under_concurrent_writers(database_url: str) -> None:
    """Readers note what they got and when they asked; no answer may lack a write acknowledged before that."""
    async with stores.opened(database_url) as store, contextlib.AsyncExitStack() as stack:
        await stores.publish_one(store, 1)
        readers = [await stack.enter_async_context(keeping(database_url)) for _ in range(3)]
        seen: list[tuple[float, float]] = []
        ended = asyncio.Event()

        async def read(reader: stores.Store) -> None:
            while not ended.is_set():
                asked = time.monotonic()
                seen.append((asked, (await reader.documents.get("doc_1")).updated_at))
                await asyncio.sleep(0)

        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
            reading = [asyncio.create_task(read(reader)) for reader in readers for _ in range(2)]
            loop = asyncio.get_running_loop()
            written = await asyncio.gather(
                *(loop.run_in_executor(processes, _write, database_url, 0.0) for _ in range(2))
            )
        ended.set()
        await asyncio.gather(*reading)
        acknowledged = sorted((at, value) for writer in written for value, at in writer)
        newest, stale, position = 0.0, 0, 0
        for asked, value in sorted(seen):
            while position < len(acknowledged) and acknowledged[position][0] < asked:
                newest = max(newest, acknowledged[position][1])
                position += 1
            stale += value < newest
        hits = sum(reader.database.kept().hits for reader in readers)
        assert (stale, position > 0) == (0, True)
        assert hits > 0, "the test proves nothing without kept answers"


async def test_a_reading_that_a_write_overtook_is_not_kept(database_url: str) -> None:
    async with stores.opened(database_url) as store, keeping(database_url) as reader:
        await stores.publish_one(store, 1)
        waiting, go = asyncio.Event(), asyncio.Event()
        read = reader.database._read

        async def slow(query: sa.Executable):
            found = await read(query)
            waiting.set()
            await go.wait()
            return found

        reader.database._read = slow
        old = asyncio.create_task(reader.documents.get("doc_1"))
        await waiting.wait()
        await store.documents.ready("doc_1", now=99.0)
        go.set()
        assert (await old).updated_at != 99.0  # it was asked before
        assert (await reader.documents.get("doc_1")).updated_at == 99.0


async def test_a_write_that_was_undone_drops_nothing_that_it_should_not(database_url: str) -> None:
    async with stores.opened(database_url) as store, keeping(database_url) as reader:
        await stores.publish_one(store, 1)
        with pytest.raises(errors.NotFound):
            await store.documents.ready("doc_9", now=1.0)
        before = await reader.documents.get("doc_1")
        with pytest.raises(RuntimeError):
            async with reader.database.writing() as connection:
                await connection.execute(sa.update(tables.documents).values(name="never"))
                raise RuntimeError
        assert await reader.documents.get("doc_1") == before


async def test_raw_text_is_recognised_too(database_url: str) -> None:
    async with stores.opened(database_url) as store, keeping(database_url) as reader:
        await stores.publish_one(store, 1)
        count = sa.text("SELECT count(*) FROM documents WHERE version >= :version")
        assert (await reader.database.fetch(count.bindparams(version=1)))[0][0] == 1
        assert await _spared(reader, lambda: reader.database.fetch(count.bindparams(version=1)))
        async with store.database.writing() as connection:
            await connection.exec_driver_sql("UPDATE documents SET version = 0")
        assert (await reader.database.fetch(count.bindparams(version=1)))[0][0] == 0
        clock = sa.text("SELECT CURRENT_TIMESTAMP FROM documents")
        await reader.database.fetch(clock)
        assert not await _spared(reader, lambda: reader.database.fetch(clock))


async def test_a_migration_drops_everything(database_url: str) -> None:
    async with stores.opened(database_url) as store, keeping(database_url) as reader:
        await stores.publish_one(store, 1)
        await reader.documents.get("doc_1")
        async with store.database.writing() as connection:
            await connection.exec_driver_sql("CREATE TABLE other (x INTEGER)")
            await connection.exec_driver_sql("DROP TABLE other")
        assert not await _spared(reader, lambda: reader.documents.get("doc_1"))


async def test_postgresql_without_its_listening_connection_keeps_nothing_and_recovers(postgres_url: str) -> None:
    async with stores.opened(postgres_url) as store, keeping(postgres_url) as reader:
        await stores.publish_one(store, 1)
        await reader.documents.get("doc_1")
        async with store.database.writing() as connection:
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        changed = await store.documents.ready("doc_1", now=99.0)
        assert await reader.documents.get("doc_1") == changed
        bypassed = reader.database.kept().bypassed
        while not await _spared(reader, lambda: reader.documents.get("doc_1")):
            await asyncio.sleep(0.01)  # the test's own time-out ends this
        assert reader.database.kept().bypassed > bypassed


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_may_be_kept(dialect: str) -> None:
    d, t = tables.documents, tables.tasks
    kept = {
        sa.select(d.c.id): {"documents"},
        sa.select(d.c.id).join(t, t.c.document_id == d.c.id): {"documents", "tasks"},
        sa.select(sa.func.count()).select_from(d).where(d.c.id.in_(sa.select(t.c.document_id))): {"documents", "tasks"},
        sa.select(t.alias("x").c.id): {"tasks"},
    }
    for query, names in kept.items():
        found = statements.recognised(query, dialect)
        assert found is not None
        assert found.tables == names
    for query in (
        sa.select(d.c.id, sa.func.now()),
        sa.select(d.c.id).order_by(sa.func.random()),
        sa.select(d.c.id).with_for_update(),
        sa.select(d.c.id).where(sa.text("x > now()")),
        sa.select(sa.literal_column("now()")).select_from(d),
        sa.select(sa.func.max(sa.column("x"))).select_from(sa.table("elsewhere")),
        sa.insert(d),
        sa.select(sa.literal(1)),
    ):
        assert statements.recognised(query, dialect) is None
