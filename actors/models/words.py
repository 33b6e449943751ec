"""Words as an answer looks for them: where they stand, how they are written, and their stems. Knows English.

Other languages pass unstemmed; Chinese and Japanese characters are words of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import tantivy

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+(?:['’][^\W_]+)*")
_STEMMER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)

_EMPTY = """
    a about above after again against all also am an and any are as at be because been before being below between
    both but by can could did do does doing down during each either else ever few for from further had has have having
    he her here hers him his how i if in into is it its itself just may me might more most much must my name no nor not
    of off on once one only or other our out over own same shall she should so some such than that the their them then
    there these they this those through to too under until up upon us very was we were what when where which while who
    whom whose why will with within without would you your
"""
EMPTY = frozenset(_EMPTY.split())
"""Words that carry no topic: stop words, and those that only make a question of a sentence."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text."""

    stem: str
    surface: str
    start: int
    empty: bool
    """Whether it carries no topic."""

    @property
    def named(self) -> bool:
        """Whether it is written as names and numbers are."""
        return self.surface[0].isupper() or any(letter.isdigit() for letter in self.surface)


def words(text: str) -> list[Word]:
    """Return the words of a text in order. Microseconds for a passage: one call of the stemmer for all."""
    found = [(match.group(), match.start()) for match in _WORD.finditer(text)]
    stems = _stems([surface for surface, _ in found])
    return [
        Word(stem, surface, start, surface.lower() in EMPTY)
        for stem, (surface, start) in zip(stems, found, strict=True)
    ]


def _stems(surfaces: Sequence[str]) -> list[str]:
    """Snowball's English stemmer (Porter 2); a possessive is its owner."""
    return _STEMMER.analyze(" ".join(surface.replace("’", "'").removesuffix("'s") for surface in surfaces))
