"""A conversation as the console remembers it: values and how a chunk changes them. Knows no HTML and no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from serve_apps.console import shapes

REMEMBERED = 6
"""Exchanges that are sent along with a new question."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer, as far as it has come."""

    question: str
    text: str = ""
    citations: tuple[shapes.Citation, ...] = ()
    receipt: shapes.Receipt | None = None
    abstained: bool = False
    failure: str = ""
    """Why the answer ends here, in words for the reader."""
    finished: bool = False

    def heard(self, chunk: shapes.Chunk) -> Exchange:
        """Return the exchange with one more chunk in it. Citations come one by one, then all once more."""
        text = self.text + "".join(choice.delta.content or "" for choice in chunk.choices)
        extra = chunk.consilium
        if extra is None:
            return replace(self, text=text)
        known = {citation.index: citation for citation in (*self.citations, *extra.citations)}
        return replace(
            self,
            text=text,
            citations=tuple(known[index] for index in sorted(known)),
            receipt=extra.receipt or self.receipt,
            abstained=extra.abstained or self.abstained,
        )

    def ended(self, failure: str = "") -> Exchange:
        """Return the exchange as over."""
        return replace(self, finished=True, failure=failure)


def messages(past: Sequence[Exchange], question: str) -> list[dict[str, str]]:
    """Return the turns to send: what was said lately, then the question."""
    turns: list[dict[str, str]] = []
    for exchange in past[-REMEMBERED:]:
        if exchange.text:
            turns.append({"role": "user", "content": exchange.question})
            turns.append({"role": "assistant", "content": exchange.text})
    return [*turns, {"role": "user", "content": question}]
