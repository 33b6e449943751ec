"""The tab in which questions are asked. Wires components to the gateway; what they show is made in `transcripts`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import gradio as gr

from serve_apps.console import conversations, gateways, transcripts

FLUSH_S = 0.04
"""Least seconds between two paintings of a growing answer."""
SHOWN = 4
"""Most example questions."""

Exchanges = list[conversations.Exchange]


class Chat:
    """The tab's components and what happens in them."""

    def __init__(self, gateway: gateways.Gateway, questions: Mapping[str, str]) -> None:
        """`questions` maps example questions to the name of the document that answers them."""
        self._gateway = gateway
        self._questions = questions
        self._past = gr.State([])
        self._transcript = gr.HTML(
            transcripts.conversation([]),
            elem_id="transcript",
            max_height="100%",  # type: ignore[arg-type]  # CSS units; makes it the element that scrolls
            autoscroll=True,
            apply_default_css=False,
        )
        with gr.Row(elem_id="examples"):
            self._examples = [gr.Button(visible=False, size="sm", elem_classes="example") for _ in range(SHOWN)]
        self._question = gr.Textbox(
            label="Your question",
            show_label=False,
            placeholder="Ask about your documents …",
            max_lines=6,
            autofocus=True,
            submit_btn="Ask",
            elem_id="question",
            container=False,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=True),
        )

    def wire(self, page: gr.Blocks) -> None:
        """Connect the components; called once, inside the page."""
        shown = [self._transcript, self._past, self._question, *self._examples]
        asked = self._question.submit(self._ask, [self._question, self._past], shown, show_progress="hidden")
        clicks = [
            button.click(self._ask, [button, self._past], shown, show_progress="hidden") for button in self._examples
        ]
        self._question.stop(
            self._stopped,
            self._past,
            [self._transcript, self._past, self._question],
            cancels=[asked, *clicks],
            queue=False,
        )
        page.load(self._offer, None, self._examples, show_progress="hidden")

    async def _ask(self, question: str, past: Exchanges) -> AsyncGenerator[Any, None]:
        if not question.strip():
            yield [gr.skip()] * (3 + SHOWN)
            return
        exchange = conversations.Exchange(question.strip())
        hidden = [gr.update(visible=False)] * SHOWN
        yield self._painted(past, exchange, gr.update(value="", submit_btn=False, stop_btn="Stop"), hidden)
        kept = [gr.skip()] * SHOWN
        painted = 0.0
        try:
            chunks = self._gateway.ask(conversations.messages(past, exchange.question))
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    exchange = exchange.heard(chunk)
                    if time.monotonic() - painted >= FLUSH_S:
                        yield self._painted(past, exchange, gr.skip(), kept)
                        painted = time.monotonic()
            exchange = exchange.ended()
        except gateways.Refused as refusal:
            exchange = exchange.ended(str(refusal))
        yield self._painted(past, exchange, gr.update(submit_btn="Ask", stop_btn=False), kept)

    def _painted(
        self, past: Exchanges, exchange: conversations.Exchange, question: Any, examples: list[Any]
    ) -> list[Any]:
        exchanges = [*past, exchange]
        return [transcripts.conversation(exchanges), exchanges, question, *examples]

    def _stopped(self, past: Exchanges) -> list[Any]:
        exchanges = [*past[:-1], past[-1].ended("Stopped.")] if past and not past[-1].finished else past
        return [transcripts.conversation(exchanges), exchanges, gr.update(submit_btn="Ask", stop_btn=False)]

    async def _offer(self) -> list[Any]:
        """Offer the questions whose documents are in the library."""
        try:
            names = {document.name for document in await self._gateway.documents() if document.status == "ready"}
        except gateways.Refused:
            names = set()
        offered = [question for question, name in self._questions.items() if name in names][:SHOWN]
        blank = [gr.update(visible=False)] * (SHOWN - len(offered))
        return [gr.update(value=question, visible=True) for question in offered] + blank
