"""What Ray and Serve must find in the environment before they are imported. Pure; reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from actors import settings

RUN_MARK = "CONSILIUM_RUN"
"""Every process of one run carries this variable, so that all of them can be found and ended."""

REPLICA_PORTS = 200
"""Ports kept for Serve's replicas, from the first one on."""

RAY_DID_NOT_START = 3
"""Exit status of `up` that asks for everything to be taken down and tried again."""


def ray(chosen: settings.Settings, scratch: Path, ports: Mapping[str, int], run: str) -> dict[str, str]:
    """Return the variables for one run.

    `scratch` is at most 28 characters long: HAProxy takes 97 for its admin socket, and Serve puts 68 behind ours.
    `ports` names free TCP ports.
    """
    return {
        RUN_MARK: run,
        # A token, always: Ray's control port listens on every interface.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_path(chosen)),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(scratch / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(scratch / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(scratch),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(scratch / "state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(ports["haproxy_metrics"]),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(ports["haproxy_stats"]),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(ports["fallback_http"]),
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(ports["fallback_grpc"]),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(ports["replicas"]),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(ports["replicas"] + REPLICA_PORTS),
        # HAProxy wants about 2 × maxconn + 10 000 descriptors.
        "RAY_SERVE_HAPROXY_MAXCONN": "4096",
        "RAY_SERVE_HAPROXY_NBTHREAD": "2",
        # A WebSocket or a long stream outlives any change of replicas by this much.
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "3600",
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
    }


def token_path(chosen: settings.Settings) -> Path:
    """Where the token lies that `ray status` and the dashboard ask for."""
    return chosen.home / "ray-token"
