"""The pool under load, at its end, and in the hands of somebody who does not give back."""

from __future__ import annotations

import asyncio
import logging

import pydantic
import pytest

from actors import errors, settings
from actors.database import engines
from tests import stores


async def test_many_requests_share_few_connections(database_url: str) -> None:
    async with stores.opened(database_url, pool_size=4, pool_timeout_s=30.0) as store:
        await stores.publish_one(store, 1)
        await asyncio.gather(*(store.readings.revisions() for _ in range(100)))
        pool = store.database.pool()
    assert pool.most_in_use <= 4
    assert (pool.in_use, pool.timeouts, pool.leaks, pool.overflow) == (0, 0, 0, 0)
    assert pool.reused >= 0.9
    assert 0 <= pool.wait_p50_ms <= pool.wait_p95_ms <= pool.wait_max_ms


async def test_a_burst_overflows_and_is_counted(database_url: str) -> None:
    async with stores.opened(database_url, pool_size=1, pool_overflow=2) as store:
        together = asyncio.Barrier(3)
        await asyncio.gather(*(_held(store, together) for _ in range(3)))
        pool = store.database.pool()
    assert (pool.size, pool.most_in_use, pool.overflow, pool.idle) == (1, 3, 2, 1)


async def test_who_waits_in_vain_is_told_and_counted(database_url: str) -> None:
    async with stores.opened(database_url, pool_size=1, pool_timeout_s=0.05) as store:
        async with store.database.reading():
            with pytest.raises(errors.Unavailable) as busy:
                await store.documents.buried()
        assert busy.value.code == "database_busy"
        pool = store.database.pool()
        assert (pool.timeouts, pool.in_use) == (1, 0)


async def test_connections_are_opened_ahead(database_url: str) -> None:
    async with stores.opened(database_url, pool_min=3) as store:
        while store.database.pool().idle < 3:  # the test's own time-out ends this
            await asyncio.sleep(0.01)
        assert store.database.pool().made == 3


async def test_a_connection_held_too_long_is_logged_with_its_place(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with stores.opened(database_url):
        database = engines.Database(database_url, settings.Database(pool_lease_s=0.2))
        async with database.reading():
            while not caplog.records:
                await asyncio.sleep(0.01)
            pool = database.pool()
        (record,) = caplog.records
        assert "test_a_connection_held_too_long_is_logged_with_its_place" in record.getMessage()
        assert (pool.leaks, pool.in_use) == (1, 1)
        assert pool.longest_hold_s >= 0.2
        assert database.pool().in_use == 0
        await database.close()


async def test_a_cancelled_request_gives_its_connection_back(database_url: str) -> None:
    async with stores.opened(database_url, pool_size=1, pool_timeout_s=5.0) as store:
        for rounds in range(10):
            task = asyncio.create_task(store.documents.buried())
            for _ in range(rounds):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await store.documents.buried()
        assert store.database.pool().in_use == 0


def test_more_connections_ahead_than_kept_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="pool_min"):
        settings.Database(pool_size=2, pool_min=3)


async def _held(store: stores.Store, together: asyncio.Barrier) -> None:
    async with store.database.reading():
        await together.wait()
