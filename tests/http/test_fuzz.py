"""Random requests, sound and unsound, made from the interface itself: none may break anything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import hypothesis
import pytest
import schemathesis
from schemathesis import checks

from actors import errors, settings
from serve_apps.gateway import apps
from tests.http import installing, scripts

EXAMPLES = 15
"""Requests per operation and kind; raise it for a longer hunt."""


def nothing():
    raise errors.Unavailable("no cast", "starting")


schema = schemathesis.openapi.from_dict(apps.build(nothing).openapi())


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway in a thread with a loop of its own, because schemathesis calls from outside of any."""
    told: list[str] = []
    up, over = threading.Event(), threading.Event()
    chosen = settings.Settings(home=tmp_path_factory.mktemp("home"), embeddings=settings.Embeddings(engine="hashing"))

    async def serve() -> None:
        async with (
            installing.cast(chosen, scripts.Script()) as cast,
            installing.served(apps.build(lambda: cast)) as url,
        ):
            told.append(url)
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(30)
    yield told[0]
    over.set()
    thread.join()


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_no_request_breaks_it(case, address):
    answer = case.call(base_url=address)
    case.validate_response(
        answer,
        checks=[
            checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ],
    )
    if answer.status_code >= 400:
        assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"][0]
