"""The tab that says what is ready and what is not. Wires components to the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import gradio as gr

from serve_apps.console import gateways, listings

T = TypeVar("T")


class System:
    """The tab's components and what happens in them."""

    def __init__(self, gateway: gateways.Gateway) -> None:
        self._gateway = gateway
        self._readiness = gr.HTML(elem_id="readiness", apply_default_css=False)
        self._capabilities = gr.HTML(elem_id="capabilities", apply_default_css=False)
        self._again = gr.Button("Look again", size="sm", elem_id="again")

    def wire(self, tab: gr.Tab) -> None:
        """Connect the components; called once, inside the page."""
        for event in (tab.select, self._again.click):
            event(self._look, None, [self._readiness, self._capabilities], show_progress="hidden")

    async def _look(self) -> list[str]:
        """Ask both at once; one that fails says so in its own place."""
        readiness, engines = await asyncio.gather(
            self._gateway.readiness(), self._gateway.capabilities(), return_exceptions=True
        )
        return [_shown(readiness, listings.readiness), _shown(engines, listings.capabilities)]


def _shown(answer: T | BaseException, render: Callable[[T], str]) -> str:
    if isinstance(answer, gateways.Refused):
        return listings.failure(str(answer))
    if isinstance(answer, BaseException):
        raise answer
    return render(answer)
