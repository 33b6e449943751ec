"""Everything moves from one database to the other, both ways, and a copy that was killed goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actors import errors
from actors.database import copies
from tests import copying, filling, servers, stores

DOCUMENTS = 150


@pytest.fixture(params=["to postgresql", "to sqlite"])
def urls(request: pytest.FixtureRequest, postgresql: servers.PostgreSQL, tmp_path: Path) -> Iterator[tuple[str, str]]:
    sqlite = f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"
    with postgresql.database() as url:
        yield (sqlite, url) if request.param == "to postgresql" else (url, sqlite)


async def _fill(store: stores.Store) -> None:
    await filling.fill(store.database, DOCUMENTS)
    upload = replace(
        stores.UPLOAD, sha256="odd", name="Ünï 😀 'quoted' \\ \t", metadata={"a": [1, 2.5, None, "ü"], "b": {}}
    )
    await store.documents.create(upload, id="doc_odd", now=0.1 + 0.2)
    await store.tasks.enqueue("doc_odd", "index", id="task_odd", now=1.0, upload=upload)
    await store.publish("doc_odd", replace(stores.DRAFT, upload=upload), "odd")


async def test_a_killed_copy_goes_on_and_ends_equal(urls: tuple[str, str]) -> None:
    source, target = urls
    async with stores.opened(source) as full:
        await _fill(full)
        copy = copying.start(source, target, batch=200)
        await asyncio.to_thread(copying.kill_at, copy, 8)
        async with stores.opened(target) as half:
            part = await half.count()
            assert 0 < sum(part.values()) < sum((await full.count()).values())
        said = await asyncio.to_thread(copying.finish, copying.start(source, target, batch=200))
        assert "counts of all tables agree" in said
        async with stores.opened(target) as copied:
            assert await copying.digests(copied.database) == await copying.digests(full.database)
            assert await copied.documents.get("doc_odd") == await full.documents.get("doc_odd")
            pages = (await copied.readings.pages("doc_odd"), await full.readings.pages("doc_odd"))
            assert pages[0] == pages[1]
            await copied.documents.bury("doc_odd", now=5.0)  # it is a database to work with


async def test_a_target_that_is_not_empty_is_refused(urls: tuple[str, str]) -> None:
    source, target = urls
    async with stores.opened(source), stores.opened(target) as other:
        await stores.publish_one(other, 1)
        with pytest.raises(errors.Conflict, match="not empty: it has chunks, documents"):
            await copies.copy(source, target, print)
        assert (await other.count())["documents"] == 1


async def test_a_source_that_changed_between_two_runs_is_noticed(urls: tuple[str, str]) -> None:
    source, target = urls
    async with stores.opened(source) as full:
        await _fill(full)
        copy = copying.start(source, target, batch=200)
        await asyncio.to_thread(copying.kill_at, copy, 5)
        await full.documents.purge("doc_0")
        with pytest.raises(errors.Conflict, match="rows of"):
            await copies.copy(source, target, print)


async def test_a_source_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.Unavailable):
        await copies.copy(f"sqlite+aiosqlite:///{tmp_path}/none.db", f"sqlite+aiosqlite:///{tmp_path}/x.db", print)
