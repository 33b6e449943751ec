"""A load generator that costs little: raw HTTP/1.1 on kept-alive sockets. Knows one request, sends it often.

The request loop is bounded in count and goes to this machine only.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit


async def requests_per_second(url: str, *, connections: int, requests: int) -> float:
    """GET `url` on several connections, `requests` times in all. Raises AssertionError on any status but 200."""
    parts = urlsplit(url)
    assert parts.hostname == "127.0.0.1", "load goes to this machine only"
    line = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    each = requests // connections
    began = time.perf_counter()
    await asyncio.gather(*(_ask(parts.hostname, parts.port or 80, line, each) for _ in range(connections)))
    return each * connections / (time.perf_counter() - began)


async def _ask(host: str, port: int, line: bytes, times: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for _ in range(times):
            writer.write(line)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head[:200]
            lengths = [row for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0].split(b":")[1]))
    finally:
        writer.close()
