"""The console's one page: three tabs, each with its own module."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from serve_apps.console import chats, gateways, shelves, systems

HEADER = """
<header class="masthead">
  <h1>Consilium</h1><p>Answers from your own documents, with the page they came from</p>
  <nav aria-label="Elsewhere"><a href="/docs" target="_blank" rel="noopener">API</a></nav>
</header>
"""


def build(gateway: gateways.Gateway, questions: Mapping[str, str]) -> gr.Blocks:
    """Return the page. `questions` maps example questions to the name of the document that answers them."""
    page: gr.Blocks
    with gr.Blocks(title="Consilium", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as page:
        gr.HTML(HEADER, apply_default_css=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat", id="chat"):
                chat = chats.Chat(gateway, questions)
            with gr.Tab("Documents", id="documents") as documents:
                shelf = shelves.Shelf(gateway)
            with gr.Tab("System", id="system") as system:
                engines = systems.System(gateway)
        chat.wire(page)
        shelf.wire(documents)
        engines.wire(system)
    return page
