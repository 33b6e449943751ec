"""The embedding deployment: one model in memory, calls of all callers in one forward pass."""

from __future__ import annotations

from ray import serve
from ray.serve import Application

from actors import settings
from actors.models import embeddings, engines
from serve_apps.perception import adapters

APP = adapters.APP


class EmbeddingsDeployment:
    """Holds the engine. Interactive texts are batched with whatever else waits; long lists go their own lane."""

    def __init__(self, chosen: settings.Settings) -> None:
        self._engine = engines.load(chosen.embeddings, chosen.home / "models").embeddings

    # No time-out: while one pass runs the next batch gathers by itself, and a lone question never waits for company.
    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.0)
    async def single(self, texts: list[str]) -> list[embeddings.Vectors]:
        """Embed one text per call. Returns (dimensions,) each."""
        return list(await self._engine.embed(texts))

    async def many(self, texts: list[str]) -> embeddings.Vectors:
        """Embed a list. Returns (texts, dimensions)."""
        return await self._engine.embed(texts)


def build(chosen: settings.Settings) -> Application:
    """Build the application from settings."""
    deployment = serve.deployment(
        name=adapters.DEPLOYMENT, max_ongoing_requests=256, ray_actor_options={"num_cpus": 0.2}
    )(EmbeddingsDeployment)
    application: Application = deployment.bind(chosen)
    return application


def reach(chosen: settings.Settings) -> adapters.ServedEmbeddings:
    """Return what any process uses to call the deployment."""
    name, dimensions = engines.identity(chosen.embeddings.engine)
    return adapters.ServedEmbeddings(name, dimensions)
