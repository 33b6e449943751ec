"""Reaches the assistant's replicas from the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ray import serve

from actors import messages

APP = "assistant"
DEPLOYMENT = "Assistant"


class ServedAssistant:
    """`Assistant` over a streaming deployment handle."""

    async def answer(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Yield the events as the replica makes them."""
        handle = serve.get_deployment_handle(DEPLOYMENT, APP).options(stream=True)
        async for event in handle.answer.remote(question):
            yield event
