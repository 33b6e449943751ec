"""The tab of documents: add, watch, list, delete. Wires components to the gateway; `listings` makes what they show."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from serve_apps.console import gateways, listings

POLL_S = 3.0
"""Seconds between two looks at the list while something in it is still changing."""

KINDS = '<p class="hint">PDF, Word, PowerPoint, Excel, CSV, HTML, EPUB, e-mail, RTF, Markdown and text.</p>'

_ROWS = """
element.addEventListener('click', (event) => {
  const row = event.target.closest('tr[data-document]');
  if (!row) return;
  const confirm = row.querySelector('.confirm'), choices = row.querySelector('.choices');
  const asking = (open) => { confirm.hidden = !open; choices.hidden = open; };
  if (event.target.closest('[data-ask]')) { asking(true); row.querySelector('[data-keep]').focus(); }
  else if (event.target.closest('[data-keep]')) { asking(false); row.querySelector('[data-ask]').focus(); }
  else if (event.target.closest('[data-delete]')) {
    event.target.disabled = true;
    trigger('delete', { id: row.dataset.document, name: row.dataset.name });
  }
});
"""
"""Deleting asks first, in the row itself; only the second click reaches Python."""


class Shelf:
    """The tab's components and what happens in them."""

    def __init__(self, gateway: gateways.Gateway) -> None:
        self._gateway = gateway
        with gr.Row(elem_id="adding", equal_height=False):
            self._files = gr.File(
                label="Add files",
                file_count="multiple",
                height=150,
                elem_id="files",
                scale=3,
            )
            with gr.Column(scale=2, min_width=260):
                self._password = gr.Textbox(
                    label="Password, if a file is encrypted",
                    type="password",
                    elem_id="password",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                self._add = gr.Button("Add to the library", variant="primary", elem_id="add")
        gr.HTML(KINDS, apply_default_css=False)
        self._uploads = gr.HTML(elem_id="uploads", apply_default_css=False)
        self._notice = gr.HTML(elem_id="notice", apply_default_css=False)
        self._list = gr.HTML(elem_id="documents", apply_default_css=False, js_on_load=_ROWS)
        self._timer = gr.Timer(POLL_S, active=False)

    def wire(self, tab: gr.Tab) -> None:
        """Connect the components; called once, inside the page."""
        listed = [self._list, self._timer]
        self._add.click(
            self._send, [self._files, self._password], [self._uploads, self._files, self._password, self._add, *listed],
            show_progress="hidden",
        )  # fmt: skip
        self._list.delete(self._remove, self._list, [self._notice, *listed], show_progress="hidden")
        tab.select(self._listed, self._list, listed, show_progress="hidden")
        self._timer.tick(self._listed, self._list, listed, show_progress="hidden")

    async def _listed(self, shown: str) -> list[Any]:
        """Return the list, or nothing new when it reads the same: an unchanged row keeps its focus."""
        try:
            found = await self._gateway.documents()
        except gateways.Refused as refusal:
            return [listings.failure(str(refusal)), gr.Timer(active=False)]
        fresh = listings.documents(found, datetime.now().astimezone())
        changing = any(one.status == "processing" or one.layout == "pending" for one in found)
        return [gr.skip() if fresh == shown else fresh, gr.Timer(active=changing)]

    async def _remove(self, shown: str, event: gr.EventData) -> list[Any]:
        try:
            await self._gateway.delete(event.id)
        except gateways.Refused as refusal:
            return [listings.failure(str(refusal)), *await self._listed("")]
        return ["", *await self._listed(shown)]

    async def _send(self, files: Sequence[str] | None, password: str) -> AsyncGenerator[Any, None]:
        if not files:
            yield [listings.failure("Choose a file first."), *[gr.skip()] * 5]
            return
        paths = [Path(file) for file in files]
        rows = [listings.Sending(path.name) for path in paths]
        idle, busy = gr.update(interactive=True), gr.update(interactive=False)
        yield [listings.uploads(rows), gr.update(value=None), gr.skip(), busy, gr.skip(), gr.skip()]
        for number, path in enumerate(paths):
            async with contextlib.aclosing(self._one(path, password)) as states:
                async for rows[number] in states:
                    yield [listings.uploads(rows), *[gr.skip()] * 5]
            yield [listings.uploads(rows), *[gr.skip()] * 3, *await self._listed("")]
        yield [listings.uploads(rows), gr.skip(), "", idle, *await self._listed("")]

    async def _one(self, path: Path, password: str) -> AsyncGenerator[listings.Sending, None]:
        """Send one file and follow it until it is searchable. The copy that the browser left here goes at once."""
        row = listings.Sending(path.name, "reading")
        yield row
        try:
            document = await self._gateway.upload(path, password)
            if document.status == "processing" and document.task:
                async with contextlib.aclosing(self._gateway.progress(document.task.id)) as tasks:
                    async for task in tasks:
                        yield replace(row, stage=task.stage, progress=task.progress)
                document = await self._gateway.document(document.id)
            if document.status == "failed":
                raise gateways.Refused(document.error or "It could not be read.")
            yield replace(row, document=document)
        except gateways.Refused as refusal:
            yield replace(row, failure=str(refusal))
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
