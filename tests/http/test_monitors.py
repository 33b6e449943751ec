"""/v1/monitor/database: pool, slow and repeated statements, as the gateway sees them."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from actors import settings
from actors.database import engines
from serve_apps.gateway import apps


@pytest.fixture
async def watched(cast):
    """A gateway that finds everything slow, and two of the same many."""
    database = engines.Database(cast.database.url, settings.Database(slow_ms=0.0, repeated=2))
    app = apps.build(lambda: dataclasses.replace(cast, database=database, documents=type(cast.documents)(database)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client
    await database.close()


async def test_the_pool_and_the_statements_are_shown(api):
    await api.get("/v1/documents")
    body = (await api.get("/v1/monitor/database")).json()
    assert body["dialect"] == "sqlite"
    assert body["pool"]["checkouts"] > 0
    assert (body["pool"]["in_use"], body["pool"]["leaks"]) == (0, 0)
    assert body["kept"]["misses"] > 0
    assert body["replicas"] == []
    assert any("FROM documents" in one["statement"] for one in body["statements"])
    assert len((await api.get("/v1/monitor/database?limit=1")).json()["statements"]) == 1


async def test_slow_statements_come_with_their_request_and_without_values(watched):
    await watched.get("/v1/documents/doc_secret")
    body = (await watched.get("/v1/monitor/database?limit=100")).json()
    slow = [one for one in body["slow"] if "documents.id = ?" in one["statement"]]
    assert {one["request"] for one in slow} == {"GET /v1/documents/doc_secret"}
    assert "doc_secret" not in "".join(one["statement"] for one in body["slow"])
    assert body["slow_seen"] >= len(slow) > 0


async def test_what_the_database_counted_is_scraped(api):
    await api.get("/v1/documents")
    text = (await api.get("/metrics")).text
    counted = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("consilium_database_"))
    assert float(counted["consilium_database_statements_total"]) > 0
    assert float(counted["consilium_database_checkouts_total"]) > 0
    assert float(counted["consilium_database_leaks_total"]) == 0


async def test_a_limit_out_of_range_is_refused(api):
    assert (await api.get("/v1/monitor/database?limit=0")).status_code == 400
