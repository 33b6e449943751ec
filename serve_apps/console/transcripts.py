"""A conversation as HTML. Pure. Everything that came from outside is escaped or rendered without its own HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from urllib import parse

from markdown_it import MarkdownIt

from serve_apps.console import conversations, shapes

QUOTE_CHARS = 220
"""Characters of a quote that the list of sources shows; the page it opens shows all of it."""

_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable(["link", "image", "autolink"])
)
_MARK = re.compile(r"\[(\d+)\]")
_STAGES = ("queue", "perceive", "route", "recall", "reason", "compose")


def conversation(exchanges: Sequence[conversations.Exchange]) -> str:
    """Return the whole conversation, or what to do when there is none yet."""
    if not exchanges:
        return (
            '<div class="empty"><h2>Ask your documents</h2>'
            "<p>Every sentence of an answer points at the page it came from. Click a number to read it.</p></div>"
        )
    talk = "".join(map(_exchange, exchanges))
    return f'<div class="talk" role="log" aria-live="polite" aria-label="Conversation">{talk}</div>'


def page_link(citation: shapes.Citation) -> str:
    """Return the address of the page that a citation stands on, with its quote marked."""
    document = parse.quote(citation.document_id, safe="")
    quote = parse.urlencode({"quote": citation.quote}) if citation.quote else ""
    return f"/v1/documents/{document}/pages/{citation.page}?{quote}#quote"


def _exchange(exchange: conversations.Exchange) -> str:
    kind = "abstained" if exchange.abstained else "answered"
    state = "whole" if exchange.finished else "coming"
    return (
        f'<section class="exchange"><div class="question"><p>{_lines(exchange.question)}</p></div>'
        f'<article class="answer {kind} {state}">{_body(exchange)}</article></section>'
    )


def _body(exchange: conversations.Exchange) -> str:
    parts = []
    if exchange.abstained:
        parts.append('<p class="label">Not found in your documents</p>')
    if exchange.text:
        parts.append(f'<div class="text">{_answer(exchange.text, exchange.citations)}</div>')
    elif not exchange.finished:
        parts.append('<p class="waiting">Reading<span class="dots" aria-hidden="true"></span></p>')
    if exchange.failure:
        parts.append(f'<p class="failure" role="alert">{_lines(exchange.failure)}</p>')
    if exchange.finished:
        parts += [_sources(exchange.citations), _receipt(exchange.receipt)]
    return "".join(parts)


def _answer(text: str, citations: Sequence[shapes.Citation]) -> str:
    """Render the answer's Markdown, then make each `[n]` that is a citation a link."""
    known = {citation.index: citation for citation in citations}

    def link(mark: re.Match[str]) -> str:
        citation = known.get(int(mark[1]))
        if citation is None:
            return mark[0]
        where = html.escape(f"{citation.name}, page {citation.page}", quote=True)
        return (
            f'<a class="cite" href="{html.escape(page_link(citation), quote=True)}" target="_blank" rel="noopener" '
            f'title="{where}" aria-label="Source {citation.index}: {where}">{citation.index}</a>'
        )

    return _MARK.sub(link, str(_MARKDOWN.render(text)))


def _sources(citations: Sequence[shapes.Citation]) -> str:
    if not citations:
        return ""
    return f'<ol class="sources" aria-label="Sources">{"".join(map(_source, citations))}</ol>'


def _source(citation: shapes.Citation) -> str:
    quote = " ".join(citation.quote.split())
    short = quote if len(quote) <= QUOTE_CHARS else quote[:QUOTE_CHARS].rsplit(" ", 1)[0] + " …"
    return (
        f'<li value="{citation.index}"><a href="{html.escape(page_link(citation), quote=True)}" target="_blank" '
        f'rel="noopener">{html.escape(citation.name)} · page {citation.page}</a><q>{html.escape(short)}</q></li>'
    )


def _receipt(receipt: shapes.Receipt | None) -> str:
    if receipt is None:
        return ""
    stages = [(stage, getattr(receipt, f"{stage}_ms")) for stage in _STAGES]
    whole = max(receipt.total_ms, 0.1)
    rows = "".join(
        f'<tr><th scope="row">{stage}</th><td>{spent:.1f} ms</td>'
        f'<td><meter max="{whole:.1f}" value="{spent:.1f}" aria-label="{stage}"></meter></td></tr>'
        for stage, spent in stages
        if spent
    )
    table = f"<table><tbody>{rows}</tbody></table>" if rows else ""  # a kept answer went through no stage
    facts = [
        f"engine {receipt.engine}" if receipt.engine else "",
        f"cache {receipt.cache}" if receipt.cache else "",
        f"{receipt.prompt_tokens} + {receipt.completion_tokens} tokens",
        f"{receipt.cost_usd:.4f} USD",
    ]
    return (
        f'<details class="receipt"><summary>Receipt · {receipt.total_ms:.0f} ms</summary>'
        f"{table}<p>{html.escape(' · '.join(filter(None, facts)))}</p></details>"
    )


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
