"""A passage read: what can be quoted from it, in words, and what stands around each. Knows no question."""

from __future__ import annotations

from dataclasses import dataclass

from actors import messages
from actors.models import lists, units, words


@dataclass(frozen=True, slots=True)
class Text:
    """One unit and its words."""

    unit: units.Unit
    order: tuple[str, ...]
    """Stems as they follow each other."""
    stems: frozenset[str]
    surroundings: frozenset[str]
    """Stems of the document's name, the headings above it and, unless it is a whole list, the units beside it."""


def read(passage: messages.Evidence) -> list[Text]:
    """Return the units of a passage in order, then its whole lists."""
    cut = units.units(passage)
    gathered = lists.whole(passage, cut)
    titles = {unit.title: passage.text[unit.title.start : unit.title.end] for unit in cut}
    above = " ".join((passage.name, *passage.heading))
    heading, *rest = words.stems([above, *titles.values(), *(unit.text for unit in (*cut, *gathered))])
    around = {title: frozenset((*heading, *rest[at])) for at, title in enumerate(titles)}
    spoken = rest[len(titles) :]
    stems = list(map(frozenset, spoken))
    texts = []
    for at, unit in enumerate((*cut, *gathered)):
        beside = (stems[near] for near in (at - 1, at + 1) if at < len(cut) and 0 <= near < len(cut))
        texts.append(Text(unit, spoken[at], stems[at], around[unit.title].union(*beside)))
    return texts
