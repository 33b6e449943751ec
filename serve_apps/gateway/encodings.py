"""Responses in fewer bytes, by `Accept-Encoding`: zstd (RFC 8878), br (RFC 7932) or gzip. Pure ASGI.

A strong entity tag names bytes, so each encoding has its own: `"abc"` is `"abc-zstd"` when sent as zstd. What comes
back in If-None-Match is understood with and without that ending. Never touches event streams, ranges, or what is
compressed already.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import brotli
import zstandard
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMES = ("zstd", "br", "gzip")
"""In the order in which we like them when a caller likes them alike."""
LARGE = 256 * 1024
"""Bytes from which a body is compressed beside the event loop."""
BROTLI_QUALITY = 4
ZSTD_LEVEL = 3
GZIP_LEVEL = 6

_TYPES = re.compile(rb"(?:text/(?!event-stream)|application/(?:json|javascript|xml|\S+\+(?:json|xml))|image/svg)")
_ENDING = re.compile(rb'-(?:zstd|br|gzip)(?=")')
_OFFER = re.compile(r"\s*([\w*.-]+)\s*(?:;\s*q=([\d.]+))?\s*")


class Encoder(Protocol):
    """Compresses a stream."""

    def add(self, data: bytes) -> bytes:
        """Take a piece; return what is ready."""
        ...

    def end(self) -> bytes:
        """Return the rest."""
        ...


class _Calls(NamedTuple):
    add: Callable[[bytes], bytes]
    end: Callable[[], bytes]


def encoder(name: str) -> Encoder:
    """Return a new stream of an encoding of `NAMES`."""
    if name == "zstd":
        zstd = zstandard.ZstdCompressor(ZSTD_LEVEL).compressobj()
        return _Calls(zstd.compress, zstd.flush)
    if name == "br":
        br = brotli.Compressor(quality=BROTLI_QUALITY)
        return _Calls(br.process, br.finish)
    gzip = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
    return _Calls(gzip.compress, gzip.flush)


def chosen(accept: str) -> str | None:
    """Return the encoding that a caller likes best of ours; None: as it is (RFC 9110, section 12.5.3)."""
    offers: dict[str, float] = {}
    for offer in accept.lower().split(","):
        if found := _OFFER.fullmatch(offer):
            offers[found[1]] = float(found[2] or 1.0) if (found[2] or "1").count(".") < 2 else 0.0
    everything = offers.get("*", 0.0)
    best = max(NAMES, key=lambda name: offers.get(name, everything))
    return best if offers.get(best, everything) > 0 else None


class Encodings:
    """Middleware: compresses what is over `above` bytes and can be."""

    def __init__(self, app: ASGIApp, above: int) -> None:
        self._app = app
        self._above = above

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        accept = condition = b""
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"accept-encoding":
                    accept = value
                elif name == b"if-none-match":
                    condition = value
        encoding = chosen(accept.decode("latin-1")) if accept else None
        if condition and _ENDING.search(condition):
            headers = [
                (name, _ENDING.sub(b"", value) if name == b"if-none-match" else value)
                for name, value in scope["headers"]
            ]
            scope["headers"] = headers
        if encoding is None:
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Response(send, encoding, self._above, condition).hear)


class _Response:
    """One response on its way out."""

    def __init__(self, send: Send, encoding: str, above: int, condition: bytes) -> None:
        self._send = send
        self._encoding = encoding
        self._above = above
        self._condition = condition
        self._start: Message | None = None
        self._encoder: Encoder | None = None

    async def hear(self, message: Message) -> None:
        """Pass a message on, changed where that is due."""
        if message["type"] == "http.response.start":
            if message["status"] == 304:
                message = {**message, "headers": [self._known(header) for header in message.get("headers", ())]}
            elif _suits(message):
                self._start = message  # whether it is compressed depends on its size
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            start, self._start = self._start, None
            await self._begin(start, message)
            return
        elif message["type"] == "http.response.body" and self._encoder is not None:
            data = self._encoder.add(message.get("body", b""))
            if not message.get("more_body"):
                data += self._encoder.end()
            message = {**message, "body": data}
        await self._send(message)

    async def _begin(self, start: Message, first: Message) -> None:
        body, more = first.get("body", b""), first.get("more_body", False)
        if not more and len(body) <= self._above:
            await self._send({**start, "headers": _varied(start["headers"])})
            await self._send(first)
            return
        self._encoder = encoder(self._encoding)
        if more:
            data, length = self._encoder.add(body), None
        else:
            data = await asyncio.to_thread(self._whole, body) if len(body) > LARGE else self._whole(body)
            length = len(data)
        await self._send({**start, "headers": self._headers(start["headers"], length)})
        await self._send({**first, "body": data})

    def _whole(self, body: bytes) -> bytes:
        assert self._encoder is not None
        return self._encoder.add(body) + self._encoder.end()

    def _headers(self, headers: Any, length: int | None) -> list[tuple[bytes, bytes]]:
        encoded = [
            (name, _ended(value, self._encoding) if name.lower() == b"etag" else value)
            for name, value in _varied(headers)
            if name.lower() != b"content-length"
        ]
        encoded.append((b"content-encoding", self._encoding.encode()))
        if length is not None:
            encoded.append((b"content-length", str(length).encode()))
        return encoded

    def _known(self, header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """Give a 304 the very tag that the caller holds."""
        name, value = header
        if name.lower() != b"etag":
            return header
        held = [value, *(_ended(value, each) for each in (self._encoding, *NAMES))]
        return name, next((tag for tag in held if tag in self._condition), value)


def _suits(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", ())}
    return (
        start["status"] == 200
        and _TYPES.match(headers.get(b"content-type", b"")) is not None
        and b"content-encoding" not in headers
        and b"accept-ranges" not in headers
        and b"no-transform" not in headers.get(b"cache-control", b"")
    )


def _varied(headers: Any) -> list[tuple[bytes, bytes]]:
    """Say that the bytes depend on Accept-Encoding."""
    kept, vary = [], b"accept-encoding"
    for name, value in headers:
        if name.lower() == b"vary":
            vary = value + b", " + vary
        else:
            kept.append((name, value))
    return [*kept, (b"vary", vary)]


def _ended(tag: bytes, encoding: str) -> bytes:
    return tag[:-1] + b"-" + encoding.encode() + b'"' if tag.endswith(b'"') else tag
