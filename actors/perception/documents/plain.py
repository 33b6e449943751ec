"""Text and Markdown to Markdown. A form feed begins a page; nothing else is guessed."""

from __future__ import annotations

import re

from actors import messages
from actors.perception.documents import encodings, kinds, sources

_ACTIVE = re.compile(r"<(script|style|iframe|object|template)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z][\w -]{0,40}):[ \t]*(\S.*)$", re.MULTILINE)
_SETEXT = re.compile(r"^(?![ \t]*(?:[-+*>|#]|\d+[.)]))(\S[^\n]{0,200})\n(=+|-{2,})[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^# +(\S.*?)[ #]*$", re.MULTILINE)
_FENCED = re.compile(r"(^ {0,3}(?:```|~~~).*?(?:^ {0,3}(?:```|~~~)[ \t]*$|\Z))", re.MULTILINE | re.DOTALL)


def text(source: sources.Source) -> messages.Parsed:
    """Read plain text."""
    pages = sources.Pages(source.limits)
    for page in encodings.decode(source.data, source.media_type).split("\f"):
        pages.add(page)
    return pages.parsed(kinds.TEXT.media_type)


def markdown(source: sources.Source) -> messages.Parsed:
    """Read Markdown: front matter becomes properties, underlined headings become hashed ones, scripts go."""
    body = encodings.decode(source.data, source.media_type).replace("\r\n", "\n").lstrip("\ufeff")
    properties: dict[str, str] = {}
    front = _FRONT_MATTER.match(body)
    if front:
        properties = {key.strip().lower(): value.strip().strip("\"'") for key, value in _FIELD.findall(front[1])}
        body = body[front.end() :]
    body = "".join(part if number % 2 else _prose(part) for number, part in enumerate(_FENCED.split(body)))
    pages = sources.Pages(source.limits)
    for page in body.split("\f"):
        pages.add(page)
    heading = _HEADING.search(body)
    title = properties.pop("title", "") or (heading[1] if heading else "")
    return pages.parsed(kinds.MARKDOWN.media_type, title, properties)


def _prose(part: str) -> str:
    """Return what stands outside fenced code, its headings hashed, scripts and comments gone."""
    part = _COMMENT.sub("", _ACTIVE.sub("", part))
    return _SETEXT.sub(lambda found: ("# " if found[2][0] == "=" else "## ") + found[1], part)
