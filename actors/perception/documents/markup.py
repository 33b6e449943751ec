"""HTML to Markdown blocks. Keeps headings, lists, tables, code and quotes; drops scripts, styles and hidden parts.

Nothing is fetched: links and images are only their text.
"""

from __future__ import annotations

import re

from lxml import etree, html

from actors import messages
from actors.perception.documents import archives, encodings, hygiene, kinds, sources, tables

_DROPPED = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math-annotation", "head", "nav",
    "button", "select", "option", "input", "textarea", "canvas", "audio", "video", "map", "dialog", "link", "meta",
    "base",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table", "ul",
})  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_BREAKS = re.compile(r"(?<! ) *+\n *+\n\s*")
_TEXT_SHARE = 0.4
"""Share of a page's text that `main` or `article` must hold to stand for the page."""


def read(source: sources.Source) -> messages.Parsed:
    """Read a web page; its main part when it marks one."""
    root = document(source.data, source.media_type)
    title = hygiene.line(root.findtext(".//title") or "")
    pages = sources.Pages(source.limits)
    pages.add(blocks(_main(root)))
    return pages.parsed(kinds.HTML.media_type, title)


def document(data: bytes, declared: str = "") -> archives.Element:
    """Return the root of an HTML text. libxml2 mends what is broken; its depth limit (256) stays on."""
    stated = _META_CHARSET.search(data[:4096])
    text = hygiene.clean(encodings.decode(data, declared or (stated[1].decode("ascii", "replace") if stated else "")))
    # A stated encoding would make lxml refuse text that is decoded already.
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(text or "<html></html>", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as broken:
        raise sources.malformed("it holds no HTML that can be read") from broken


def blocks(element: archives.Element) -> str:
    """Return an element's contents as Markdown."""
    return "\n\n".join(_Writer().walk(element))


def _main(root: archives.Element) -> archives.Element:
    whole = len(root.text_content()) if isinstance(root, html.HtmlElement) else 0
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = root.findall(path)
        if len(found) == 1 and len("".join(found[0].itertext())) > whole * _TEXT_SHARE:
            return found[0]
    return root


class _Writer:
    """Walks a tree and gathers blocks; inline text collects until a block begins or ends."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._inline: list[str] = []

    def walk(self, element: archives.Element) -> list[str]:
        self._children(element)
        self._flush()
        return self._blocks

    def _children(self, element: archives.Element) -> None:
        self._inline.append(_SPACE.sub(" ", element.text or ""))
        for child in element:
            self._element(child)
            self._inline.append(_SPACE.sub(" ", child.tail or ""))

    def _element(self, element: archives.Element) -> None:
        tag = archives.local(element).lower()
        if not tag or tag in _DROPPED or _hidden(element):
            return
        if tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(element.get("alt") or "")
        elif tag not in _BLOCKS:
            self._children(element)
        else:
            self._flush()
            self._block(tag, element)
            self._flush()

    def _block(self, tag: str, element: archives.Element) -> None:
        if tag in _HEADINGS:
            text = hygiene.line(" ".join(_Writer().walk(element)))
            if text:
                self._blocks.append("#" * _HEADINGS[tag] + " " + text)
        elif tag in {"ul", "ol"}:
            lines = _list(element, tag == "ol")
            if lines:
                self._blocks.append("\n".join(lines))
        elif tag == "table":
            self._table(element)
        elif tag == "pre":
            code = "".join(element.itertext()).strip("\n")
            if code.strip():
                self._blocks.append(f"```\n{code}\n```")
        elif tag == "blockquote":
            self._blocks.extend("> " + part.replace("\n", "\n> ") for part in _Writer().walk(element))
        elif tag == "dd":
            self._blocks.extend("- " + part.replace("\n", "\n  ") for part in _Writer().walk(element))
        else:
            self._children(element)

    def _table(self, table: archives.Element) -> None:
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
        caption = table.find("caption")
        if caption is not None:
            self._blocks.extend(_Writer().walk(caption))
        widest = max((len([cell for cell in row if cell.tag in {"td", "th"}]) for row in rows), default=0)
        if widest <= 1 or any(child is not table for child in table.iter("table")):
            for row in rows:  # a table that only lays out the page
                for cell in row:
                    self._blocks.extend(_Writer().walk(cell))
            return
        grid = tables.Grid()
        for row in rows:
            if _hidden(row):
                continue
            grid.row()
            for cell in row:
                if cell.tag in {"td", "th"} and not _hidden(cell):
                    grid.add(" ".join(_Writer().walk(cell)), _span(cell, "colspan"), _span(cell, "rowspan"))
        rendered = tables.markdown(grid.rows())
        if rendered:
            self._blocks.append(rendered)

    def _flush(self) -> None:
        text = _BREAKS.sub("\n\n", "".join(self._inline))
        self._inline.clear()
        for paragraph in text.split("\n\n"):
            lines = [hygiene.line(part) for part in paragraph.split("\n")]
            if any(lines):
                self._blocks.append("\n".join(part for part in lines if part))


def _list(element: archives.Element, numbered: bool) -> list[str]:
    lines: list[str] = []
    number = _span(element, "start") if numbered else 1
    for item in element:
        tag = archives.local(item).lower()
        if _hidden(item) or tag in _DROPPED or not tag:
            continue
        marker = f"{number}. " if numbered else "- "
        parts = [line for part in ([_list(item, tag == "ol")] if tag in {"ul", "ol"} else _item(item)) for line in part]
        if not parts:
            continue
        if tag in {"ul", "ol"}:
            lines.extend("  " + line for line in parts)
            continue
        number += 1
        indent = " " * len(marker)
        lines.append(marker + parts[0])
        lines.extend(indent + line for line in parts[1:])
    return lines


def _item(item: archives.Element) -> list[list[str]]:
    return [part.split("\n") for part in _Writer().walk(item)]


def _hidden(element: archives.Element) -> bool:
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(element.get("style", "")))
    )


def _span(element: archives.Element, name: str) -> int:
    """Return a span within HTML's own limits (1000 across, 65534 down); 1 when it is no number."""
    text = element.get(name, "1").strip()
    return min(max(int(text), 1), 1000) if text.isdecimal() and len(text) < 6 else 1
