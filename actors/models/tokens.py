"""Text in the units a model counts in. Knows tokenizers, not the models behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from actors import messages


class Tokens(Protocol):
    """Counts and places tokens, without those a model adds around a text."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        ...

    def spans(self, text: str) -> list[messages.Span]:
        """Return where each token stands in the text, in order; they never overlap."""
        ...


class Subwords:
    """A tokenizer file (WordPiece, BPE, …) with neither padding nor truncation."""

    def __init__(self, file: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        return [len(one.ids) for one in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def spans(self, text: str) -> list[messages.Span]:
        """Return where each token stands. Tokens that share a character (byte pieces of it) keep one span."""
        found: list[messages.Span] = []
        for start, end in self._tokenizer.encode(text, add_special_tokens=False).offsets:
            at = max(start, found[-1].end) if found else start
            if end > at:
                found.append(messages.Span(at, end))
        return found


class Words:
    """Runs of letters and digits, and every other mark by itself: what a model without a vocabulary sees."""

    _PATTERN = re.compile(r"\w+|[^\w\s]")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        return [len(self._PATTERN.findall(text)) for text in texts]

    def spans(self, text: str) -> list[messages.Span]:
        """Return where each token stands."""
        return [messages.Span(*match.span()) for match in self._PATTERN.finditer(text)]
