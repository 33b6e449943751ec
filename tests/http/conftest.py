"""The gateway in this process. No Ray."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import fastapi
import httpx
import pytest

from actors import cast as casts
from actors import settings
from serve_apps.gateway import apps
from tests.http import installing, scripts


@pytest.fixture
def script() -> scripts.Script:
    return scripts.Script()


@pytest.fixture
def chosen(tmp_path: Path) -> settings.Settings:
    """Small limits, so that tests can cross them."""
    return settings.Settings(
        home=tmp_path,
        http=settings.Http(body_bytes=8192, messages=4, message_chars=1000, inputs=3, search_k=10),
        documents=settings.Documents(upload_bytes=1024 * 1024, upload_wait_s=20.0, layout=False),
        embeddings=settings.Embeddings(engine="hashing"),
    )


@pytest.fixture
async def cast(chosen: settings.Settings, script: scripts.Script) -> AsyncIterator[casts.Cast]:
    async with installing.cast(chosen, script) as installed:
        yield installed


@pytest.fixture
def app(cast: casts.Cast) -> fastapi.FastAPI:
    return apps.build(lambda: cast)


@pytest.fixture
async def api(app: fastapi.FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a network in between."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=30) as client:
        yield client


@pytest.fixture
async def held(cast: casts.Cast) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway where nobody works on what is uploaded."""
    app = apps.build(lambda: dataclasses.replace(cast, intake=installing.Held(cast)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=30) as client:
        yield client


@pytest.fixture
async def url(app: fastapi.FastAPI) -> AsyncIterator[str]:
    """The gateway behind a real server on the loopback."""
    async with installing.served(app) as address:
        yield address
