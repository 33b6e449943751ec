"""POST /v1/chat/completions: the main job, in OpenAI's words."""

from __future__ import annotations

import time
import uuid
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from actors import messages
from serve_apps.gateway import answers, chunks, dependencies, failures, questions, streams
from serve_apps.gateway.schemas import chats, events, problems

router = APIRouter(tags=["chat"])

_ANSWER: dict[str, Any] = events.described(
    "The answer; with `stream` as server-sent events, ended by `data: [DONE]`.",
    chats.ChatChunk,
    'id: 0\ndata: {"id":"gen_0b7c","object":"chat.completion.chunk","created":1764000000,"model":"consilium",'
    '"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],'
    '"consilium":{"generation_id":"gen_0b7c"}}\n\ndata: [DONE]\n\n',
) | {
    "headers": {
        "X-Cache": {
            "description": "Which tier answered: L1, L2, L3, MISS or BYPASS.",
            "schema": {"type": "string"},
        }
    },
}


@router.post(
    "/v1/chat/completions",
    response_model=chats.ChatCompletion,
    summary="Ask, and get a cited answer",
    responses={200: _ANSWER, **problems.documented(400, 404, 409, 413, 415, 429, 500, 503, 504)},
)
async def complete(
    request: Request,
    body: chats.ChatRequest,
    cast: dependencies.Cast,
    meter: dependencies.Meter,
    request_id: dependencies.RequestId,
) -> Response:
    """Answer from the library. Every sentence of the answer points at the passage it stands on."""
    began = time.perf_counter()
    question = questions.asked(body, cast.settings.http, f"gen_{uuid.uuid4().hex}", time.time())
    answering = cast.assistant.answer(question)
    started = await answers.begun(answering)
    if body.stream:
        frames = answers.timed(
            answers.live(started, answering, request_id),
            lambda: meter.first_token(started.model, time.perf_counter() - began),
        )
        return streams.EventStream(frames, {"X-Cache": started.cache})
    request.state.question = question  # to be remembered: asked again in the same bytes it is answered at once
    answer = await answers.gathered(started, answering)
    if not isinstance(answer.end, messages.Done):
        raise failures.failed(answer.end)
    return Response(
        failures.encoded(completion(answer.started, answer.text, answer.end)),
        media_type="application/json",
        headers={"X-Cache": answer.end.receipt.cache, "Cache-Control": "private, no-store"},
    )


def completion(started: messages.Started, text: str, done: messages.Done) -> dict[str, object]:
    """Return the body of a whole answer."""
    return {
        "id": started.generation_id,
        "object": "chat.completion",
        "created": int(started.created),
        "model": started.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": chunks.usage(done.receipt),
        "consilium": chunks.evidence(started.generation_id, done),
    }
