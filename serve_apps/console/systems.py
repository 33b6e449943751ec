"""The tab that says what is ready and what is not. Wires components to the gateway."""

from __future__ import annotations

import gradio as gr

from serve_apps.console import gateways, listings


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
        try:
            ready = listings.readiness(await self._gateway.readiness())
            engines = listings.capabilities(await self._gateway.capabilities())
        except gateways.Refused as refusal:
            return [listings.failure(str(refusal)), ""]
        return [ready, engines]
