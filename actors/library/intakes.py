"""The door of the library. Knows what may come in and what must be gone; not how files are read."""

from __future__ import annotations

from typing import Protocol

from actors import messages


class Intake(Protocol):
    """Takes documents in and gives them up."""

    async def accept(self, upload: messages.Upload) -> messages.Document:
        """Read, cut and store a file; indexing goes on behind the answer.

        Raises Unsupported, Unreadable, PasswordNeeded, TooLarge, Overloaded or NotFound (a document to replace).
        """
        ...

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        """Wait until the document is ready or failed, or the time is up, and return it as it is then."""
        ...

    async def delete(self, document_id: str) -> None:
        """Remove every trace before returning. Raises NotFound."""
        ...
