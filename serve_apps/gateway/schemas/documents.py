"""Documents, their pages, and the work that goes on for them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from serve_apps.gateway.schemas import bodies

_TASK: dict[str, Any] = {
    "id": "task_9c1d",
    "object": "task",
    "kind": "index",
    "document_id": "doc_3f2a",
    "status": "running",
    "stage": "embedding",
    "progress": 0.4,
    "error": None,
    "created_at": 1764000000.0,
    "updated_at": 1764000001.5,
}
_DOCUMENT: dict[str, Any] = {
    "id": "doc_3f2a",
    "object": "document",
    "name": "pump-manual.pdf",
    "media_type": "application/pdf",
    "size": 182044,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "status": "ready",
    "error": None,
    "pages": 24,
    "chunks": 96,
    "version": 1,
    "layout": "pending",
    "metadata": {"department": "service"},
    "created_at": 1764000000.0,
    "updated_at": 1764000002.0,
    "task": None,
}


class Task(bodies.Answer):
    """Work that goes on after its request was answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TASK]})

    id: str
    object: Literal["task"] = "task"
    kind: Literal["index", "layout"]
    document_id: str
    status: Literal["queued", "running", "succeeded", "failed"]
    stage: str
    """`reading`, `embedding`, `indexing`, `layout` or `done`."""
    progress: float
    """Share done, in [0, 1]."""
    error: str | None = None
    created_at: float
    """Unix seconds."""
    updated_at: float


class Document(bodies.Answer):
    """What the library says of one document. `ready` means searchable; `layout` may still be `pending`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DOCUMENT]})

    id: str
    object: Literal["document"] = "document"
    name: str
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    status: Literal["processing", "ready", "failed"]
    error: str | None = None
    pages: int
    chunks: int
    version: int
    """One more for each replacement that became ready."""
    layout: Literal["none", "pending", "done"]
    metadata: dict[str, Any]
    created_at: float
    """Unix seconds."""
    updated_at: float
    task: Task | None = None
    """The work going on for it, where the answer is about that work."""


class Documents(bodies.Listed):
    """A page of the list, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"object": "list", "data": [_DOCUMENT], "next": None}]})

    data: list[Document]


class Deleted(bodies.Answer):
    """Every trace of it is gone."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "doc_3f2a", "object": "document.deleted", "deleted": True}]}
    )

    id: str
    object: Literal["document.deleted"] = "document.deleted"
    deleted: Literal[True] = True


class Page(bodies.Answer):
    """One page as Markdown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "page",
                    "document_id": "doc_3f2a",
                    "number": 12,
                    "label": "",
                    "markdown": "## Warranty\n\nThe pump is covered for 24 months from delivery.",
                    "pages": 24,
                }
            ]
        }
    )

    object: Literal["page"] = "page"
    document_id: str
    number: int
    """1-based."""
    label: str
    """What a person would call it: a sheet's or chapter's name."""
    markdown: str
    pages: int
    """Pages in the document."""


UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The file, with its name."},
                        "password": {"type": "string", "description": "Opens an encrypted file. Never stored."},
                        "metadata": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "description": "A JSON object of plain values, to filter by.",
                            "example": '{"department": "service"}',
                        },
                    },
                }
            }
        },
    }
}
"""The form, which is read as it streams and so is not known to FastAPI."""
