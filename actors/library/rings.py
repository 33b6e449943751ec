"""Who holds which document: rendezvous hashing (Thaler & Ravishankar 1998). Knows names only.

Every node scores every key; the highest score wins. A node that comes or goes moves only the keys it wins or loses,
1/n of all on average, and needs no table that could be lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def owner(key: str, nodes: Sequence[str]) -> str:
    """Return the node that holds `key`; the order of `nodes` does not matter. Raises ValueError without nodes."""
    return max(nodes, key=lambda node: (_score(key, node), node))


def _score(key: str, node: str) -> int:
    # The length keeps ("ab", "c") and ("a", "bc") apart.
    text = f"{len(node)}:{node}{key}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
