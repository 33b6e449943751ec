"""An assistant's run that says what the test wrote, and waits where the test wants it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from actors import messages

CITATION = messages.Citation(1, "doc_1", "pump.pdf", 12, "doc_1:1:3", "The pump is covered for 24 months.", 0, 34)
DONE = messages.Done(
    (CITATION,),
    messages.Receipt(recall_ms=1.5, compose_ms=0.5, total_ms=2.0, prompt_tokens=7, completion_tokens=9),
    confidence=0.9,
)
ANSWER = ("The pump is covered ", "for 24 months. [1]")


@dataclass
class Script:
    """Events to play. An `asyncio.Event` among them holds the play until it is set; an exception is raised."""

    events: list[messages.Event | asyncio.Event | BaseException] = field(
        default_factory=lambda: [*map(messages.Token, ANSWER), CITATION, DONE]
    )
    heard: list[messages.Question] = field(default_factory=list)

    async def __call__(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Play it."""
        self.heard.append(question)
        for event in self.events:
            if isinstance(event, asyncio.Event):
                await event.wait()
            elif isinstance(event, BaseException):
                raise event
            else:
                yield event
