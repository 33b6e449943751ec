"""What an entry is found under: its kind, whose it is, and everything that decides its value. Knows no store.

Tenant and user are part of the digest, not a filter over it: a key that forgets whose it is cannot be made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from actors import messages

T = TypeVar("T")

Plain = str | int | float | bool | bytes | None
"""What inputs are made of, with lists, tuples and dicts of it."""


class Owner(NamedTuple):
    """Whose an entry is."""

    tenant: str
    user: str
    """Empty: all users of the tenant share it."""


SHARED = Owner(messages.TENANT, "")
"""The one tenant there is until callers have names."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[T]):
    """A sort of value, and how it becomes bytes and back. `unpack` raises ValueError on what it does not know."""

    name: str
    pack: Callable[[T], bytes]
    unpack: Callable[[bytes], T]
    weigh: Callable[[T], int]
    """Bytes of a value in memory, roughly."""
    version: int = 1
    """Grows when the bytes change their meaning; entries of another version are other entries."""


class Key(NamedTuple, Generic[T]):
    """Finds one entry in every tier."""

    kind: Kind[T]
    digest: str
    """40 hex digits over kind, owner and inputs."""


def of(kind: Kind[T], owner: Owner, *inputs: Any) -> Key[T]:
    """Return the key of a value that `inputs` decide. Equal inputs give equal keys, whatever the order of dicts."""
    canonical = json.dumps(
        [kind.name, kind.version, owner, inputs], sort_keys=True, separators=(",", ":"), default=_plain
    )
    return Key(kind, hashlib.sha256(canonical.encode()).hexdigest()[:40])


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    raise TypeError(f"{type(value).__name__} has no canonical form; give what decides it")
