"""The gateway and the console in this process, over real parts: what the browser visits when no cluster is needed."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from actors import local, settings
from serve_apps.console import apps as consoles
from serve_apps.gateway import apps as gateways
from tests import installations

EXAMPLES = Path(__file__).parents[2] / "examples"
START_S = 120.0


@dataclass(frozen=True)
class Site:
    """Where the browser goes."""

    api_url: str
    console_url: str


def questions() -> dict[str, str]:
    """Return the example questions and the documents that answer them."""
    entries = json.loads((EXAMPLES / "questions.json").read_text())
    return {entry["question"]: entry["document"] for entry in entries}


@contextlib.contextmanager
def served(app: FastAPI, port: int) -> Iterator[Site]:
    """Serve an application from a thread of its own, with the console below it."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, name="site")
    thread.start()
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=100), timeout=START_S) as client:
            client.get("/healthz").raise_for_status()
        yield Site(url, f"{url}/console/")
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def site(home: Path) -> Iterator[Site]:
    """Serve the whole of Consilium from one process, with the examples in its library."""
    port = installations.free_port()
    chosen = settings.Settings(home=home)
    console = consoles.build(f"http://127.0.0.1:{port}", questions(), chosen.documents.upload_bytes)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with local.opened(chosen) as cast, console.router.lifespan_context(console):
            app.state.cast = lambda: cast
            yield

    app = gateways.build(lambda: app.state.cast())
    app.router.lifespan_context = lifespan
    app.mount("/console", console)
    with served(app, port) as running:
        load(running.api_url)
        yield running


def load(api_url: str) -> None:
    """Put the examples into the library and wait until they can be searched."""
    with httpx.Client(base_url=api_url, timeout=START_S) as client:
        for name in dict.fromkeys(questions().values()):
            answer = client.post("/v1/documents", files={"file": (name, (EXAMPLES / name).read_bytes())})
            answer.raise_for_status()
            document = answer.json()
            if document["status"] == "processing":
                with client.stream("GET", f"/v1/tasks/{document['task']['id']}/events") as events:
                    assert events.read().endswith(b"data: [DONE]\n\n")
