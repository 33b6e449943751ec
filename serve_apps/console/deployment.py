"""The console's Serve application: no replica until somebody opens the page, then one, and none again when all left."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from actors import settings
from serve_apps.console import apps

EXAMPLES = Path(__file__).parents[2] / "examples" / "questions.json"
IDLE_S = 600.0
"""Seconds after the last open page until the replica ends."""
PAGES = 200
"""Requests at once; every open page holds one."""


def build(chosen: settings.Settings) -> Application:
    """Build the application from settings."""
    host = "127.0.0.1" if chosen.http.host in ("0.0.0.0", "::") else chosen.http.host
    url, limit, questions = f"http://{host}:{chosen.http.port}", chosen.documents.upload_bytes, examples(EXAMPLES)

    def replica() -> FastAPI:
        return apps.build(url, questions, limit)

    deployment = serve.deployment(
        name="Console",
        max_ongoing_requests=PAGES,
        ray_actor_options={
            "num_cpus": 0.1,
            "runtime_env": {
                "env_vars": {
                    "GRADIO_ANALYTICS_ENABLED": "False",
                    "GRADIO_TEMP_DIR": str(chosen.home / "console"),
                    "HF_HUB_OFFLINE": "1",
                }
            },
        },
        # One at most: Gradio keeps its queue and its sessions in the process.
        autoscaling_config={
            "min_replicas": 0,
            "initial_replicas": 0,
            "max_replicas": 1,
            "target_ongoing_requests": PAGES,
            "downscale_delay_s": IDLE_S,
            "downscale_to_zero_delay_s": IDLE_S,
        },
    )(serve.ingress(replica)())
    application: Application = deployment.bind()
    return application


def examples(path: Path) -> dict[str, str]:
    """Return example questions and the documents that answer them; none where the examples were not installed."""
    if not path.exists():
        return {}
    return {entry["question"]: entry["document"] for entry in json.loads(path.read_text())}
