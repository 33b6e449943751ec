"""Finds a quote in rendered Markdown and marks it. Compares letters and digits only, so layout cannot hide a quote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_BLOCKS = ("fence", "code_block")
_TEXTS = ("text", "code_inline")


def parser() -> MarkdownIt:
    """Return a Markdown reader that lets no HTML through."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def rendered(markdown: str, quote: str) -> tuple[str, bool]:
    """Return the HTML of a page and whether the quote was found and marked in it."""
    reader = parser()
    tokens = reader.parse(markdown)
    leaves = list(_leaves(tokens))
    signs, places = _signs([leaf.content for leaf in leaves])
    wanted, _ = _signs([leaf.content for leaf in _leaves(reader.parse(quote))])
    start = signs.find(wanted) if wanted else -1
    if start >= 0:
        _mark(leaves, places[start], places[start + len(wanted) - 1])
    return str(reader.renderer.render(_unfolded(tokens), reader.options, {})), start >= 0


def _leaves(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield every token that shows text, in reading order."""
    for token in tokens:
        if token.children:
            yield from _leaves(token.children)
        elif token.type in _TEXTS or token.type in _BLOCKS:
            yield token


def _signs(texts: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return all letters and digits, case-folded, and for each (text, offset) where it stands."""
    signs: list[str] = []
    places: list[tuple[int, int]] = []
    for number, text in enumerate(texts):
        for offset, sign in enumerate(text):
            if sign.isalnum():
                for folded in sign.casefold():
                    signs.append(folded)
                    places.append((number, offset))
    return "".join(signs), places


def _mark(leaves: Sequence[Token], first: tuple[int, int], last: tuple[int, int]) -> None:
    """Note in each leaf which range of its text is quoted."""
    for number in range(first[0], last[0] + 1):
        leaf = leaves[number]
        start = first[1] if number == first[0] else 0
        end = last[1] + 1 if number == last[0] else len(leaf.content)
        leaf.meta["quoted"] = (start, end)


def _unfolded(tokens: Sequence[Token]) -> list[Token]:
    """Replace marked leaves by what they are before, in and after the quote."""
    unfolded: list[Token] = []
    for token in tokens:
        if token.children:
            token.children = _unfolded(token.children)
        if "quoted" not in token.meta:
            unfolded.append(token)
        elif token.type in _BLOCKS:
            unfolded.append(_raw("<mark>"))
            unfolded.append(token)
            unfolded.append(_raw("</mark>"))
        else:
            start, end = token.meta["quoted"]
            unfolded.append(_piece(token, token.content[:start]))
            unfolded.append(_raw("<mark>"))
            unfolded.append(_piece(token, token.content[start:end]))
            unfolded.append(_raw("</mark>"))
            unfolded.append(_piece(token, token.content[end:]))
    return unfolded


def _piece(token: Token, content: str) -> Token:
    if not content and token.type == "code_inline":
        return Token("text", "", 0)
    return token.copy(content=content, meta={})


def _raw(html: str) -> Token:
    return Token("html_inline", "", 0, content=html)
