"""/v1/generations: take up a broken stream, look at an answer, stop it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from starlette.responses import Response

from actors import errors, messages
from serve_apps.gateway import answers, chunks, dependencies, etags, streams
from serve_apps.gateway.schemas import chats, events, generations, problems

router = APIRouter(tags=["generations"])

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", examples=["gen_0b7c1f8e4d5a4f1c9e2d3a4b5c6d7e8f"])]

_REPLAY = events.described(
    "The chunks, then `data: [DONE]`.",
    chats.ChatChunk,
    'id: 1\ndata: {"id":"gen_0b7c","object":"chat.completion.chunk","created":1764000000,"model":"consilium",'
    '"choices":[{"index":0,"delta":{"content":"The pump "},"finish_reason":null}]}\n\ndata: [DONE]\n\n',
)


@router.get(
    "/v1/generations/{generation_id}",
    response_model=generations.Generation,
    summary="State of an answer",
    responses=problems.UNCHANGED | problems.documented(400, 404, 500, 503),
)
async def state(request: Request, generation_id: Id, cast: dependencies.Cast) -> Response:
    """Return the text so far and, once it is whole, what stands behind it."""
    replay = answers.so_far(cast.journal.replay(generation_id, -1))
    answer = await answers.gathered(await answers.begun(replay), replay)
    shown = generations.Generation(
        id=generation_id,
        status=_status(answer.end),
        model=answer.started.model,
        created=int(answer.started.created),
        events=answer.events,
        content=answer.text,
        error=answer.end.message if isinstance(answer.end, messages.Failed) else None,
        consilium=chats.Evidence.model_validate(chunks.evidence(generation_id, answer.end))
        if isinstance(answer.end, messages.Done)
        else None,
    )
    return etags.answer(request, shown)


@router.get(
    "/v1/generations/{generation_id}/events",
    response_class=Response,
    summary="Replay or follow an answer",
    responses={200: _REPLAY, **problems.documented(400, 404, 500, 503)},
)
async def follow(
    generation_id: Id,
    cast: dependencies.Cast,
    request_id: dependencies.RequestId,
    last_event_id: Annotated[
        str | None, Header(description="The last `id:` seen; what comes after it is sent.")
    ] = None,
) -> Response:
    """Send the same chunks as the answer's own stream, following it while it is made."""
    after = _sequence(last_event_id)
    replay = cast.journal.replay(generation_id, -1)
    started = await answers.begun(replay)
    return streams.EventStream(answers.replayed(started, replay, after, request_id))


@router.delete(
    "/v1/generations/{generation_id}",
    response_model=generations.Cancelled,
    summary="Stop an answer",
    responses=problems.documented(400, 404, 500, 503),
)
async def cancel(generation_id: Id, cast: dependencies.Cast) -> generations.Cancelled:
    """Ask whoever makes the answer to stop. One that is whole already stays as it is."""
    await cast.journal.cancel(generation_id)
    return generations.Cancelled(id=generation_id)


def _status(end: messages.Done | messages.Failed | None) -> Any:
    match end:
        case None:
            return "running"
        case messages.Done():
            return "completed"
        case messages.Failed():
            return "cancelled" if end.code == "cancelled" else "failed"


def _sequence(last_event_id: str | None) -> int:
    if not last_event_id:
        return -1
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise errors.Invalid("Last-Event-ID is the number in an `id:` line.", "invalid_value", "Last-Event-ID")
    return int(last_event_id)
