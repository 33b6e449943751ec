"""What a reader is given and what it fills: bytes with limits in, pages within those limits out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from actors import errors, messages
from actors.perception.documents import hygiene


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may become. Plain numbers, so that they cross to a reader process as they are."""

    pages: int
    chars: int
    unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read."""

    data: bytes = field(repr=False)
    name: str
    """A hint only; the bytes decide."""
    limits: Limits
    media_type: str = ""
    """The sender's word; its charset is a hint for text."""
    password: str | None = field(default=None, repr=False)
    nested: Callable[[Source], messages.Parsed] | None = field(default=None, repr=False)
    """Reads a file inside this one; None at the second level, so that nesting ends."""

    @property
    def suffix(self) -> str:
        """The name's last extension in lower case, with its dot, or empty."""
        stem, dot, suffix = self.name.rpartition(".")
        return f".{suffix.lower()}" if dot and stem else ""


class Pages:
    """Collects pages and refuses to grow past the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pages: list[messages.Page] = []
        self._chars = 0

    def __len__(self) -> int:
        return len(self._pages)

    def add(self, markdown: str, label: str = "") -> None:
        """Append a page. Raises TooLarge."""
        self.check(len(self._pages) + 1)
        text = hygiene.tidy(markdown)
        self._chars += len(text)
        if self._chars > self._limits.chars:
            raise errors.TooLarge(
                f"The document holds more than {self._limits.chars:,} characters of text (documents.chars).",
                "too_many_characters",
                "file",
            )
        self._pages.append(messages.Page(len(self._pages) + 1, text, hygiene.line(label)[:200]))

    def check(self, pages: int) -> None:
        """Raise TooLarge when that many pages are too many."""
        if pages > self._limits.pages:
            raise errors.TooLarge(
                f"The document has more than {self._limits.pages:,} pages, slides or sheets (documents.pages).",
                "too_many_pages",
                "file",
            )

    def parsed(
        self,
        media_type: str,
        title: str = "",
        properties: Mapping[str, str] | None = None,
        layout: messages.Layout = "none",
    ) -> messages.Parsed:
        """Return the document. Raises Unreadable when no page holds any text."""
        if not any(page.markdown.strip() for page in self._pages):
            raise errors.Unreadable("The file holds no text.", "empty", "file")
        named = {key: hygiene.line(value)[:500] for key, value in (properties or {}).items() if value.strip()}
        return messages.Parsed(media_type, tuple(self._pages), hygiene.line(title)[:500], named, layout)


def damaged(what: str) -> errors.Unreadable:
    """Return the error for a file whose container is broken."""
    return errors.Unreadable(f"The file is damaged: {what}.", "damaged", "file")


def malformed(what: str) -> errors.Unreadable:
    """Return the error for a whole container with contents that its format forbids."""
    return errors.Unreadable(f"The file is malformed: {what}.", "malformed", "file")
