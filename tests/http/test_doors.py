"""What every request meets: ids, limits, errors of one shape, measurements."""

from __future__ import annotations

import asyncio
import dataclasses
import re

import fastapi
import httpx
import pytest

from actors import errors
from serve_apps.gateway import apps, doors, meters, streams


@pytest.mark.parametrize("sent", ["abc-123", "a" * 128, "trace:1.2_3"])
async def test_a_sane_request_id_is_kept(api, sent):
    assert (await api.get("/healthz", headers={"X-Request-Id": sent})).headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", ["", "a" * 129, "a b", "a\tb", "<script>"])
async def test_another_request_id_is_replaced(api, sent):
    answer = await api.get("/healthz", headers={"X-Request-Id": sent})
    assert re.fullmatch(r"req_[0-9a-f]{24}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/models/", 404, "model_not_found"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("PATCH", "/v1/documents", 405, "method_not_allowed"),
        ("GET", "/docs/../../etc/passwd", 404, "not_found"),
        ("GET", "/docs/other.js", 404, "not_found"),
        ("GET", "/v1/documents/%00", 400, "invalid_value"),
        ("GET", "/v1/tasks/task_none", 404, "task_not_found"),
    ],
)
async def test_every_error_has_one_shape(api, method, path, status, code):
    answer = await api.request(method, path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "param", "code", "request_id"}
    assert error["request_id"] == answer.headers["x-request-id"]
    assert error["message"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b"\xff\xfe", "application/json", 400, "invalid_json"),
        (b"[" * 5000, "application/json", 400, "invalid_json"),
        (b"[]", "application/json", 400, "invalid_value"),
        (b"null", "application/json", 400, "invalid_value"),
        (b"", "application/json", 400, "missing_field"),
        (b'{"query": "x", "alpha": NaN}', "application/json", 400, "invalid_value"),
        (b'{"query": "x"}', "text/plain", 415, "unsupported"),
        (b'{"query": "x"}', "", 415, "unsupported"),
    ],
)
async def test_a_body_that_is_no_json_is_named(api, body, kind, status, code):
    answer = await api.post("/v1/search", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


async def test_a_body_over_the_limit_is_refused_by_its_length_or_as_it_streams(api):
    async def endless():
        for _ in range(100):
            yield b" " * 1000

    for content in (b" " * 8193, endless()):
        answer = await api.post("/v1/search", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        assert "http.body_bytes" in answer.json()["error"]["message"]


async def test_a_refused_body_is_read_so_that_the_refusal_arrives(url):
    async with httpx.AsyncClient(base_url=url) as client:
        for size in (8193, 60_000, 5_000_000):
            answer = await client.post("/v1/documents/doc_x", content=b"x" * size)
            assert answer.status_code in (405, 413)
        answer = await client.post("/v1/search", content=b"x" * 60_000)
        assert answer.status_code == 413


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.Invalid("m", "c", "p"), 400, "invalid_request_error"),
        (errors.NotFound("m", "c"), 404, "invalid_request_error"),
        (errors.Conflict("m", "c"), 409, "invalid_request_error"),
        (errors.TooLarge("m", "c"), 413, "invalid_request_error"),
        (errors.Unsupported("m", "c"), 415, "invalid_request_error"),
        (errors.Unreadable("m", "c"), 422, "invalid_request_error"),
        (errors.PasswordNeeded("m", "c"), 422, "invalid_request_error"),
        (errors.CallerError("m", "c"), 400, "invalid_request_error"),
        (errors.Overloaded("m", "c", None, 2.4), 429, "rate_limit_error"),
        (errors.Unavailable("m", "c"), 503, "server_error"),
        (errors.ConsiliumError("m", "c"), 500, "server_error"),
        (ZeroDivisionError("secret"), 500, "server_error"),
    ],
)
async def test_each_of_our_errors_has_its_status(cast, error, status, kind):
    async def failing():
        raise error

    app = apps.build(lambda: dataclasses.replace(cast, capabilities=failing))
    async with client_of(app) as client:
        answer = await client.get("/v1/capabilities")
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)
    assert answer.headers.get("retry-after") == {429: "3", 503: "5"}.get(status)
    assert "secret" not in answer.text
    if status != 500:
        assert answer.json()["error"]["code"] == "c"


async def test_a_cast_that_is_not_there_yet_is_a_503(cast):
    def absent():
        raise errors.Unavailable("Starting.", "starting")

    async with client_of(apps.build(absent)) as client:
        assert (await client.get("/healthz")).status_code == 200
        for answer in (await client.get("/readyz"), await client.post("/v1/search", json={"query": "x"})):
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "starting")


async def test_readiness_names_each_part(api, cast):
    assert (await api.get("/readyz")).json() == {"status": "ready", "parts": {"database": True, "embeddings": True}}

    async def half():
        return {"database": True, "library": False}

    async with client_of(apps.build(lambda: dataclasses.replace(cast, ready=half))) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": True, "library": False}
    assert "library" in answer.json()["error"]["message"]
    assert answer.headers["retry-after"] == "1"


async def test_metrics_count_templates_not_paths(api):
    await api.get("/healthz")
    await api.get("/v1/documents/doc_nobody")
    await api.get("/nowhere/at/all")
    await api.request("BREW", "/nowhere")
    text = (await api.get("/metrics")).text
    assert 'consilium_http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in text
    assert 'route="/v1/documents/{document_id}",status="404"} 1.0' in text
    assert 'consilium_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'method="OTHER"' in text
    assert "doc_nobody" not in text
    body = {"model": "consilium", "messages": [{"role": "user", "content": "x"}], "stream": True}
    await api.post("/v1/chat/completions", json=body)
    assert 'consilium_chat_first_token_seconds_count{model="consilium"} 1.0' in (await api.get("/metrics")).text


async def test_metrics_can_come_from_elsewhere(cast):
    async def exposition():
        return "up 1\n"

    async with client_of(apps.build(lambda: cast, meters.Registry(), exposition)) as client:
        assert (await client.get("/metrics")).text == "up 1\n"


async def test_the_manual_needs_no_network(api):
    page = await api.get("/docs")
    assert not re.search(r'(src|href)="https?:', page.text)
    for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        found = await api.get(asset)
        assert (found.status_code, bool(found.content)) == (200, True)
    assert (await api.get("/")).headers["location"] == "/console"


async def test_an_error_after_the_answer_began_breaks_the_connection_and_nothing_else():
    app = fastapi.FastAPI()

    async def frames():
        yield b"data: 1\n\n"
        raise ZeroDivisionError

    @app.get("/broken")
    async def broken():
        return streams.EventStream(frames())

    app.add_middleware(doors.Door, limit=lambda _: doors.Limit(10, "x"), meter=meters.Registry())
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        with pytest.raises(ZeroDivisionError):
            await client.get("/broken")


async def test_silence_is_filled_with_heartbeats():
    go_on = asyncio.Event()

    async def frames():
        yield b"first"
        await go_on.wait()
        yield b"second"

    seen = []
    async for frame in streams.beating(frames(), 0.02):
        seen.append(frame)
        if seen.count(streams.HEARTBEAT) == 2:
            go_on.set()
    assert seen[:3] == [b"first", streams.HEARTBEAT, streams.HEARTBEAT]
    assert seen[-1] == b"second"


async def test_a_stream_is_closed_when_its_caller_leaves():
    closed = asyncio.Event()

    async def frames():
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    sent: list[dict] = []
    left = asyncio.Event()

    async def receive():
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if message.get("body") == b"first":
            left.set()

    await asyncio.wait_for(streams.EventStream(frames())({"type": "http"}, receive, send), 5)
    assert closed.is_set()
    assert not any(message.get("more_body") is False for message in sent)


def client_of(app: fastapi.FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")
