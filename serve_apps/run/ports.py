"""TCP ports: which are taken, and which are free for what nobody chose by hand."""

from __future__ import annotations

import contextlib
import random
import socket

from serve_apps.run import environments

INTERNAL = ("haproxy_metrics", "haproxy_stats", "fallback_http", "fallback_grpc")


def taken(host: str, port: int) -> bool:
    """Whether somebody already listens on the port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def internal(rng: random.Random) -> dict[str, int]:
    """Choose free ports for the inner parts, so that two installations fit on one machine."""
    chosen: dict[str, int] = {}
    with contextlib.ExitStack() as held:
        for name in INTERNAL:
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            probe.bind(("", 0))
            chosen[name] = probe.getsockname()[1]
    for _ in range(50):
        base = rng.randrange(23_000, 31_000, environments.REPLICA_PORTS)
        if not any(taken("127.0.0.1", base + offset) for offset in range(8)):
            chosen["replicas"] = base
            return chosen
    raise OSError("no free range of ports between 23000 and 31000")
