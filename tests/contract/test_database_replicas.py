"""Reads go to a real hot standby, but never miss a write; a standby that is late or gone costs nobody an error."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests import servers, stores


@pytest.fixture(scope="module")
def standby(postgresql: servers.PostgreSQL) -> Iterator[servers.PostgreSQL]:
    with postgresql.standby() as server:
        yield server


def _replica_url(url: str, standby: servers.PostgreSQL) -> str:
    return standby.url(str(sa.make_url(url).database))


async def _settled(store: stores.Store) -> None:
    """Wait until the standby has everything and is read from."""
    before = store.database.standbys()[0].reads
    while store.database.standbys()[0].reads == before:
        await store.documents.find(name=secrets.token_hex(8))  # no kept answer
        await asyncio.sleep(0.005)  # the test's own time-out ends this


@pytest.mark.parametrize("query_cache_bytes", [0, 1_000_000])
async def test_reads_go_to_the_standby_once_it_has_everything(
    empty_postgres_url: str, standby: servers.PostgreSQL, query_cache_bytes: int
) -> None:
    replicas = [_replica_url(empty_postgres_url, standby)]
    async with stores.opened(empty_postgres_url, replicas=replicas, query_cache_bytes=query_cache_bytes) as store:
        document = await stores.publish_one(store, 1)
        assert await store.documents.get("doc_1") == document
        await _settled(store)
        assert await store.documents.get("doc_1") == document
        (state,) = store.database.standbys()
        assert (state.up, state.current) == (True, True)


@pytest.mark.parametrize("query_cache_bytes", [0, 1_000_000])
async def test_a_late_standby_hides_no_write(
    empty_postgres_url: str, standby: servers.PostgreSQL, query_cache_bytes: int
) -> None:
    replicas = [_replica_url(empty_postgres_url, standby)]
    options = {"query_cache_bytes": query_cache_bytes}
    async with stores.opened(empty_postgres_url, replicas=replicas, **options) as store:
        await stores.publish_one(store, 1)
        await _settled(store)
        standby.sql("SELECT pg_wal_replay_pause()")
        try:
            for n in range(5):
                changed = await store.documents.ready("doc_1", now=50.0 + n)
                assert (changed.updated_at, await store.documents.get("doc_1")) == (50.0 + n, changed)
                await asyncio.sleep(0.05)  # a late standby stays late
                assert await store.documents.get("doc_1") == changed
            assert not store.database.standbys()[0].current
        finally:
            standby.sql("SELECT pg_wal_replay_resume()")
        await _settled(store)
        assert (await store.documents.get("doc_1")).updated_at == 54.0


async def test_other_processes_writes_are_not_missed_either(
    empty_postgres_url: str, standby: servers.PostgreSQL
) -> None:
    replicas = [_replica_url(empty_postgres_url, standby)]
    async with (
        stores.opened(empty_postgres_url) as writer,
        stores.opened(empty_postgres_url, replicas=replicas) as reader,
    ):
        await stores.publish_one(writer, 1)
        await _settled(reader)
        while not reader.database.kept().hits:  # it hears what others write
            await reader.documents.get("doc_1")
        for n in range(30):
            changed = await writer.documents.ready("doc_1", now=50.0 + n)
            assert await reader.documents.get("doc_1") == changed
            if n % 10 == 0:
                await _settled(reader)


async def test_without_its_standby_the_primary_answers(postgresql: servers.PostgreSQL, empty_postgres_url: str) -> None:
    with contextlib.ExitStack() as stack:
        standby = stack.enter_context(postgresql.standby())
        replicas = [_replica_url(empty_postgres_url, standby)]
        async with stores.opened(empty_postgres_url, replicas=replicas, query_cache_bytes=0) as store:
            document = await stores.publish_one(store, 1)
            await _settled(store)
            stack.close()
            for _ in range(5):
                assert await store.documents.get("doc_1") == document
            assert not store.database.standbys()[0].up


async def test_a_server_that_is_no_standby_is_never_read(
    postgresql: servers.PostgreSQL, empty_postgres_url: str
) -> None:
    with postgresql.database() as other:
        async with stores.opened(empty_postgres_url, replicas=[other], query_cache_bytes=0) as store:
            document = await stores.publish_one(store, 1)
            for _ in range(5):
                assert await store.documents.get("doc_1") == document
                await asyncio.sleep(0.02)
            assert [(one.current, one.reads) for one in store.database.standbys()] == [(False, 0)]
