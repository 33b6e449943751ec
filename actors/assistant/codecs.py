"""Events as JSON and back, tagged with their type. Holds no pickle: what is read may have been written by anybody."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from actors import messages


def encode(event: messages.Event) -> bytes:
    """`["Token", {"text": "…"}]`, in ASCII on one line."""
    return json.dumps([type(event).__name__, event], separators=(",", ":"), default=_fields).encode()


def _fields(value: Any) -> dict[str, Any]:
    """Return what a dataclass holds, one level deep: the encoder comes back for the rest. `asdict` copies it all."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def decode(line: bytes) -> messages.Event:
    """Raise ValueError when the line is not an event that this release knows."""
    try:
        tag, fields = json.loads(line)
        return _BUILDERS[tag](fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error


def _done(fields: dict[str, Any]) -> messages.Done:
    receipt, plan = fields["receipt"], fields["receipt"]["plan"]
    lineage = fields.get("lineage")
    restored = {"plan": plan and messages.Plan(**plan), "specialists": tuple(receipt["specialists"])}
    return messages.Done(
        **fields
        | {
            "citations": tuple(messages.Citation(**each) for each in fields["citations"]),
            "receipt": messages.Receipt(**receipt | restored),
            "lineage": lineage and messages.Lineage(tuple(lineage["tags"]), lineage["stamp"]),
        }
    )


_BUILDERS: dict[str, Callable[[dict[str, Any]], messages.Event]] = {
    "Started": lambda fields: messages.Started(**fields),
    "Token": lambda fields: messages.Token(**fields),
    "Citation": lambda fields: messages.Citation(**fields),
    "Done": _done,
    "Failed": lambda fields: messages.Failed(**fields),
}
