"""Reaches the assistant's replicas from the gateway. Knows what a dying replica means to a listener."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ray import exceptions, serve
from ray.serve import exceptions as serve_exceptions

from actors import errors, messages

APP = "assistant"
DEPLOYMENT = "Assistant"
TRIES = 2
"""A question whose replica dies before its first event goes to another one."""


class ServedAssistant:
    """`Assistant` over a streaming deployment handle."""

    async def answer(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Yield the events as the replica makes them. Raises Overloaded and Unavailable before the first."""
        for left in reversed(range(TRIES)):
            begun = False
            try:
                async for events in self._stream(question):
                    begun = True
                    for event in events:
                        yield event
                return
            except exceptions.RayActorError as error:
                if begun:
                    yield messages.Failed("The process that made this answer is gone; ask again.", "interrupted")
                    return
                if not left:
                    raise errors.Unavailable("The assistant is restarting.", "assistant_down") from error
            except serve_exceptions.BackPressureError as error:
                raise errors.Overloaded("Too many questions at once.", "assistant_busy") from error

    async def ping(self) -> None:
        """Return when a replica answers."""
        handle: Any = serve.get_deployment_handle(DEPLOYMENT, APP)
        await handle.ping.remote()

    def _stream(self, question: messages.Question) -> AsyncIterator[tuple[messages.Event, ...]]:
        handle: Any = serve.get_deployment_handle(DEPLOYMENT, APP).options(stream=True)
        events: AsyncIterator[tuple[messages.Event, ...]] = handle.answer.remote(question)
        return events
