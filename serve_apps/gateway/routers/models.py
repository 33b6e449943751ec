"""GET /v1/models: which names a request may use."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from actors import cast
from serve_apps.gateway import dependencies, etags, questions
from serve_apps.gateway.schemas import models, problems

router = APIRouter(tags=["models"])

CREATED = 1764000000
"""OpenAI's shape wants a time; ours is that of the first release."""


@router.get(
    "/v1/models",
    response_model=models.Models,
    summary="List models",
    responses=problems.UNCHANGED | problems.documented(500, 503),
)
async def every(request: Request, cast: dependencies.Cast) -> Response:
    """List what chat completions and embeddings take as `model`."""
    return etags.answer(request, models.Models(data=_all(cast)))


@router.get(
    "/v1/models/{model:path}",
    response_model=models.Model,
    summary="One model",
    responses=problems.UNCHANGED | problems.documented(404, 500, 503),
)
async def one(
    request: Request, model: Annotated[str, Path(examples=["consilium"])], cast: dependencies.Cast
) -> Response:
    """Say whether there is such a model."""
    found = next((known for known in _all(cast) if known.id == model), None)
    if found is None:
        raise questions.unknown_model(model)
    return etags.answer(request, found)


def _all(cast: cast.Cast) -> list[models.Model]:
    chat = [models.Model(id=name, created=CREATED, owned_by="consilium", role="chat") for name in questions.MODELS]
    name = cast.embeddings.name
    return [*chat, models.Model(id=name, created=CREATED, owned_by="consilium", role="embeddings")]
