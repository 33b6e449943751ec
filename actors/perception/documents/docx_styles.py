"""What Word's styles and numbering say of a paragraph: heading, list item, quote. Knows no text."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from actors.perception.documents import archives, ooxml

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_LIST = re.compile(r"list (bullet|number)(?: (\d))?", re.IGNORECASE)
_DEPTH = 10
"""Longest chain of styles that is followed."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph is."""

    heading: int = 0
    """Level 1 to 6; 0 is no heading."""
    is_title: bool = False
    is_quote: bool = False
    page_break_before: bool = False
    list_id: str = ""
    list_level: int = 0
    list_style: str = ""
    """`bullet` or `number` when the style's name says so."""


class Styles:
    """Looks up styles once each, and counts numbered lists."""

    def __init__(self, styles: archives.Element | None, numbering: archives.Element | None) -> None:
        self._elements = {e.get(_W + "styleId", ""): e for e in (styles if styles is not None else ())}
        self._known: dict[str, Style] = {}
        self._formats = _formats(numbering)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        default = next((k for k, e in self._elements.items() if e.get(_W + "default") == "1"), "")
        self._default = self._named(default)

    def of(self, paragraph: archives.Element) -> Style:
        """Return what the paragraph is, by its style and its own properties."""
        properties = paragraph.find(_W + "pPr")
        if properties is None:
            return self._default
        name = properties.find(_W + "pStyle")
        base = self._named(name.get(_W + "val", "")) if name is not None else self._default
        return _with_properties(base, properties)

    def marker(self, style: Style, paragraph: archives.Element) -> tuple[str, str] | None:
        """Return indent and marker of a list item (`  `, `2. `), counting it; None for what is no item."""
        if style.heading or (not style.list_style and style.list_id in {"", "0"}):
            return None
        level = min(style.list_level, 8)
        form = self._formats.get((style.list_id, level), "decimal" if style.list_style == "number" else "bullet")
        if form == "none":
            return None
        if form == "bullet":
            return "  " * level, "- "
        counts = self._counts[style.list_id or style.list_style]
        counts[level] = counts.get(level, 0) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return "   " * level, f"{counts[level]}. "

    def _named(self, identity: str, depth: int = 0) -> Style:
        if identity in self._known:
            return self._known[identity]
        element = self._elements.get(identity)
        if element is None:
            # Word names built-in styles in English whatever its language; a missing sheet leaves the id to go by.
            return _by_name(Style(), identity.replace("Heading", "heading "))
        parent = element.find(_W + "basedOn")
        base = self._named(parent.get(_W + "val", ""), depth + 1) if parent is not None and depth < _DEPTH else Style()
        label = element.find(_W + "name")
        style = _by_name(base, label.get(_W + "val", "") if label is not None else identity)
        properties = element.find(_W + "pPr")
        if properties is not None:
            style = _with_properties(style, properties)
        self._known[identity] = style
        return style


def _by_name(base: Style, name: str) -> Style:
    lowered = name.lower()
    heading, listed = _HEADING.fullmatch(lowered), _LIST.match(lowered)
    if heading:
        return replace(base, heading=min(int(heading[1]), 6))
    if lowered in {"title", "subtitle"}:
        return replace(base, heading=1, is_title=lowered == "title")
    if "quote" in lowered:
        return replace(base, is_quote=True)
    if listed:
        return replace(base, list_style=listed[1].lower(), list_level=int(listed[2] or 1) - 1)
    return base


def _with_properties(style: Style, properties: archives.Element) -> Style:
    outline = properties.find(_W + "outlineLvl")
    if outline is not None and not style.heading:
        level = ooxml.integer(outline.get(_W + "val"), 9)
        style = replace(style, heading=level + 1 if level < 6 else 0)
    if properties.find(_W + "pageBreakBefore") is not None:
        style = replace(style, page_break_before=True)
    numbering = properties.find(_W + "numPr")
    if numbering is not None:
        identity, level_element = numbering.find(_W + "numId"), numbering.find(_W + "ilvl")
        if identity is not None:
            style = replace(style, list_id=identity.get(_W + "val", ""), list_style="")
        if level_element is not None:
            style = replace(style, list_level=ooxml.integer(level_element.get(_W + "val"), 0))
    return style


def _formats(numbering: archives.Element | None) -> dict[tuple[str, int], str]:
    """Return the number format by list id and level."""
    if numbering is None:
        return {}
    abstract: dict[str, dict[int, str]] = {}
    for element in numbering.iter(_W + "abstractNum"):
        levels = {}
        for level in element.iter(_W + "lvl"):
            form = level.find(_W + "numFmt")
            levels[ooxml.integer(level.get(_W + "ilvl"), 0)] = (
                form.get(_W + "val", "decimal") if form is not None else "decimal"
            )
        abstract[element.get(_W + "abstractNumId", "")] = levels
    found: dict[tuple[str, int], str] = {}
    for element in numbering.iter(_W + "num"):
        link = element.find(_W + "abstractNumId")
        for level, form in abstract.get(link.get(_W + "val", "") if link is not None else "", {}).items():
            found[element.get(_W + "numId", ""), level] = form
    return found
