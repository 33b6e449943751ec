"""What kind of thing a question asks for, and where a sentence holds one that the question did not bring itself.

Patterns for English (Li & Roth 2002, the coarse classes that a pattern can find).
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Literal

from actors.models import words

Kind = Literal["date", "number", "person", "place", "reason", "method", "truth", "other"]

_WHICH = r"(?:what|which|whose)\s+(?:\w+\s+)?"
_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(rf"\bwhen\b|\b{_WHICH}(?:years?|dates?|days?|decades?|century|months?|period|era|time)\b", re.I),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|far|old|tall|large|big|high|fast|often|deep|wide|heavy|hot|cold)\b"
            rf"|\b{_WHICH}(?:percent|percentage|number|amount|population|share|fraction|rate|temperature|distance|length"
            r"|height|size|area|age|cost|price|weight|voltage|speed)\b",
            re.I,
        ),
    ),
    ("person", re.compile(r"\bwho(?:m|se|['’]s)?\b", re.I)),
    (
        "place",
        re.compile(
            rf"\bwhere\b|\b{_WHICH}(?:city|country|state|river|place|region|location|county|town|island|continent|nation)\b",
            re.I,
        ),
    ),
    ("reason", re.compile(r"\bwhy\b", re.I)),
    (
        "method",
        re.compile(
            r"\bhow (?:do|does|can|could|should|must|may|to)\b|\bsteps\b"
            r"|\bwhat (?:do|can|should|must) (?:i|we|you) do\b",
            re.I,
        ),
    ),
    (
        "truth",
        re.compile(
            r"\s*(?:is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|has|have|had|will|would)\b",
            re.I,
        ),
    ),
)

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_NUMERAL = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|thirty|forty|fifty|sixty"
    "|hundred|thousand|million|billion|dozen|half|third|quarter|once|twice|first|second|several"
)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w'’.-]+(?:\s+(?:(?:of|the|de|von|van|and)\s+)?[A-Z][\w'’-]+)*")
_HOLDS: dict[Kind, re.Pattern[str]] = {
    "date": re.compile(
        rf"\b(?:1\d{{3}}|20\d{{2}})s?\b|\b(?:{_MONTH})\b|\b\d+(?:st|nd|rd|th)[\s-]centur"
        r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\bcentury\b|\b(?:AD|BC|BCE|CE)\b"
    ),
    "number": re.compile(rf"\d(?:[\d.,]*\d)?|\b(?:{_NUMERAL})\b", re.I),
    "person": _NAME,
    "place": _NAME,
    "reason": re.compile(
        r"\b(?:because|due to|since|in order to|so that|therefore|as a result|cause[sd]?|reasons?)\b", re.I
    ),
}


def asked(question: str) -> Kind:
    """Return the kind of thing the question asks for; `truth` is yes or no."""
    for kind, pattern in _ASKS:
        if pattern.match(question) if kind == "truth" else pattern.search(question):
            return kind
    return "other"


def findable(kind: Kind) -> bool:
    """Say whether `holds` knows such a thing when it sees it."""
    return kind in _HOLDS


def holds(sentence: str, kind: Kind, known: Set[str]) -> bool:
    """Say whether a sentence holds such a thing beyond the words (stems) that the question already has."""
    pattern = _HOLDS.get(kind)
    if pattern is None:
        return False
    for match in pattern.finditer(sentence):
        if kind == "reason" or not known >= set(words.stems([match.group()])[0]):
            return True
    return False
