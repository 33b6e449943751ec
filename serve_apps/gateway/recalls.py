"""Answers chat requests that were asked before, byte for byte, from this process's memory: no parsing, no hop.

Only whole answers (no streams), only from L1, and only while the ledger vouches for them; everything else goes on to
the route. Each is still a generation of its own: an id, a receipt, an entry in the journal. Pure ASGI.
"""

from __future__ import annotations

import dataclasses
import random
import re
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import cachetools
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors import cast as casts
from actors import messages
from actors.assistant import kept
from actors.cache import keys, shapes
from serve_apps.gateway import failures, keeping, tolls

ROUTE = "/v1/chat/completions"
LARGEST = 16 * 1024
"""Bytes of a request body that is remembered."""
REMEMBERED = 4096
"""Request bodies, and prepared answers, that are remembered."""

_ID = f"gen_{secrets.token_hex(16)}"
_CREATED = random.SystemRandom().randrange(10**17, 10**18)
_TOTAL = random.SystemRandom().randrange(10**14, 10**15) + 0.5
_HOLES = re.compile(f"({_ID}|{_CREATED}|{_TOTAL!r})".encode())
"""Stand where each answer has its own words; drawn at start, so that no text can hold them but by guessing."""


class Asked(NamedTuple):
    """A request body that was understood once."""

    question: messages.Question
    key: keys.Key[kept.Answer]


Render = Callable[[messages.Started, str, messages.Done], dict[str, object]]


class Recalls:
    """Middleware: POST /v1/chat/completions."""

    def __init__(self, app: ASGIApp, provider: Callable[[], casts.Cast], render: Render, told: tolls.Tolls) -> None:
        self._app = app
        self._provider = provider
        self._render = render
        self._told = told
        self._asked: cachetools.LRUCache[tuple[bytes, bytes], Asked] = cachetools.LRUCache(REMEMBERED)
        self._prepared: cachetools.LRUCache[str, tuple[kept.Answer, list[bytes]]] = cachetools.LRUCache(REMEMBERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the request through."""
        if scope.get("path") != ROUTE or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        first = await receive()
        body: bytes = first.get("body", b"")
        if first["type"] != "http.request" or first.get("more_body") or len(body) > LARGEST:
            await self._app(scope, _again(first, receive), send)
            return
        type_ = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        cast = self._provider()
        self._told.tell_sometimes(cast.cache)
        assistant = cast.assistant
        if not isinstance(assistant, kept.KeptAnswers):
            await self._app(scope, _again(first, receive), send)
            return
        known = self._asked.get((type_, body))
        found = assistant.near(known.key) if known is not None else None
        if known is None or found is None:
            await self._app(scope, _again(first, receive), send)
            self._remember(assistant, scope, (type_, body))
            return
        scope["route"] = keeping.Matched(ROUTE)
        await self._say(assistant, known, found, send)

    def _remember(self, assistant: kept.KeptAnswers, scope: Scope, body: tuple[bytes, bytes]) -> None:
        """Remember what the route made of these bytes."""
        question = scope.get("state", {}).get("question")
        if isinstance(question, messages.Question) and question.cache in ("default", "only"):
            self._asked[body] = Asked(question, assistant.key(question))

    async def _say(
        self, assistant: kept.KeptAnswers, asked: Asked, found: shapes.Found[kept.Answer], send: Send
    ) -> None:
        began = time.time()
        question = dataclasses.replace(asked.question, id=f"gen_{uuid.uuid4().hex}", received_at=began)
        started, *_, done = assistant.recalled(question, found)
        assert isinstance(started, messages.Started)
        assert isinstance(done, messages.Done)
        words = {
            _ID.encode(): question.id.encode(),
            str(_CREATED).encode(): str(int(started.created)).encode(),
            repr(_TOTAL).encode(): repr(round(done.receipt.total_ms, 3)).encode(),
        }
        body = b"".join(words.get(piece, piece) for piece in self._pieces(asked, found))
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-cache", found.tier.encode()),
            (b"cache-control", b"private, no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _pieces(self, asked: Asked, found: shapes.Found[kept.Answer]) -> list[bytes]:
        """Return the body with its holes, made once for each kept answer."""
        prepared = self._prepared.get(asked.key.digest)
        if prepared is not None and prepared[0] is found.value:
            return prepared[1]
        done = found.value.done
        receipt = dataclasses.replace(kept.receipt(done.receipt, found.tier), total_ms=_TOTAL)
        started = messages.Started(_ID, asked.question.model, float(_CREATED))
        text = "".join(event.text for event in found.value.pieces if isinstance(event, messages.Token))
        body = failures.encoded(self._render(started, text, dataclasses.replace(done, receipt=receipt)))
        pieces = _HOLES.split(body)
        self._prepared[asked.key.digest] = (found.value, pieces)
        return pieces


def _again(first: Message, receive: Receive) -> Receive:
    """Give the message that was read, then the rest."""
    waiting: list[Message] = [first]

    async def again() -> Any:
        return waiting.pop() if waiting else await receive()

    return again
