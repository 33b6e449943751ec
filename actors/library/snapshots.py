"""An index on disk, so that a warm start need not build the graph again. Losing one costs time, never data.

A snapshot is a folder that gets its name when it is whole, with a checksum of every file; what is half-written,
damaged or of another format counts as absent. The BM25 side is not in it: indexing the texts again is faster than
reading segments safely.

    <folder>/<number>/manifest.json  format, dimensions, CRC-32 of each file
                      documents.jsonl  one document per line: its first row, and it without vectors
                      rows.npy         (rows, dimensions) float16
                      contexts.npy     (chunks of all documents that have any, dimensions) float16
                      graph.usearch    the graph over these rows
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from actors import messages
from actors.library import graphs, indexes, neighbours

log = logging.getLogger(__name__)

FORMAT = 1
BLOCK = 1 << 20
ARRAYS = ("vectors", "contexts")


def save(index: indexes.Index, folder: Path) -> Path:
    """Write the index as a new snapshot and remove older ones; return its folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    number = max((int(one.name) for one in folder.iterdir() if one.name.isdigit()), default=0) + 1
    draft, final = folder / f"{number}.draft", folder / str(number)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    with index.frozen() as (placed, rows, graph):
        with (draft / "documents.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps([row, one.contexts is not None, _plain(one)]) + "\n" for row, one in placed)
        np.save(draft / "rows.npy", rows)
        above = [one.contexts for _, one in placed if one.contexts is not None]
        np.save(draft / "contexts.npy", np.concatenate([np.empty((0, index.dimensions), np.float16), *above]))
        graph.save(str(draft / "graph.usearch"))
    sums = {one.name: _crc(one) for one in sorted(draft.iterdir())}
    manifest = {"format": FORMAT, "dimensions": index.dimensions, "sums": sums}
    (draft / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for one in (*draft.iterdir(), draft):
        _flush(one)
    draft.rename(final)
    _flush(folder)
    for old in folder.iterdir():
        if old != final:
            shutil.rmtree(old, ignore_errors=True)
    return final


def load(folder: Path, dimensions: int) -> indexes.Index:
    """Return the newest whole snapshot as an index; an empty index when there is none."""
    numbers = sorted((int(one.name) for one in folder.glob("*") if one.name.isdigit()), reverse=True)
    for number in numbers:
        try:
            return _read(folder / str(number), dimensions)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as damage:
            log.warning("snapshot %s is not usable and is left out: %s", folder / str(number), damage)
    return indexes.Index(dimensions)


def _read(place: Path, dimensions: int) -> indexes.Index:
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    if (manifest["format"], manifest["dimensions"]) != (FORMAT, dimensions):
        raise ValueError("another format or another embedding model")
    for name, crc in manifest["sums"].items():
        if _crc(place / name) != crc:
            raise ValueError(f"{name} is damaged")
    rows, above = np.load(place / "rows.npy"), np.load(place / "contexts.npy")
    graph = graphs.empty(dimensions)
    graph.load(str(place / "graph.usearch"))
    return indexes.Index.thawed(dimensions, list(_placed(place / "documents.jsonl", rows, above)), rows, graph)


def _placed(lines: Path, rows: neighbours.Rows, above: neighbours.Rows) -> Iterator[tuple[int, messages.Indexed]]:
    used = 0
    with lines.open(encoding="utf-8") as file:
        for line in file:
            row, has_contexts, fields = json.loads(line)
            chunks = tuple(_chunk(one) for one in fields.pop("chunks"))
            contexts = above[used : used + len(chunks)] if has_contexts else None
            used += len(chunks) if has_contexts else 0
            count = sum(len(one.sentences) for one in chunks)
            vectors = rows[row : row + count]
            yield row, messages.Indexed(**fields, chunks=chunks, vectors=vectors, contexts=contexts)


def _chunk(fields: dict[str, Any]) -> messages.Chunk:
    sentences = tuple(messages.Span(*one) for one in fields.pop("sentences"))
    return messages.Chunk(**{**fields, "heading": tuple(fields["heading"])}, sentences=sentences)


def _plain(document: messages.Indexed) -> dict[str, Any]:
    fields = {one.name: getattr(document, one.name) for one in dataclasses.fields(document) if one.name not in ARRAYS}
    return fields | {
        "metadata": dict(document.metadata),
        "chunks": [dataclasses.asdict(one) for one in document.chunks],
    }


def _crc(file: Path) -> int:
    crc = 0
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            crc = zlib.crc32(block, crc)
    return crc


def _flush(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
