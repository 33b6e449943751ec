"""Documents, uploads and engines as HTML. Pure: the clock is an argument."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib import parse

from serve_apps.console import shapes

_STAGES = {
    "reading": "reading",
    "embedding": "making it searchable",
    "indexing": "adding to the index",
    "layout": "reading the layout",
    "done": "done",
}
_UNITS = ("B", "kB", "MB", "GB")


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way into the library."""

    name: str
    stage: str = "waiting"
    progress: float | None = None
    """Share done in [0, 1]; None while it cannot be known."""
    document: shapes.Document | None = None
    """What became of it."""
    failure: str = ""


# ── uploads ──────────────────────────────────────────────────────────────────────────────────────


def uploads(files: Sequence[Sending]) -> str:
    """Return one row for each file that was chosen."""
    if not files:
        return ""
    rows = "".join(map(_upload, files))
    return f'<ul class="uploads" aria-live="polite" aria-label="Uploads">{rows}</ul>'


def _upload(file: Sending) -> str:
    name = f'<span class="name">{html.escape(file.name)}</span>'
    if file.failure:
        return f'<li class="bad">{name}<span class="state" role="alert">{html.escape(file.failure)}</span></li>'
    if file.document:
        said = f"{_count(file.document.pages, 'page')}, {_count(file.document.chunks, 'passage')}"
        return f'<li class="good">{name}<span class="state">ready · {said}</span></li>'
    share = "" if file.progress is None else f' value="{file.progress:.3f}"'
    stage = html.escape(_STAGES.get(file.stage, file.stage))
    percent = "" if file.progress is None else f" · {file.progress:.0%}"
    bar = f'<progress max="1"{share} aria-label="{html.escape(file.name, quote=True)}"></progress>'
    return f'<li>{name}{bar}<span class="state">{stage}{percent}</span></li>'


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def documents(listed: Sequence[shapes.Document], now: datetime) -> str:
    """Return the list of documents; `now` has the timezone in which times are shown."""
    if not listed:
        return '<p class="empty">The library is empty. Add a file above.</p>'
    heads = ("Document", "Status", "Pages", "Passages", "Version", "Layout", "Size", "Added", "")
    header = "".join(f'<th scope="col">{head or "<span class=sr>Actions</span>"}</th>' for head in heads)
    rows = "".join(_document(document, now) for document in listed)
    caption = f'<caption class="sr">{_count(len(listed), "document")}</caption>'
    return f'<table class="documents">{caption}<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>'


def _document(document: shapes.Document, now: datetime) -> str:
    name, base = html.escape(document.name), f"/v1/documents/{parse.quote(document.id, safe='')}"
    readable = document.status == "ready"
    title = (
        f'<a href="{base}/pages/1" target="_blank" rel="noopener">{name}</a>' if readable else f"<span>{name}</span>"
    )
    fault = f'<small class="fault">{html.escape(document.error)}</small>' if document.error else ""
    cells = (
        ("Status", f'<span class="pill {document.status}">{document.status}</span>'),
        ("Pages", f"{document.pages}"),
        ("Passages", f"{document.chunks}"),
        ("Version", f"{document.version}"),
        ("Layout", {"none": "–", "pending": "in work", "done": "done"}[document.layout]),
        ("Size", size(document.size)),
        ("Added", when(document.created_at, now)),
    )
    row = "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in cells)
    read = f'<a href="{base}/content" target="_blank" rel="noopener" aria-label="Read {name} as Markdown">Markdown</a>'
    original = (
        f'<a href="{base}/file" target="_blank" rel="noopener" aria-label="Open the original of {name}">Original</a>'
    )
    key = html.escape(document.id, quote=True)
    delete = f'<button type="button" data-ask aria-label="Delete {name}">Delete</button>'
    confirm = (
        '<span class="confirm" hidden>Delete every trace? '
        f'<button type="button" class="danger" data-delete="{key}" aria-label="Delete {name} for good">Delete</button> '
        '<button type="button" data-keep>Keep</button></span>'
    )
    actions = f'<span class="choices">{read if readable else ""}{original}{delete}</span>{confirm}'
    return (
        f'<tr data-document="{key}" data-name="{name}"><th scope="row">{title}{fault}</th>{row}'
        f'<td class="actions">{actions}</td></tr>'
    )


def size(count: int) -> str:
    """Return bytes as a person reads them: `73.7 kB`."""
    value = float(count)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("the last unit takes every size")


def when(moment: float, now: datetime) -> str:
    """Return a time as a person says it, with the exact one behind it."""
    then = datetime.fromtimestamp(moment, now.tzinfo)
    ago = now - then
    if ago < timedelta(minutes=1):
        said = "just now"
    elif ago < timedelta(hours=1):
        said = f"{_count(int(ago.total_seconds() // 60), 'minute')} ago"
    elif then.date() == now.date():
        said = f"today, {then:%H:%M}"
    else:
        said = f"{then.day} {then:%b %Y}"
    return f'<time datetime="{then.isoformat(timespec="seconds")}" title="{then:%Y-%m-%d %H:%M}">{said}</time>'


# ── engines ──────────────────────────────────────────────────────────────────────────────────────


def readiness(state: shapes.Readiness) -> str:
    """Return whether a question would be answered, part by part."""
    ready = bool(state.parts) and all(state.parts.values())
    head = "Ready: questions are answered." if ready else "Not ready: a part that questions need does not answer."
    parts = "".join(_state(name, answers) for name, answers in sorted(state.parts.items()))
    return f'<p class="verdict {"good" if ready else "bad"}">{head}</p><ul class="parts">{parts}</ul>'


def capabilities(engines: Sequence[shapes.Capability]) -> str:
    """Return every engine, those that are ready first, and the remedy for those that are not."""
    ordered = sorted(engines, key=lambda engine: (not engine.ready, engine.name))
    return f'<ul class="engines" aria-label="Capabilities">{"".join(map(_engine, ordered))}</ul>'


def failure(message: str) -> str:
    """Return why there is nothing to show."""
    return f'<p class="failure" role="alert">{html.escape(message)}</p>'


def _engine(engine: shapes.Capability) -> str:
    kind, said = ("good", "ready") if engine.ready else ("bad", "not ready")
    remedy = f'<p class="remedy">{html.escape(engine.remedy)}</p>' if engine.remedy and not engine.ready else ""
    detail = f"<p>{html.escape(engine.detail)}</p>" if engine.detail else ""
    return (
        f'<li class="{kind}" data-name="{html.escape(engine.name, quote=True)}"><h3>{html.escape(engine.name)}'
        f'<span class="pill {kind}">{said}</span></h3><p class="engine">{html.escape(engine.engine)}</p>'
        f"{detail}{remedy}</li>"
    )


def _state(name: str, answers: bool) -> str:
    kind, said = ("good", "answers") if answers else ("bad", "does not answer")
    return f'<li class="{kind}"><strong>{html.escape(name)}</strong> {said}</li>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
