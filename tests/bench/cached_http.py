"""Kept answers over HTTP, in one process behind uvicorn: `python -m tests.bench.cached_http`.

Bars: a kept chat completion at ≥ 70 % of the requests per second of /healthz and ≥ 20 × faster than without caches; 304
at ≥ 90 %; the API's JSON in ≤ 40 % of its bytes. Everything is measured in pairs, one after the other, so that a busy
machine is busy for both.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from actors import local, settings
from serve_apps.gateway import apps, encodings
from tests import installations
from tests.bench import loads, reports
from tests.http import installing

ROUNDS = 7
CONNECTIONS = 8
REQUESTS = 2000
UNCACHED = 40
CHAT = "/v1/chat/completions"


def main() -> None:
    """Measure against the example documents, from another process than the server's."""
    if sys.argv[1:]:
        asyncio.run(_serve(Path(sys.argv[1])))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        command = [sys.executable, "-m", "tests.bench.cached_http", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                url = server.stdout.readline().strip()
                reports.save("cached_http", *asyncio.run(_measured(url)))
            finally:
                server.communicate()  # the end of its input ends it


async def _serve(home: Path) -> None:
    async with local.opened(settings.Settings(home=home)) as cast, installing.served(apps.build(lambda: cast)) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def _measured(url: str) -> tuple[list[reports.Bar], dict[str, object]]:
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        document = await _load(client)
        question = json.loads((installations.ROOT / "examples" / "questions.json").read_text())[0]["question"]
        uncached_ms, cached_ms = await _latencies(url, question)
        page = f"/v1/documents/{document}/pages/1"
        etag = (await client.get(page, headers={"Accept-Encoding": "identity"})).headers["etag"]
        payload = await _payload(client, page)
    rates = [await _rates(url, question, page, etag) for _ in range(ROUNDS + 1)][1:]
    chat = statistics.median(one["chat"] / one["healthz"] for one in rates)
    unchanged = statistics.median(one["304"] / one["healthz"] for one in rates)
    faster = uncached_ms / cached_ms
    share = min(payload.values())
    bars = [
        reports.Bar("kept chat completion / healthz, requests per second", chat, "≥ 0.7", chat >= 0.7),
        reports.Bar("304 / healthz, requests per second", unchanged, "≥ 0.9", unchanged >= 0.9),
        reports.Bar("kept chat completion, times faster than without caches", faster, "≥ 20", faster >= 20),
        reports.Bar("without caches, ms", uncached_ms, ""),
        reports.Bar("kept, ms", cached_ms, ""),
        reports.Bar("healthz, requests per second", statistics.median(one["healthz"] for one in rates), ""),
        reports.Bar("kept chat completions per second", statistics.median(one["chat"] for one in rates), ""),
        *(
            reports.Bar(f"bytes over the API's JSON answers, {name}", part, "≤ 0.4", part <= 0.4)
            for name, part in payload.items()
        ),
        *(reports.Bar(f"CPU per 16 KB body, {name}, ms", _cpu_ms(name), "") for name in encodings.NAMES),
    ]
    return bars, {"rounds": rates, "smallest share": share}


async def _load(client: httpx.AsyncClient) -> str:
    document = ""
    for file in sorted((installations.ROOT / "examples").glob("*.*")):
        if file.suffix in (".json", ".py"):
            continue  # not among what is uploaded at the first start
        answer = await client.post("/v1/documents", files={"file": (file.name, file.read_bytes())})
        document = answer.raise_for_status().json()["id"]
        while (await client.get(f"/v1/documents/{document}")).json()["status"] == "processing":
            await asyncio.sleep(0.1)
    return document


def _body(question: str, wish: str) -> dict[str, object]:
    return {
        "model": "consilium",
        "messages": [{"role": "user", "content": question}],
        "consilium": {"cache": wish},
    }


async def _latencies(url: str, question: str) -> tuple[float, float]:
    """Return milliseconds on one kept-alive connection: without caches, and kept."""
    found = []
    for wish, requests in (("bypass", UNCACHED), ("default", 20 * UNCACHED)):
        asked = json.dumps(_body(question, wish)).encode()
        await loads.requests_per_second(url + CHAT, connections=1, requests=3, body=asked)
        found.append(1000 / await loads.requests_per_second(url + CHAT, connections=1, requests=requests, body=asked))
    return found[0], found[1]


async def _rates(url: str, question: str, page: str, etag: str) -> dict[str, float]:
    async def rate(path: str, **more: object) -> float:
        return await loads.requests_per_second(
            url + path,
            connections=CONNECTIONS,
            requests=REQUESTS,
            **more,  # type: ignore[arg-type]
        )

    asked = json.dumps(_body(question, "default")).encode()
    return {
        "healthz": await rate("/healthz"),
        "chat": await rate(CHAT, body=asked),
        "304": await rate(page, headers=f"If-None-Match: {etag}\r\n", status=304),
    }


async def _payload(client: httpx.AsyncClient, page: str) -> dict[str, float]:
    """Return the share of bytes of the API's JSON answers over 1 KB that goes over the wire, by encoding."""
    search = {"query": "how", "k": 10}
    question = _body("What does it say about the warranty?", "default")
    sizes: dict[str, int] = {}
    for name in ("identity", *encodings.NAMES):
        for method, path, body in (
            ("POST", "/v1/search", search),
            ("POST", CHAT, question),
            ("GET", "/v1/documents", None),
            ("GET", "/v1/capabilities", None),
            ("GET", "/openapi.json", None),
            ("GET", page, None),
        ):
            headers = {"Accept-Encoding": name, "Accept": "application/json"}
            async with client.stream(method, path, json=body, headers=headers) as answer:
                sizes[name] = sizes.get(name, 0) + sum([len(piece) async for piece in answer.aiter_raw()])
    return {name: sizes[name] / sizes["identity"] for name in encodings.NAMES}


def _cpu_ms(name: str) -> float:
    """Return CPU milliseconds to compress 16 KB of JSON."""
    body = json.dumps(
        [{"text": os.urandom(8).hex(), "page": n, "heading": ["Service", "Warranty"]} for n in range(220)]
    )
    data, began = body.encode()[: 16 * 1024], time.process_time()
    for _ in range(50):
        encoder = encodings.encoder(name)
        encoder.add(data)
        encoder.end()
    return (time.process_time() - began) / 50 * 1000


if __name__ == "__main__":
    main()
