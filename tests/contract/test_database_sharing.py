"""Several processes on one database: they migrate, write and work at once, and none of them sees a lock."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic.runtime.migration import MigrationContext

from actors import errors
from actors.database import tables
from tests import stores


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'new folder' / 'truth.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture(scope="module")
def processes() -> ProcessPoolExecutor:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_processes_may_race_to_migrate(empty_url: str, processes: ProcessPoolExecutor) -> None:
    list(processes.map(stores.upgrade_in_process, [empty_url] * 6))


async def test_migrations_make_exactly_the_tables_that_the_code_uses(empty_url: str) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        configured = MigrationContext.configure(connection, opts={"include_object": _shared})
        found: list[object] = autogenerate.compare_metadata(configured, tables.metadata)
        return found

    async with stores.opened(empty_url) as store, store.database.reading() as connection:
        assert await connection.run_sync(differences) == []


def _shared(_object: object, name: str | None, *_about: object) -> bool:
    return name != tables.changes.name  # SQLite's own; whoever writes there would fail without it


async def test_a_database_of_a_newer_release_is_left_alone(empty_url: str) -> None:
    async with stores.opened(empty_url) as store, store.database.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(errors.Unavailable, match="newer release"):
        async with stores.opened(empty_url):
            pass


def test_processes_write_at_once(database_url: str, processes: ProcessPoolExecutor) -> None:
    ranges = ((0, 12), (6, 12), (12, 12))  # the second wants what the first and the third want too
    made = processes.map(stores.write_in_process, [database_url] * 3, *zip(*ranges, strict=True))
    assert sum(made) == 24

    async def check() -> None:
        async with stores.opened(database_url) as store:
            assert await store.count() == {"documents": 24, "revisions": 24, "pages": 72, "chunks": 72, "tasks": 0}
            for document_id in await store.readings.revisions():
                loaded = await store.readings.load(document_id)
                assert loaded is not None
                assert {chunk.text for chunk in loaded.chunks} == {"word{0}. word{0}!".format(document_id[4:])}

    asyncio.run(check())


def test_every_task_is_done_by_exactly_one_process(database_url: str, processes: ProcessPoolExecutor) -> None:
    async def fill() -> None:
        async with stores.opened(database_url) as store:
            await store.documents.create(stores.UPLOAD, id="doc_1", now=1.0)
            for n in range(40):
                await store.tasks.enqueue("doc_1", "index", id=f"task_{n:02}", now=1.0)

    asyncio.run(fill())
    done = list(processes.map(stores.work_in_process, [database_url] * 3, ["a", "b", "c"]))
    assert sorted(task for tasks in done for task in tasks) == [f"task_{n:02}" for n in range(40)]


async def test_writers_of_one_process_queue_and_readers_do_not_wait_for_them(database_url: str) -> None:
    async with stores.opened(database_url) as store:
        async with store.database.writing() as connection:
            await connection.execute(sa.delete(tables.tasks))
            waiting = [asyncio.create_task(stores.publish_one(store, n)) for n in range(8)]
            assert await store.readings.revisions() == {}  # while a writer holds the lock
        await asyncio.gather(*waiting)
        assert len(await store.readings.revisions()) == 8


async def test_a_cancelled_writer_leaves_no_lock_and_no_trace(database_url: str) -> None:
    async with stores.opened(database_url) as store:
        for round_ in range(20):
            writer = asyncio.create_task(store.documents.create(stores.upload(round_), id=f"doc_{round_}", now=1.0))
            for _ in range(round_):
                await asyncio.sleep(0)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        await store.documents.create(stores.upload(99), id="doc_99", now=2.0)
        listed, _ = await store.documents.list(None, 100)
        assert len(listed) == (await store.count())["documents"]


async def test_an_error_in_the_middle_undoes_the_whole_block(database_url: str) -> None:
    async with stores.opened(database_url) as store:
        await stores.publish_one(store, 1)
        before = await store.count()
        with pytest.raises(RuntimeError):
            await _fail_in_the_middle(store)
        assert await store.count() == before


async def _fail_in_the_middle(store: stores.Store) -> None:
    async with store.database.writing() as connection:
        await connection.execute(sa.delete(tables.documents))
        raise RuntimeError


async def test_sqlite_locked_by_another_is_unavailable_after_the_time_out(tmp_path: Path) -> None:
    path = tmp_path / "truth.db"
    async with stores.opened(f"sqlite+aiosqlite:///{path}", statement_timeout_s=0.05) as store:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(errors.Unavailable, match="locked"):
                await store.documents.create(stores.UPLOAD, id="doc_1", now=1.0)
        await store.documents.create(stores.UPLOAD, id="doc_1", now=1.0)


async def test_sqlite_is_in_wal_and_keeps_foreign_keys(tmp_path: Path) -> None:
    async with stores.opened(f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}") as store:
        async with store.database.reading() as connection:
            pragmas = {
                name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 30000}


async def test_postgresql_pool_and_statements_have_time_outs(postgres_url: str) -> None:
    options = {"pool_size": 1, "pool_timeout_s": 1.0, "statement_timeout_s": 1.0}
    async with stores.opened(postgres_url, **options) as store:
        async with store.database.reading():
            with pytest.raises(errors.Unavailable) as busy:
                await store.documents.list(None, 1)
        assert busy.value.code == "database_busy"
        with pytest.raises(errors.Unavailable, match="statement timeout"):
            async with store.database.reading() as connection:
                await connection.execute(sa.select(sa.func.pg_sleep(30)))
        await store.documents.list(None, 1)


async def test_postgresql_connections_that_were_cut_are_replaced(postgres_url: str) -> None:
    async with stores.opened(postgres_url) as store, stores.opened(postgres_url) as other:
        await store.documents.list(None, 1)
        async with other.database.writing() as connection:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
            await connection.exec_driver_sql(cut + "current_database()")
        await store.documents.list(None, 1)


@pytest.mark.parametrize(
    "url", ["postgresql+asyncpg://nobody@127.0.0.1:1/none", "postgresql+asyncpg://nobody@/none?host=/nowhere"]
)
async def test_a_database_that_is_away_is_unavailable(url: str) -> None:
    with pytest.raises(errors.Unavailable):
        async with stores.opened(url):
            pass


async def test_a_wrong_database_name_is_unavailable_and_named(postgres_url: str) -> None:
    wrong = sa.make_url(postgres_url).set(database="no_such").render_as_string(hide_password=False)
    with pytest.raises(errors.Unavailable, match="no_such"):
        async with stores.opened(wrong):
            pass


async def test_a_folder_that_cannot_be_written_is_unavailable() -> None:
    with pytest.raises(errors.Unavailable):
        async with stores.opened("sqlite+aiosqlite:////proc/consilium/truth.db"):
            pass


async def test_pasted_sslmode_is_understood(postgres_url: str) -> None:
    async with stores.opened(f"{postgres_url}&sslmode=disable") as store:
        assert await store.documents.list(None, 1) == ([], None)
