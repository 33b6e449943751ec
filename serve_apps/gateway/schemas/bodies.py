"""How strict a body is: what comes in is checked hard, what goes out is only described."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Label = str | int | float | bool | None
"""A value of a document's metadata."""

Metadata = dict[Annotated[str, Field(max_length=200)], Label]
"""What a caller knows of a document."""

Wanted = dict[Annotated[str, Field(max_length=200)], Label | list[Label]]
"""Conditions on metadata: equality on every key, a list means any of."""


class Request(BaseModel):
    """A JSON body. Unknown fields are refused, so that a typo never passes silently."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Answer(BaseModel):
    """A JSON answer, made from our own messages."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Listed(Answer):
    """A page of a list."""

    object: Literal["list"] = "list"
    next: str | None = None
    """Cursor of the next page; null on the last."""
