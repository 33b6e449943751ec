"""What every test may ask for: real servers, started once and only if somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from actors import settings
from actors.database import engines, migrations
from tests import servers, stores


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis, shared: use keys of your own."""
    with servers.redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[servers.PostgreSQL]:
    """A real PostgreSQL cluster."""
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def _migrated_url(postgresql: servers.PostgreSQL) -> Iterator[str]:
    """A database with our tables, to be emptied for each test: that takes a tenth of making another."""

    async def upgrade(url: str) -> None:
        database = engines.Database(url, settings.Database())
        await migrations.upgrade(database)
        await database.close()

    with postgresql.database() as url:
        with ThreadPoolExecutor(1) as thread:  # a loop of its own, whether or not the test has one
            thread.submit(asyncio.run, upgrade(url)).result()
        yield url


@pytest.fixture
def empty_postgres_url(postgresql: servers.PostgreSQL) -> Iterator[str]:
    """A database of its own, without tables."""
    with postgresql.database() as url:
        yield url


@pytest.fixture
def postgres_url(postgresql: servers.PostgreSQL, _migrated_url: str) -> str:
    """A database with our tables and nothing in them. For this test alone, so nothing of it may go on behind."""
    postgresql.sql("DELETE FROM documents", str(sa.make_url(_migrated_url).database))
    return _migrated_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind in turn, with our tables at the latest when `stores.opened` opens it."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[stores.Store]:
    """The repositories over each kind of database in turn."""
    async with stores.opened(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for graphs made from model packages: made once, seconds."""
    return tmp_path_factory.mktemp("models")
