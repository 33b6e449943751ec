"""The console as an ASGI application: Gradio on FastAPI. Knows nothing of Ray and nothing of what lies behind HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping

import gradio as gr
from fastapi import FastAPI

from serve_apps.console import gateways, heads, pages, themes

CALLS = 64
"""Answers that may stream at the same time."""


def build(api_url: str, questions: Mapping[str, str], upload_bytes: int) -> FastAPI:
    """Return the application, to be mounted wherever its `root_path` says. It talks to the gateway at `api_url`."""
    http = gateways.client(api_url)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with http:
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(heads.Head)
    page = pages.build(gateways.Gateway(http), questions).queue(default_concurrency_limit=CALLS, api_open=False)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=themes.theme(),
        css_paths=themes.STYLE,
        footer_links=[],
        run_history=False,
        max_file_size=upload_bytes,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
    )
    return mounted
