"""Hostile files through the door: refused in plain words or read as what they hold, and nothing left of the refused."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from actors import local, settings
from serve_apps.gateway import apps

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "documents" / "hostile"
FILES = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []
PATIENCE_S = 90.0
"""Longest time one file may take: the reader's limit and what is around it."""


@pytest.fixture
async def api(tmp_path):
    chosen = settings.Settings(home=tmp_path, embeddings=settings.Embeddings(engine="hashing"))
    async with local.opened(chosen) as cast:
        transport = httpx.ASGITransport(apps.build(lambda: cast), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=PATIENCE_S) as client:
            client.cast = cast
            yield client


async def slowest_probe(api, over: asyncio.Event) -> float:
    """Ask for a list again and again until `over`; return the longest wait."""
    slowest = 0.0
    while not over.is_set():
        began = time.perf_counter()
        assert (await api.get("/v1/documents")).status_code == 200
        slowest = max(slowest, time.perf_counter() - began)
        await asyncio.sleep(0.05)
    return slowest


@pytest.mark.skipif(not FILES, reason=f"the evaluation data is not at {FOLDER}")
async def test_hostile_files_do_no_harm(api):
    over = asyncio.Event()
    probe = asyncio.create_task(slowest_probe(api, over))
    kept: set[str] = set()
    for file in FILES:
        began = time.perf_counter()
        answer = await api.post("/v1/documents", files={"file": (file.name, file.read_bytes())})
        assert time.perf_counter() - began < PATIENCE_S, file.name
        if answer.status_code < 300:
            kept.add(answer.json()["id"])
        else:
            assert answer.status_code in (413, 415, 422), (file.name, answer.text)
            error = answer.json()["error"]
            assert error["message"], file.name
            assert error["code"] not in (None, "internal"), file.name
    over.set()
    assert await probe < 5.0
    listed = (await api.get("/v1/documents")).json()["data"]
    assert {document["id"] for document in listed} == kept
    assert len(await api.cast.files.keys()) == len(kept)
    for document_id in kept:
        await api.cast.intake.settled(document_id, PATIENCE_S)
        assert (await api.delete(f"/v1/documents/{document_id}")).status_code == 200
    assert await api.cast.files.keys() == {}
