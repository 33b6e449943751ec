"""/v1/tasks: how far the work behind an answer is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from serve_apps.gateway import dependencies, etags, library, streams
from serve_apps.gateway.schemas import documents, events, problems

router = APIRouter(tags=["library"])

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", examples=["task_9c1d"])]

_PROGRESS = events.described(
    "The task, whenever it changed, then `data: [DONE]`.",
    documents.Task,
    'id: 0\ndata: {"id":"task_9c1d","object":"task","kind":"index","document_id":"doc_3f2a","status":"running",'
    '"stage":"embedding","progress":0.4,"error":null,"created_at":1764000000.0,"updated_at":1764000001.5}\n\n'
    "data: [DONE]\n\n",
)


@router.get(
    "/v1/tasks/{task_id}",
    response_model=documents.Task,
    summary="One task",
    responses=problems.UNCHANGED | problems.documented(400, 404, 500, 503),
)
async def one(request: Request, task_id: Id, cast: dependencies.Cast) -> Response:
    """Return stage and share done."""
    return etags.answer(request, library.shown_task(await cast.tasks.task(task_id)))


@router.get(
    "/v1/tasks/{task_id}/events",
    response_class=Response,
    summary="Watch a task",
    responses={200: _PROGRESS, **problems.documented(400, 404, 500, 503)},
)
async def follow(task_id: Id, cast: dependencies.Cast, request_id: dependencies.RequestId) -> Response:
    """Send the task at once and whenever it changes, until it is over."""
    task = await cast.tasks.task(task_id)
    return streams.EventStream(library.progress(cast, task, request_id))
