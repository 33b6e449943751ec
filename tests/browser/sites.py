"""An application of a test's own behind a real server, for what no real installation does on demand."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import httpx
import uvicorn
from fastapi import FastAPI

START_S = 60.0


@contextlib.contextmanager
def served(app: FastAPI, port: int) -> Iterator[str]:
    """Serve an application from a thread of its own until the block ends; yields its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="site")
    thread.start()
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=10), timeout=START_S) as client:
            client.get("/healthz").raise_for_status()
        yield url
    finally:
        server.should_exit = True
        thread.join()
