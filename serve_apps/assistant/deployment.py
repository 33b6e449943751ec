"""The assistant's replicas: each runs pipelines and owns the generations it started."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ray import serve
from ray.serve import Application

from actors import cluster, knobs, messages, settings
from serve_apps.assistant import adapters

APP = adapters.APP


class AssistantDeployment:
    """A plain class until Serve takes it."""

    def __init__(self, chosen: settings.Settings, numbers: knobs.Knobs, embeddings: Any) -> None:
        self._generations = cluster.assistant(chosen, numbers, embeddings)

    async def answer(self, question: messages.Question) -> AsyncIterator[tuple[messages.Event, ...]]:
        """Yield the events of one generation, several at a time when they are made faster than they travel."""
        async for events in self._generations.batches(question):
            yield events

    async def ping(self) -> None:
        """Answer that somebody is there."""


def build(chosen: settings.Settings, numbers: knobs.Knobs, embeddings: Any) -> Application:
    """Build the application from settings."""
    options = chosen.assistant
    deployment = serve.deployment(
        name=adapters.DEPLOYMENT,
        max_ongoing_requests=options.ongoing,
        max_queued_requests=options.queued,
        ray_actor_options={"num_cpus": 0.2},
        autoscaling_config={
            "min_replicas": options.replicas,
            "max_replicas": options.max_replicas,
            "target_ongoing_requests": max(1, options.ongoing // 2),
        },
    )(AssistantDeployment)
    application: Application = deployment.bind(chosen, numbers, embeddings)
    return application
