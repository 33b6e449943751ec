"""Events of a generation as server-sent OpenAI chunks. Pure: the same events are the same bytes, live or replayed.

Every event is written with its sequence number as `id:`, which is what `Last-Event-ID` brings back.
SSE: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import dataclasses
from typing import Any

from actors import errors, messages
from serve_apps.gateway import failures

END = b"data: [DONE]\n\n"
"""Closes every stream. It has no id: it is no event."""


def encoded(sequence: int, event: messages.Event, started: messages.Started, request_id: str) -> bytes:
    """Return the bytes of one event; `started` is the generation's first event."""
    match event:
        case messages.Started():
            delta = {"role": "assistant", "content": ""}
            return _chunk(sequence, started, delta, consilium={"generation_id": started.generation_id})
        case messages.Token():
            return _chunk(sequence, started, {"content": event.text})
        case messages.Citation():
            cited = {"generation_id": started.generation_id, "citations": [dataclasses.asdict(event)]}
            return _chunk(sequence, started, {}, consilium=cited)
        case messages.Done():
            last = _chunk(sequence, started, {}, "stop", evidence(started.generation_id, event))
            return last + _usage(sequence, started, event.receipt) if started.usage else last
        case messages.Failed():
            return broken(sequence, failures.failed(event), request_id)


def broken(sequence: int, error: errors.ConsiliumError, request_id: str) -> bytes:
    """Return the event that ends a stream which cannot go on."""
    body = failures.problem(failures.status_of(error), error.message, error.code, error.param, request_id)
    return _frame(sequence, body, "event: error\n")


def evidence(generation_id: str, done: messages.Done) -> dict[str, Any]:
    """Return the `consilium` object of a whole answer."""
    return {
        "generation_id": generation_id,
        "citations": [dataclasses.asdict(citation) for citation in done.citations],
        "abstained": done.abstained,
        "confidence": done.confidence,
        "receipt": dataclasses.asdict(done.receipt),
    }


def usage(receipt: messages.Receipt) -> dict[str, int]:
    """Return OpenAI's `usage` object."""
    return {
        "prompt_tokens": receipt.prompt_tokens,
        "completion_tokens": receipt.completion_tokens,
        "total_tokens": receipt.prompt_tokens + receipt.completion_tokens,
    }


def _chunk(
    sequence: int,
    started: messages.Started,
    delta: dict[str, str],
    finish_reason: str | None = None,
    consilium: dict[str, Any] | None = None,
) -> bytes:
    body = _head(started)
    body["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    if started.usage:
        body["usage"] = None
    if consilium is not None:
        body["consilium"] = consilium
    return _frame(sequence, body)


def _usage(sequence: int, started: messages.Started, receipt: messages.Receipt) -> bytes:
    return _frame(sequence, _head(started) | {"choices": [], "usage": usage(receipt)})


def _head(started: messages.Started) -> dict[str, Any]:
    return {
        "id": started.generation_id,
        "object": "chat.completion.chunk",
        "created": int(started.created),
        "model": started.model,
    }


def _frame(sequence: int, body: dict[str, Any], kind: str = "") -> bytes:
    return f"id: {sequence}\n{kind}data: ".encode() + failures.encoded(body) + b"\n\n"
