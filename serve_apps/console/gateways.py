"""The gateway as the console reaches it: HTTP and nothing else. Every refusal becomes one sentence to show."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from serve_apps.console import shapes

ANSWER_TIMEOUT_S = 300.0
"""Seconds without a byte before a call is given up: the gateway has its own, shorter limits and says so."""
CONNECT_TIMEOUT_S = 5.0
LISTED = 200
"""Documents in one page of the list."""


class Refused(Exception):
    """The gateway said no, or did not answer. The message is the gateway's own where there is one."""


def client(api_url: str) -> httpx.AsyncClient:
    """Return a client for one gateway. It neither follows a proxy of the environment nor reads a .netrc."""
    timeout = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return httpx.AsyncClient(base_url=api_url, timeout=timeout, trust_env=False)


class Gateway:
    """The calls that the console makes."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ask(self, messages: Sequence[dict[str, str]]) -> AsyncGenerator[shapes.Chunk, None]:
        """Stream an answer. Leaving early closes the connection, which cancels the generation."""
        body = {"model": "consilium", "messages": list(messages), "stream": True}
        with _refusals():
            async with self._http.stream("POST", "/v1/chat/completions", json=body) as answer:
                await _check(answer)
                async with contextlib.aclosing(_events(answer)) as events:
                    async for event in events:
                        yield shapes.Chunk.model_validate(event)

    async def upload(self, path: Path, password: str) -> shapes.Document:
        """Send one file and return the document, which may still be processing."""
        fields = {"password": password} if password else {}
        with _refusals(), path.open("rb") as file:
            answer = await self._http.post("/v1/documents", data=fields, files={"file": (path.name, file)})
            await _check(answer)
        return shapes.Document.model_validate(answer.json())

    async def progress(self, task_id: str) -> AsyncGenerator[shapes.Task, None]:
        """Yield a task whenever it changes, until it is over."""
        with _refusals():
            async with self._http.stream("GET", f"/v1/tasks/{task_id}/events") as answer:
                await _check(answer)
                async with contextlib.aclosing(_events(answer)) as events:
                    async for event in events:
                        yield shapes.Task.model_validate(event)

    async def document(self, document_id: str) -> shapes.Document:
        """Return one document."""
        return shapes.Document.model_validate(await self._get(f"/v1/documents/{document_id}"))

    async def documents(self) -> list[shapes.Document]:
        """Return all documents, newest first."""
        found: list[shapes.Document] = []
        cursor: str | None = None
        while True:
            page = await self._get("/v1/documents", {"limit": LISTED} | ({"cursor": cursor} if cursor else {}))
            found += [shapes.Document.model_validate(one) for one in page["data"]]
            cursor = page.get("next")
            if not cursor:
                return found

    async def delete(self, document_id: str) -> None:
        """Remove every trace of a document."""
        with _refusals():
            await _check(await self._http.delete(f"/v1/documents/{document_id}"))

    async def capabilities(self) -> list[shapes.Capability]:
        """Return every engine, ready or not."""
        listed = await self._get("/v1/capabilities")
        return [shapes.Capability.model_validate(one) for one in listed["data"]]

    async def readiness(self) -> shapes.Readiness:
        """Return which parts answer; an unready gateway says so with 503 and the same body."""
        with _refusals():
            answer = await self._http.get("/readyz")
            return shapes.Readiness.model_validate(answer.json())

    async def _get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        with _refusals():
            answer = await self._http.get(path, params=query)
            await _check(answer)
            return answer.json()


async def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    await answer.aread()
    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = f"The service answered {answer.status_code} without saying why."
    raise Refused(message)


async def _events(answer: httpx.Response) -> AsyncGenerator[Any, None]:
    """Yield the data of each server-sent event up to `[DONE]`."""
    lines: AsyncIterator[str] = answer.aiter_lines()
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        event = json.loads(data)
        if "error" in event and isinstance(event["error"], dict):
            raise Refused(str(event["error"]["message"]))
        yield event


@contextlib.contextmanager
def _refusals() -> Any:
    """Turn what the network does into Refused."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise Refused("The service did not answer in time. Try again.") from error
    except httpx.TransportError as error:
        raise Refused("The service cannot be reached. Is it running?") from error
    except ValueError as error:
        raise Refused("The service answered in a form that this console does not know.") from error
