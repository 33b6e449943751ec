"""Zipped formats and the XML in them, opened without trust. Knows zip and XML; knows no document format."""

from __future__ import annotations

import io
import posixpath
import struct
import urllib.parse
import zipfile
import zlib
from typing import Any

from lxml import etree

from actors import errors
from actors.perception.documents import sources

Element = Any
"""An `lxml.etree._Element`; lxml carries no types."""

MEMBERS = 20_000
"""Most members of an archive; real documents have hundreds."""
RATIO = 1000
"""Most times a member above a mebibyte may grow: deflate's own limit is 1032, reached only by runs of one byte."""
PROLOG_BYTES = 64 * 1024
RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


class Archive:
    """A zip file whose parts are read within a budget."""

    def __init__(self, data: bytes, unpacked_bytes: int) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, struct.error) as broken:
            raise sources.damaged("its zip container cannot be opened") from broken
        members = self._zip.infolist()
        total = sum(member.file_size for member in members)
        if len(members) > MEMBERS or total > unpacked_bytes or any(map(_is_bomb, members)):
            raise errors.TooLarge(
                f"The file unpacks to more than {unpacked_bytes:,} bytes, or is packed like a zip bomb "
                "(documents.unpacked_bytes).",
                "unpacked_too_large",
                "file",
            )
        self._left = unpacked_bytes
        self._members = {member.filename: member for member in members}
        self._folded = {name.lower(): member for name, member in self._members.items()}
        self.encrypted = any(member.flag_bits & 1 for member in members)

    @property
    def names(self) -> list[str]:
        """Names of the members, in the archive's order."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._folded

    def read(self, name: str) -> bytes:
        """Return a part's bytes. Raises Unreadable when it is missing or broken, TooLarge beyond the budget."""
        member = self._members.get(name) or self._folded.get(name.lower())
        if member is None:
            raise sources.malformed(f"its part {name!r} is missing")
        try:
            with self._zip.open(member) as stream:
                # The directory may lie about sizes: read no more than it said, and no more than is left.
                data = stream.read(min(member.file_size, self._left) + 1)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as broken:
            raise sources.damaged(f"its part {name!r} cannot be unpacked") from broken
        self._left -= len(data)
        if self._left < 0 or len(data) > member.file_size:
            raise errors.TooLarge(
                "The file unpacks to more than it says (documents.unpacked_bytes).", "unpacked_too_large", "file"
            )
        return data

    def xml(self, name: str) -> Element:
        """Return a part's root element. Raises Unreadable."""
        return parse(self.read(name), name)

    def optional(self, name: str) -> Element | None:
        """Return a part's root element, or None when there is no such part."""
        return self.xml(name) if name and name in self else None

    def relations(self, part: str) -> dict[str, str]:
        """Return the internal targets of an OOXML part by relation id; external ones are never followed."""
        folder, _, name = part.rpartition("/")
        found: dict[str, str] = {}
        root = self.optional(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
        for relation in root if root is not None else ():
            if isinstance(relation.tag, str) and relation.get("TargetMode") != "External":
                found[relation.get("Id", "")] = resolve(part, relation.get("Target", ""))
        return found


def resolve(part: str, target: str) -> str:
    """Return the member that a relative reference in a part means; it cannot leave the archive."""
    path = urllib.parse.unquote(target.partition("#")[0])
    joined = path if path.startswith("/") else posixpath.join(posixpath.dirname(part), path)
    return posixpath.normpath("/" + joined).lstrip("/")


def parse(data: bytes, name: str) -> Element:
    """Return the root of an XML text. No DTD, no entity, no network, libxml2's own depth limit.

    Raises Unreadable. OOXML forbids DTDs (ECMA-376-2 §8.1.4); the public one of EPUB and ODF is not needed to read.
    """
    prolog = data[:PROLOG_BYTES]
    if b"<!ENTITY" in prolog or "<!ENTITY".encode("utf-16-le") in prolog or "<!ENTITY".encode("utf-16-be") in prolog:
        raise sources.malformed(f"{name!r} declares XML entities")
    # `resolve_entities=False` leaves unexpanded what the look at the prolog may have missed.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise unparsable(broken, name) from broken
    return root


def unparsable(broken: Exception, name: str) -> Exception:
    """Return what a parser's error means: libxml2 reports spent memory as a syntax error."""
    if getattr(broken, "code", 0) == etree.ErrorTypes.ERR_NO_MEMORY:
        return MemoryError(name)
    return sources.malformed(f"{name!r} is not well-formed XML")


def local(element: Element) -> str:
    """Return an element's name without its namespace; empty for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > 1 << 20 and member.file_size > RATIO * max(1, member.compress_size)
