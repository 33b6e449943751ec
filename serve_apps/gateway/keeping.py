"""Keeps HTTP responses by rules, and answers with them before any route is looked for. Pure ASGI.

The first response of a kind is passed on as it comes and kept when it is whole: status 200, one piece, not too large.
Conditional requests are answered from what is kept too. HTTP caching: RFC 9111; validators: RFC 9110, section 8.8.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgpack
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors import cast, messages
from actors.cache import keys, shapes
from serve_apps.gateway import etags, rules, tolls

LARGEST = 2**20
"""Bytes of a body that is kept."""

Headers = tuple[tuple[bytes, bytes], ...]


class Kept(NamedTuple):
    """A response with status 200."""

    headers: Headers
    body: bytes
    etag: str


class Matched(NamedTuple):
    """What `scope["route"]` tells the meters."""

    path: str


def _pack(kept: Kept) -> bytes:
    packed: bytes = msgpack.packb((kept.headers, kept.body, kept.etag))
    return packed


def _unpack(data: bytes) -> Kept:
    headers, body, etag = msgpack.unpackb(data)
    return Kept(tuple((name, value) for name, value in headers), body, etag)


RESPONSE: keys.Kind[Kept] = keys.Kind("responses", _pack, _unpack, lambda kept: 500 + len(kept.body))


class Keeping:
    """Middleware: GET requests that a rule matches."""

    def __init__(
        self, app: ASGIApp, provider: Callable[[], cast.Cast], matcher: rules.Matcher, told: tolls.Tolls
    ) -> None:
        self._app = app
        self._provider = provider
        self._matcher = matcher
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the request through."""
        matched = self._matcher.match(scope["path"]) if scope.get("method") == "GET" else None
        if matched is None:
            await self._app(scope, receive, send)
            return
        rule, parameters = matched
        headers = dict(scope["headers"])
        wish = headers.get(b"cache-control", b"")
        if b"no-store" in wish:
            await self._app(scope, receive, send)
            return
        cache = self._provider().cache
        self._told.tell_sometimes(cache)
        key = _key(rule, scope, headers)
        found = None if b"no-cache" in wish else cache.near(key) or await cache.get(key)
        if found is None:
            maker = _Maker(self._app, rule, headers.get(b"if-none-match", b""))
            await maker.run(cache, key, rule.tags(parameters), scope, receive, send)
            return
        scope["route"] = Matched(rule.route)
        kept = found.value
        age = max(0, int(time.time() - found.made_at))
        told = _told(rule, found.tier, age, round(found.expires_at - time.time()))
        if etags.matches(headers.get(b"if-none-match", b"").decode("latin-1"), kept.etag):
            await _say(send, 304, (*_validators(kept.headers), *told), b"")
        else:
            await _say(send, 200, (*kept.headers, *told), kept.body)


class _Maker:
    """Passes one response on, and keeps it."""

    def __init__(self, app: ASGIApp, rule: rules.Rule, if_none_match: bytes) -> None:
        self._app = app
        self._rule = rule
        self._if_none_match = if_none_match.decode("latin-1")
        self._start: Message | None = None
        self._kept: Kept | None = None

    async def run(
        self, cache: Any, key: keys.Key[Kept], tags: tuple[str, ...], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Run the application, with the ledger's position from before it looked at anything."""
        stamp, began = (await cache.stamp() if tags else 0), time.perf_counter()

        async def heard(message: Message) -> None:
            await self._hear(message, send)

        # Without the condition: its answer would have no body to keep. It is applied to what comes back.
        bare = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        inner = {**scope, "headers": bare}
        await self._app(inner, receive, heard)
        scope["route"] = inner.get("route")
        if self._kept is not None and stamp is not None:
            made = shapes.Made(self._kept, tags, stamp, lives=self._rule.policy)
            cache.set(key, made, (time.perf_counter() - began) * 1000)

    async def _hear(self, message: Message, send: Send) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._start = message  # held until its body is known to be whole
            return
        if self._start is None or message["type"] != "http.response.body":
            await send(message)
            return
        start, self._start = self._start, None
        body = message.get("body", b"")
        if message.get("more_body") or len(body) > LARGEST:
            await send(start)
            await send(message)
            return
        headers = tuple((name.lower(), value) for name, value in start.get("headers", ()))
        own = next((value.decode("latin-1") for name, value in headers if name == b"etag"), "")
        etag = own or f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if not own:
            headers = (*headers, (b"etag", etag.encode("latin-1")))
        if self._rule.vary and not any(name == b"vary" for name, _ in headers):
            headers = (*headers, (b"vary", ", ".join(self._rule.vary).encode("latin-1")))
        self._kept = Kept(headers, body, etag)
        told = _told(self._rule, "MISS", 0, round(self._rule.ttl))
        if etags.matches(self._if_none_match, etag):
            await _say(send, 304, (*_validators(headers), *told), b"")
        else:
            await _say(send, 200, (*headers, *told), body)


def _key(rule: rules.Rule, scope: Scope, headers: dict[bytes, bytes]) -> keys.Key[Kept]:
    user = hashlib.sha256(headers.get(b"authorization", b"")).hexdigest() if rule.strategy == "user" else ""
    varied = [headers.get(name.encode("latin-1"), b"") for name in rule.vary]
    return keys.of(RESPONSE, keys.Owner(messages.TENANT, user), scope["path"], scope["query_string"], varied)


def _told(rule: rules.Rule, tier: str, age: int, left: int) -> Headers:
    """Return what callers are told of the cache. What may change is to be asked for again each time: it is cheap."""
    if rule.invalidate_on:
        control = b"private, no-cache"
    else:
        control = f"{'private' if rule.strategy == 'user' else 'public'}, max-age={max(0, left)}".encode()
    return (b"x-cache", tier.encode()), (b"age", str(age).encode()), (b"cache-control", control)


def _validators(headers: Headers) -> Headers:
    return tuple(header for header in headers if header[0] in (b"etag", b"vary", b"content-security-policy"))


async def _say(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body, "more_body": False})
