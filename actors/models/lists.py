"""Puts the items of a list together again, for questions that one item cannot answer: "How do I …", "What is in …"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from actors import messages
from actors.models import units

LONGEST = 1200
"""Characters above which a list is too long to quote whole."""

_MARK = re.compile(r"(?:[-*+•]|(\d{1,3})[.)])\s")


def whole(passage: messages.Evidence, cut: Sequence[units.Unit]) -> list[units.Unit]:
    """Return a unit for each list of two or more items, with the sentence before it if that ends in a colon."""
    found = []
    for run, lead in _runs(passage.text, cut):
        parts = [*([lead] if lead else []), *run]
        shown = _shown(passage.text, parts)
        if len(shown) <= LONGEST and _items(passage.text, run) > 1:
            span = messages.Span(parts[0].span.start, parts[-1].span.end)
            windows = sorted({window for part in parts for window in part.windows} | _touching(passage, run[0].title))
            found.append(units.Unit(span, tuple(windows), shown, "list" if lead else "steps", run[0].title))
    return found


def _runs(text: str, cut: Sequence[units.Unit]) -> Iterator[tuple[list[units.Unit], units.Unit | None]]:
    """Yield items that follow each other with nothing between, and what leads them in."""
    run: list[units.Unit] = []
    lead: units.Unit | None = None
    for before, unit in zip([None, *cut], [*cut, None], strict=True):
        follows = before is not None and unit is not None and not text[before.span.end : unit.span.start].strip()
        if run and (unit is None or unit.kind != "item" or not follows):
            yield run, lead
            run = []
        if unit is not None and unit.kind == "item":
            if not run:
                lead = before if follows and before and before.kind == "text" and before.text.endswith(":") else None
            run.append(unit)


def _items(text: str, run: Sequence[units.Unit]) -> int:
    return sum(_MARK.match(text, unit.span.start) is not None for unit in run)


def _shown(text: str, parts: Sequence[units.Unit]) -> str:
    """Return the items in a row, numbered as they were; a full stop or a semicolon between them."""
    shown = ""
    for part in parts:
        mark = _MARK.match(text, part.span.start) if part.kind == "item" else None
        number = f"{mark[1]}. " if mark and mark[1] else ""
        gap = "" if not shown else " " if shown[-1] in ".!?:;…" or not mark else "; "
        shown += f"{gap}{number}{part.text}"
    return shown


def _touching(passage: messages.Evidence, span: messages.Span) -> set[int]:
    return {
        number for number, window in enumerate(passage.sentences) if window.start < span.end and window.end > span.start
    }
