"""One page of a document as a web page to read: what a citation opens. Self-contained; loads nothing from anywhere."""

from __future__ import annotations

import html
from urllib import parse

from actors import messages
from serve_apps.gateway import quotes

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --dim: #667085; --line: #d9dee8; --paper: #fff; --mark: #ffe58a }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9f0; --dim: #98a2b3; --line: #343b4a; --paper: #14171f; --mark: #6b5a12 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif }
header { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--line);
  padding: .7rem 1.2rem; display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline }
header h1 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
header p { margin: 0; color: var(--dim) }
header nav { margin-left: auto; display: flex; gap: 1rem }
main { max-width: 48rem; margin: 0 auto; padding: 1.2rem; overflow-wrap: anywhere }
a { color: #3563e9 } @media (prefers-color-scheme: dark) { a { color: #8fb0ff } }
mark { background: var(--mark); color: inherit; border-radius: 2px; scroll-margin-top: 5rem }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--line); border-radius: 6px }
.note { border-left: 3px solid var(--line); padding-left: .8rem; color: var(--dim) }
"""


def html_page(document: messages.Document, page: messages.Page, quote: str) -> str:
    """Return the page as HTML, the quote marked in it where it stands."""
    body, found = quotes.rendered(page.markdown, quote)
    if found:
        body = body.replace("<mark>", '<mark id="quote">', 1)
    missing = "<p class=note>The quoted text is not on this page as it reads now.</p>" if quote and not found else ""
    where = f"Page {page.number} of {document.pages}"
    label = f" · {html.escape(page.label)}" if page.label else ""
    name = html.escape(document.name)
    return (
        f'<!doctype html><html lang="und"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name} · {where}</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{name}</h1><p>{where}{label}</p><nav>{_links(document, page.number)}</nav></header>"
        f"<main>{missing}{body}</main></body></html>"
    )


def _links(document: messages.Document, number: int) -> str:
    base = f"/v1/documents/{parse.quote(document.id, safe='')}"
    links = []
    if number > 1:
        links.append(f'<a rel="prev" href="{base}/pages/{number - 1}">← Previous</a>')
    if number < document.pages:
        links.append(f'<a rel="next" href="{base}/pages/{number + 1}">Next →</a>')
    anchor = f"#page={number}" if document.media_type == "application/pdf" else ""
    links.append(f'<a href="{base}/file{anchor}">Original</a>')
    return "".join(links)
