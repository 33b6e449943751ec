"""The seams of the assistant: who answers, and who remembers an answer while it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from actors import messages


class Assistant(Protocol):
    """Answers questions."""

    def answer(self, question: messages.Question) -> AsyncIterator[messages.Event]:
        """Yield Started at once, then tokens, then Done or Failed. Never raises once Started was yielded."""
        ...


class Journal(Protocol):
    """Remembers the events of generations for a while, so that a broken stream can be taken up again."""

    async def append(self, generation_id: str, events: tuple[messages.Event, ...]) -> None:
        """Add events in order. Losing the journal must not lose the answer: never raises for its own trouble."""
        ...

    def replay(self, generation_id: str, after: int) -> AsyncIterator[messages.Event]:
        """Yield events with sequence number > after (0-based; -1 for all), following until Done or Failed.

        Raises NotFound when the generation is unknown or forgotten.
        """
        ...

    async def cancel(self, generation_id: str) -> None:
        """Ask whoever owns the generation to stop. Raises NotFound when it is unknown."""
        ...


class Cancellations(Protocol):
    """Knows which generations somebody asked to stop."""

    async def cancelled(self, generation_id: str) -> None:
        """Return once the generation is to stop; for most that is never."""
        ...
