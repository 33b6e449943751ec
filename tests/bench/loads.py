"""A load generator that costs little: raw HTTP/1.1 on kept-alive sockets. Knows one request, sends it often.

The request loop is bounded in count and goes to this machine only.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit


async def requests_per_second(
    url: str, *, connections: int, requests: int, body: bytes = b"", headers: str = "", status: int = 200
) -> float:
    """GET `url`, or POST a JSON body to it, on several connections, `requests` times in all.

    `headers` are lines that end in CRLF. Raises AssertionError on any status but the one given.
    """
    parts = urlsplit(url)
    assert parts.hostname == "127.0.0.1", "load goes to this machine only"
    if body:
        headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    method = "POST" if body else "GET"
    line = f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}\r\n".encode() + body
    each = requests // connections
    began = time.perf_counter()
    await asyncio.gather(*(_ask(parts.hostname, parts.port or 80, line, each, status) for _ in range(connections)))
    return each * connections / (time.perf_counter() - began)


async def _ask(host: str, port: int, line: bytes, times: int, status: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for _ in range(times):
            writer.write(line)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d" % status), head[:200]
            lengths = [row for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")]
            if lengths:
                await reader.readexactly(int(lengths[0].split(b":")[1]))
    finally:
        writer.close()
