"""What stood on a document is announced when searches see the change, and before anybody is told that it is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors import errors
from tests.unit.library import test_ingests as houses


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[houses.House]:
    async with houses.house(tmp_path) as made:
        made.open_shop()
        yield made


async def test_ready_is_told_after_the_announcement(open_house: houses.House) -> None:
    document = await open_house.ready("price.md", "The grinder costs 100 euros.")
    assert document.status == "ready"
    assert open_house.announced.heard == [(document.id, "processing")]
    await open_house.ready("price.md", "The grinder costs 120 euros.")
    assert open_house.announced.heard[1:] == [(document.id, "processing")]


async def test_a_delete_is_announced_before_it_is_acknowledged(open_house: houses.House) -> None:
    document = await open_house.ready("price.md", "The grinder costs 100 euros.")
    await open_house.ingest.delete(document.id)
    assert open_house.announced.heard[-1] == (document.id, "gone")


async def test_the_layout_pass_is_announced(open_house: houses.House) -> None:
    document = await open_house.ready("plan.pdf", "The plain text of a plan.")
    open_house.reader.gate.set()
    await open_house.until(lambda each: each.layout == "done", document.id)
    async with asyncio.timeout(houses.WAIT_S):
        while len(await open_house.desk.tasks.unfinished()):
            await asyncio.sleep(0.01)
    assert [one for one, _ in open_house.announced.heard] == [document.id, document.id]


async def test_what_cannot_be_announced_is_not_acknowledged(open_house: houses.House) -> None:
    document = await open_house.ready("price.md", "The grinder costs 100 euros.")
    open_house.announced.error = errors.Unavailable("The ledger is away.")
    with pytest.raises(errors.Unavailable):
        await open_house.ingest.delete(document.id)
    assert await open_house.desk.documents.buried() == (document.id,)
