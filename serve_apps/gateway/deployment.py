"""The gateway as Serve's ingress. Knows how its replica gets a cast; the application itself knows nothing of Ray."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from actors import cluster, knobs, settings
from serve_apps.assistant import adapters
from serve_apps.gateway import apps, scrapes

APP = "gateway"


def build(chosen: settings.Settings, numbers: knobs.Knobs, embeddings: Any) -> Application:
    """Build the application; each replica makes its own FastAPI and its own connections."""

    def replica() -> FastAPI:
        assistant = adapters.ServedAssistant()
        cast = cluster.connect(chosen, numbers, embeddings, assistant, {"assistant": assistant.ping})
        return apps.build(lambda: cast, scrapes.RayMeters(), scrapes.exposition, chosen.cache, says_id=False)

    deployment = serve.deployment(
        name="Gateway",
        max_ongoing_requests=1024,
        ray_actor_options={"num_cpus": 0.2},
    )(serve.ingress(replica)())
    application: Application = deployment.bind()
    return application
