"""What is seen of statements: slow ones with their plans, repeated ones, and the project's own on a large library."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from actors import settings
from actors.database import __main__ as command
from actors.database import rehearsals, scopes, tables
from tests import filling, stores

DOCUMENTS = 5000
"""Times 20: 100 000 chunks."""


async def test_the_projects_own_queries_need_no_advice(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with stores.opened(database_url) as store:
        await filling.fill(store.database, DOCUMENTS)
        before = await store.count()
        assert before["chunks"] == 100_000
        assert await asyncio.to_thread(command.main, ["audit", database_url]) == 0
        assert "None deserves advice." in capsys.readouterr().out
        assert await store.count() == before, "the rehearsal is undone"
        async with store.database.writing() as connection:
            await connection.exec_driver_sql("DROP INDEX ix_documents_buried")
        assert await asyncio.to_thread(command.main, ["audit", database_url]) == 1
        assert "all 5000 rows of documents are read" in capsys.readouterr().out
        async with store.database.writing() as connection:  # the database is shared with other tests
            (index,) = (one for one in tables.documents.indexes if one.name == "ix_documents_buried")
            await connection.run_sync(index.create)


async def test_a_rehearsal_runs_every_method_once_and_repeats_none(database_url: str) -> None:
    async with stores.opened(database_url) as store:
        await stores.publish_one(store, 1)
        found = await rehearsals.run(database_url, settings.Database(repeated=10))
        written = {table for one in found for table in one.shape.writes}
        assert written == {"documents", "revisions", "pages", "chunks", "tasks"}
        assert [one for one in found if one.advice] == []
        assert (await store.count())["documents"] == 1


def test_a_database_that_is_not_ours_is_refused(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["audit", f"sqlite:///{tmp_path}/nothing.db"]) == 2
    assert "nothing.db" in capsys.readouterr().err


async def test_a_slow_statement_is_kept_with_its_plan(database_url: str) -> None:
    async with stores.opened(database_url, slow_ms=0.0, slow_kept=8) as store:
        await store.database.audit.asked()  # the migrations were slow too, and only so many plans are asked for at once
        with scopes.opened("GET /somewhere"):
            await store.documents.buried()
        kept = [one for one in store.database.audit.slow if "documents.buried_at IS NOT NULL" in one.statement]
        assert [(one.scope, one.seconds > 0) for one in kept] == [("GET /somewhere", True)]
        await store.database.audit.asked()
        assert kept[0].plan is not None
        assert "documents" in {step.table for step in kept[0].plan.steps}
        for n in range(8):
            await store.documents.find(name=str(n))
        assert len(store.database.audit.slow) == 8
        assert store.database.audit.slow_seen > 8


async def test_a_statement_repeated_within_one_request_is_seen(database_url: str) -> None:
    async with stores.opened(database_url, repeated=3) as store:
        with scopes.opened("GET /good"):
            await asyncio.gather(*(store.documents.find(name=str(n)) for n in range(2)))
        await asyncio.gather(*(store.documents.find(name=str(n)) for n in range(4)))  # in no request
        assert list(store.database.audit.repeated) == []
        with scopes.opened("GET /bad"):  # for names nobody asked for, or the query cache would answer
            await asyncio.gather(*(store.documents.find(name=f"other {n}") for n in range(4)))
        (seen,) = store.database.audit.repeated
        assert (seen.scope.name, seen.times) == ("GET /bad", 4)
        assert "documents.name" in seen.statement


async def test_statements_are_counted_by_their_shape(database_url: str) -> None:
    async with stores.opened(database_url) as store:
        for n in range(3):
            await store.documents.find(name=str(n))
        audit = store.database.audit
        (counted,) = (
            each
            for text, each in audit.counts.items()
            if "WHERE documents.buried_at IS NULL AND documents.name" in text
        )
        assert counted.calls == 3
        assert 0 < counted.longest_s <= counted.seconds
        async with store.database.reading() as connection:
            for ids in (["a"], ["a", "b", "c"]):
                await connection.execute(sa.select(tables.documents.c.id).where(tables.documents.c.id.in_(ids)))
        among = {audit.shape(text).digest for text in audit.counts if "WHERE documents.id IN (" in text}
        assert len(among) == 1
