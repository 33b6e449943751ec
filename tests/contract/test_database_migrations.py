"""Every migration goes forward and back, on both databases, with a library in them."""

from __future__ import annotations

from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic import script

from actors import settings
from actors.database import engines, migrations
from tests import copying, filling, stores


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


async def _go(database: engines.Database, move, revision: str) -> None:
    async with database.writing() as connection:
        await connection.run_sync(lambda sync: move(migrations.config(sync), revision))


async def test_each_step_back_and_forward_leaves_the_library_as_it_was(empty_url: str) -> None:
    async with stores.opened(empty_url) as store:
        await filling.fill(store.database, 50)
        await stores.publish_one(store, 1000)
        before = await copying.digests(store.database)
        revisions = [one.revision for one in script.ScriptDirectory.from_config(migrations.config()).walk_revisions()]
        assert revisions[-1] == "0001"
        for older in revisions[1:]:
            plain = engines.Database(empty_url, settings.Database())
            await _go(plain, alembic.command.downgrade, older)
            async with plain.reading() as connection:
                assert (await connection.execute(sa.text("SELECT count(*) FROM chunks"))).scalar_one() == 1003
            await _go(plain, alembic.command.upgrade, "head")
            await plain.close()
            assert await copying.digests(store.database) == before
        document = await store.documents.ready("doc_1000", now=9.0)
        assert document.status == "ready"


async def test_all_the_way_back_leaves_nothing(empty_url: str) -> None:
    async with stores.opened(empty_url) as store:
        await stores.publish_one(store, 1)
    plain = engines.Database(empty_url, settings.Database())
    await _go(plain, alembic.command.downgrade, "base")
    async with plain.reading() as connection:
        names = await connection.run_sync(lambda sync: set(sa.inspect(sync).get_table_names()))
    await plain.close()
    assert names == {"alembic_version"}
    async with stores.opened(empty_url) as store:
        await stores.publish_one(store, 1)
