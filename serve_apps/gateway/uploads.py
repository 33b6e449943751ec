"""A multipart form, read as it arrives: the file streams into the store, nothing is kept twice or in memory.

RFC 7578, with python-multipart's parser.
"""

from __future__ import annotations

import collections
import contextlib
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

import pydantic
from python_multipart import exceptions, multipart

from actors import errors
from serve_apps.gateway.schemas import bodies

FIELD_BYTES = 64 * 1024
"""Largest field beside the file."""
FORM_BYTES = 2 * FIELD_BYTES + 16 * 1024
"""What a form may weigh beyond its file: two fields, headers and boundaries."""
NAME_CHARS = 255
METADATA_KEYS = 64

_METADATA = pydantic.TypeAdapter(bodies.Metadata, config=pydantic.ConfigDict(strict=True, allow_inf_nan=False))

Store = Callable[[AsyncIterator[bytes]], Awaitable[tuple[str, str, int]]]
"""Writes a stream and returns (key, SHA-256 in hex, size in bytes)."""
Forget = Callable[[str], Awaitable[None]]
"""Removes what was stored under a key."""


class Part(NamedTuple):
    """A part begins."""

    name: str
    filename: str | None
    media_type: str


class Data(NamedTuple):
    """Bytes of the current part."""

    content: bytes


class End(NamedTuple):
    """The current part is whole."""


Piece = Part | Data | End


@dataclass(slots=True)
class Form:
    """What the form held."""

    name: str = ""
    media_type: str = ""
    key: str = ""
    sha256: str = ""
    size: int = 0
    password: str | None = None
    metadata: bodies.Metadata | None = None


async def received(content_type: str, body: AsyncIterator[bytes], store: Store, forget: Forget) -> Form:
    """Read a whole form. Raises Invalid, TooLarge or Unsupported; the file is then gone from the store again."""
    form = Form()
    try:
        async with contextlib.aclosing(pieces(content_type, body)) as parts:
            async for piece in parts:
                if isinstance(piece, Part):
                    await _take(form, piece, _content(parts), store)
        if not form.key:
            raise errors.Invalid("The form has no part `file`.", "missing_field", "file")
        if form.size == 0:
            raise errors.Unreadable("The file is empty.", "empty_file", "file")
    except BaseException:
        if form.key:
            await forget(form.key)
        raise
    return form


async def pieces(content_type: str, body: AsyncIterator[bytes]) -> AsyncGenerator[Piece, None]:
    """Parse a body as it comes. Raises Invalid where it is no form, Unsupported when it says it is something else."""
    kind, options = multipart.parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise errors.Unsupported("Send the file as multipart/form-data, in a part named `file`.", "unsupported")
    reader = _Reader()
    try:
        parser = multipart.MultipartParser(options.get(b"boundary", b""), reader.callbacks())
        if not parser.boundary.removeprefix(b"\r\n--"):
            raise errors.Invalid("Content-Type names no boundary.", "invalid_form", "file")
        async for chunk in body:
            parser.write(chunk)
            while reader.pieces:
                yield reader.pieces.popleft()
    except exceptions.FormParserError as error:
        raise errors.Invalid(f"The form is malformed: {error}", "invalid_form") from error
    if not reader.whole:
        raise errors.Invalid("The form ends before its last boundary.", "invalid_form")


async def _take(form: Form, part: Part, content: AsyncIterator[bytes], store: Store) -> None:
    match part.name:
        case "file" if form.key:
            raise errors.Invalid("One file at a time: `file` came twice.", "invalid_form", "file")
        case "file":
            if part.filename is None:
                raise errors.Invalid("`file` must be sent as a file, with a filename.", "invalid_form", "file")
            form.name, form.media_type = file_name(part.filename), part.media_type
            form.key, form.sha256, form.size = await store(content)
        case "password":
            form.password = await _text(part.name, content) or None
        case "metadata":
            form.metadata = _metadata(await _text(part.name, content))
        case _:
            raise errors.Invalid(
                f"There is no field {part.name!r} here; there are `file`, `password` and `metadata`.",
                "unknown_field",
                part.name,
            )


def file_name(sent: str) -> str:
    """Return a name to show: no folders, no control characters, at most 255 characters."""
    bare = unicodedata.normalize("NFC", sent.replace("\\", "/").rpartition("/")[2])
    clean = "".join(sign for sign in bare if unicodedata.category(sign)[0] != "C").strip()[-NAME_CHARS:]
    if clean in ("", ".", ".."):
        raise errors.Invalid("The file has no name.", "invalid_form", "file")
    return clean


def _metadata(text: str) -> bodies.Metadata | None:
    if not text.strip():
        return None
    try:
        metadata = _METADATA.validate_json(text)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(step) for step in first["loc"][:1])
        message = f"metadata{f'.{at}' if at else ''}: {first['msg']}. Send a JSON object of plain values."
        raise errors.Invalid(message, "invalid_value", "metadata") from error
    if len(metadata) > METADATA_KEYS:
        raise errors.TooLarge(f"metadata has more than {METADATA_KEYS} keys.", "too_large", "metadata")
    return metadata


async def _text(name: str, content: AsyncIterator[bytes]) -> str:
    held = bytearray()
    async for chunk in content:
        held += chunk
        if len(held) > FIELD_BYTES:
            raise errors.TooLarge(f"{name} is over {FIELD_BYTES} bytes.", "too_large", name)
    try:
        return held.decode()
    except UnicodeDecodeError as error:
        raise errors.Invalid(f"{name} is not UTF-8.", "invalid_value", name) from error


async def _content(parts: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    async for piece in parts:
        if isinstance(piece, End):
            return
        if isinstance(piece, Data):
            yield piece.content


class _Reader:
    """Turns the parser's callbacks into pieces."""

    def __init__(self) -> None:
        self.pieces: collections.deque[Piece] = collections.deque()
        self.whole = False
        self._headers: dict[bytes, bytes] = {}
        self._field = b""
        self._value = b""

    def callbacks(self) -> multipart.MultipartCallbacks:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": lambda: self.pieces.append(End()),
            "on_end": self._on_end,
        }

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_headers(self) -> None:
        kind, options = multipart.parse_options_header(self._headers.get(b"content-disposition", b"").decode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise exceptions.MultipartParseError("a part without a name")
        filename = options.get(b"filename")
        self.pieces.append(
            Part(
                name=options[b"name"].decode("utf-8", "replace"),
                filename=None if filename is None else filename.decode("utf-8", "replace"),
                media_type=self._headers.get(b"content-type", b"").decode("latin-1"),
            )
        )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.pieces.append(Data(data[start:end]))

    def _on_end(self) -> None:
        self.whole = True
