"""How the console reads what a gateway answers, good and bad."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from serve_apps.console import gateways


def reached(app: FastAPI) -> gateways.Gateway:
    return gateways.Gateway(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway"))


async def test_a_list_is_followed_to_its_end() -> None:
    app = FastAPI()

    @app.get("/v1/documents")
    async def listed(cursor: str = "0") -> dict[str, object]:
        number = int(cursor)
        return {
            "data": [{"id": f"d{number}", "name": "n", "status": "ready"}],
            "next": str(number + 1) if number < 3 else None,
        }

    assert [one.id for one in await reached(app).documents()] == ["d0", "d1", "d2", "d3"]


async def test_a_refusal_is_the_gateways_own_sentence(tmp_path: Path) -> None:
    app, file = FastAPI(), tmp_path / "x.pdf"
    file.write_bytes(b"x")

    @app.post("/v1/documents")
    async def refuse() -> Response:
        return JSONResponse({"error": {"message": "The file is damaged.", "type": "t"}}, 422)

    with pytest.raises(gateways.Refused, match=r"^The file is damaged\.$"):
        await reached(app).upload(file, "")


async def test_an_answer_that_is_no_json_is_no_crash() -> None:
    app = FastAPI()
    app.add_api_route("/v1/capabilities", lambda: PlainTextResponse("Bad gateway", 502))
    app.add_api_route("/readyz", lambda: PlainTextResponse("<html>"))
    with pytest.raises(gateways.Refused, match="502"):
        await reached(app).capabilities()
    with pytest.raises(gateways.Refused, match="form"):
        await reached(app).readiness()


async def test_a_gateway_that_is_down_is_said_to_be() -> None:
    async with gateways.client("http://127.0.0.1:9") as http:
        with pytest.raises(gateways.Refused, match="cannot be reached"):
            await gateways.Gateway(http).documents()


async def test_a_stream_that_breaks_keeps_what_came_and_says_why() -> None:
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def broken(request: Request) -> Response:
        assert (await request.json())["stream"] is True

        async def frames() -> AsyncIterator[str]:
            yield ": still here\n\n"
            yield 'id: 1\ndata: {"choices": [{"delta": {"content": "It starts"}}]}\n\n'
            yield 'event: error\ndata: {"error": {"message": "The library is down."}}\n\n'

        return StreamingResponse(frames(), media_type="text/event-stream")

    heard = []
    with pytest.raises(gateways.Refused, match="The library is down"):
        async for chunk in reached(app).ask([{"role": "user", "content": "?"}]):
            heard.append(chunk.choices[0].delta.content)  # noqa: PERF401  what came before the error counts
    assert heard == ["It starts"]
