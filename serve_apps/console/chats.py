"""The tab in which questions are asked. Wires components to the gateway; what they show is made in `transcripts`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar

import gradio as gr

from serve_apps.console import conversations, gateways, transcripts

FLUSH_S = 0.08
"""Least seconds between two paintings of a growing answer."""
SHOWN = 4
"""Most example questions."""

_FOLLOW = """
const box = element.closest('.html-container');
let follow = true, asked = 0;
box.addEventListener('scroll', () => { follow = box.scrollHeight - box.scrollTop - box.clientHeight < 60; });
watch('value', () => {
  const questions = element.querySelectorAll('.exchange').length;
  if (questions !== asked) { asked = questions; follow = true; }
  if (follow) box.scrollTop = box.scrollHeight;
});
"""
"""Keeps the end in sight until the reader scrolls up. Gradio's `autoscroll` loses it when paintings come fast."""

Exchanges = list[conversations.Exchange]
T = TypeVar("T")


class Chat:
    """The tab's components and what happens in them."""

    def __init__(self, gateway: gateways.Gateway, questions: Mapping[str, str]) -> None:
        """`questions` maps example questions to the name of the document that answers them."""
        self._gateway = gateway
        self._questions = questions
        self._stops: dict[str, asyncio.Event] = {}
        """What ends the answer that streams to a session."""
        self._past = gr.State([])
        self._transcript = gr.HTML(
            transcripts.conversation([]),
            elem_id="transcript",
            max_height="100%",  # type: ignore[arg-type]  # CSS units; makes it the element that scrolls
            js_on_load=_FOLLOW,
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
        shown = [self._transcript, self._past, self._question]
        self._question.submit(self._ask, [self._question, self._past], shown, show_progress="hidden")
        for button in self._examples:
            button.click(self._ask, [button, self._past], shown, show_progress="hidden")
        # Not Gradio's `cancels`: paintings that are still on their way would then come after what Stop paints.
        self._question.stop(self._stop, None, None, queue=False)
        page.load(self._offer, None, self._examples, show_progress="hidden")

    async def _ask(self, question: str, past: Exchanges, request: gr.Request) -> AsyncGenerator[Any, None]:
        session = str(request.session_hash)
        if not question.strip() or session in self._stops:  # one answer at a time; what was typed stays
            yield [gr.skip()] * 3
            return
        exchange = conversations.Exchange(question.strip())
        yield self._painted(past, exchange, gr.update(value="", submit_btn=False, stop_btn="Stop"))
        painted = 0.0
        stop = self._stops[session] = asyncio.Event()
        try:
            answer = self._gateway.ask(conversations.messages(past, exchange.question))
            async with contextlib.aclosing(until(stop, answer)) as chunks:
                async for chunk in chunks:
                    exchange = exchange.heard(chunk)
                    if time.monotonic() - painted >= FLUSH_S:
                        yield self._painted(past, exchange, gr.skip())
                        painted = time.monotonic()
            exchange = exchange.ended("Stopped." if stop.is_set() else "")
        except gateways.Refused as refusal:
            exchange = exchange.ended(str(refusal))
        finally:
            self._stops.pop(session, None)
        yield self._painted(past, exchange, gr.update(submit_btn="Ask", stop_btn=False))

    def _painted(self, past: Exchanges, exchange: conversations.Exchange, question: Any) -> list[Any]:
        exchanges = [*past, exchange]
        return [transcripts.conversation(exchanges), exchanges, question]

    def _stop(self, request: gr.Request) -> None:
        stop = self._stops.get(str(request.session_hash))
        if stop:
            stop.set()

    async def _offer(self) -> list[Any]:
        """Offer the questions whose documents are in the library. The style sheet hides them once one was asked."""
        try:
            names = {document.name for document in await self._gateway.documents() if document.status == "ready"}
        except gateways.Refused:
            names = set()
        offered = [question for question, name in self._questions.items() if name in names][:SHOWN]
        blank = [gr.update(visible=False)] * (SHOWN - len(offered))
        return [gr.update(value=question, visible=True) for question in offered] + blank


async def until(stop: asyncio.Event, chunks: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield what comes until `stop` is set, also while nothing comes; the source is closed in either case."""
    stopping = asyncio.create_task(stop.wait())
    try:
        async with contextlib.aclosing(chunks):
            while True:
                coming = asyncio.ensure_future(anext(chunks))
                try:
                    await asyncio.wait((coming, stopping), return_when=asyncio.FIRST_COMPLETED)
                    if stop.is_set():
                        return
                    yield await coming
                except StopAsyncIteration:
                    return
                finally:
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
    finally:
        stopping.cancel()
