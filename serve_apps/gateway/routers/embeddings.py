"""POST /v1/embeddings: the library's own vectors, for whoever wants them."""

from __future__ import annotations

import base64

from fastapi import APIRouter
from starlette.responses import Response

from actors import errors, settings
from serve_apps.gateway import dependencies, failures, questions
from serve_apps.gateway.schemas import embeddings, problems

router = APIRouter(tags=["models"])


@router.post(
    "/v1/embeddings",
    response_model=embeddings.EmbeddingsAnswer,
    summary="Turn texts into vectors",
    responses=problems.documented(400, 404, 413, 415, 429, 500, 503),
)
async def embed(body: embeddings.EmbeddingsRequest, cast: dependencies.Cast) -> Response:
    """Return one vector of unit length for each text."""
    model = cast.embeddings
    if body.model != model.name:
        raise questions.unknown_model(body.model)
    if body.dimensions not in (None, model.dimensions):
        message = f"{model.name} has {model.dimensions} dimensions and cannot be cut."
        raise errors.Invalid(message, "unsupported_value", "dimensions")
    texts = _texts(body.input, cast.settings.http)
    vectors = await model.embed(texts)
    tokens = sum(cast.tokens.count(texts))
    rows = [
        base64.b64encode(vector.astype("<f4").tobytes()).decode()
        if body.encoding_format == "base64"
        else vector.tolist()
        for vector in vectors
    ]
    answer = {
        "object": "list",
        "data": [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)],
        "model": model.name,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return Response(failures.encoded(answer), media_type="application/json")


def _texts(sent: str | list[str], limits: settings.Http) -> list[str]:
    texts = [sent] if isinstance(sent, str) else sent
    if not texts:
        raise errors.Invalid("There is no text.", "invalid_value", "input")
    if len(texts) > limits.inputs:
        message = f"There are {len(texts)} texts; the most is {limits.inputs} (http.inputs)."
        raise errors.TooLarge(message, "too_large", "input")
    for index, text in enumerate(texts):
        where = "input" if isinstance(sent, str) else f"input[{index}]"
        if not text:
            raise errors.Invalid("The text is empty.", "invalid_value", where)
        if len(text) > limits.message_chars:
            message = f"The text has {len(text)} characters; the most is {limits.message_chars} (http.message_chars)."
            raise errors.TooLarge(message, "too_large", where)
    return texts
