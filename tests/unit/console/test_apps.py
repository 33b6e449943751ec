"""The console below a path, as Serve mounts it."""

from __future__ import annotations

import re

import httpx
from fastapi import FastAPI

from serve_apps.console import apps, heads


async def test_the_page_and_all_it_loads_live_below_its_prefix() -> None:
    site, console = FastAPI(), apps.build("http://127.0.0.1:9", {}, 1024)
    site.mount("/console", console)
    transport = httpx.ASGITransport(site)
    async with (
        console.router.lifespan_context(console),
        httpx.AsyncClient(
            transport=transport, base_url="http://site", headers={"accept-encoding": "br, gzip"}
        ) as client,
    ):
        page = await client.get("/console/")
        assert page.status_code == 200
        assert '"root":"http://site/console"' in page.text
        assert heads.MANIFEST.decode() not in page.text
        assert heads.ICON.decode() in page.text
        assert int(page.headers["content-length"]) == len(page.content)
        loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="(?!data:)([^"]+)"', page.text)
        assert loaded
        for address in loaded:
            assert not address.startswith(("/", "http")), address
            assert (await client.get(f"/console/{address}")).status_code == 200
        assert (await client.get("/console/monitoring/summary")).status_code >= 400
