"""The file store, over a local folder and over an fsspec store that is none."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import fsspec
import pytest

from actors import errors
from actors.database import files

CONTENT = bytes(range(256)) * 10_000


@pytest.fixture(params=["file", "memory", "path"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    folder = tmp_path / "not yet" / "files"
    return {"file": f"file://{folder}", "path": str(folder), "memory": f"memory://{tmp_path.name}"}[request.param]


@pytest.fixture
def store(url: str) -> files.Files:
    return files.Files(url)


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def everything(url: str) -> list[str]:
    filesystem, root = fsspec.core.url_to_fs(url)
    found: list[str] = filesystem.find(root) if filesystem.exists(root) else []
    return found


async def test_what_was_written_is_read(store: files.Files, url: str) -> None:
    key, sha256, size = await store.write(pieces(CONTENT), len(CONTENT))
    assert (sha256, size) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    assert await store.read(key) == CONTENT
    assert b"".join([piece async for piece in store.open(key)]) == CONTENT
    async with store.local_path(key) as path:
        assert path.read_bytes() == CONTENT
    assert list(await files.Files(url).keys()) == [key]
    assert len(everything(url)) == 1


async def test_the_same_bytes_twice_are_two_files_with_lives_of_their_own(store: files.Files) -> None:
    (first, sha256, _), (second, again, _) = await asyncio.gather(
        store.write(pieces(CONTENT), len(CONTENT)), store.write(pieces(CONTENT), len(CONTENT))
    )
    assert sha256 == again
    assert first != second
    await store.delete(first)
    assert await store.read(second) == CONTENT


async def test_too_many_bytes_are_refused_in_mid_stream_and_leave_nothing(store: files.Files, url: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield bytes(1000)

    with pytest.raises(errors.TooLarge, match="5000 bytes"):
        await store.write(endless(), 5000)
    assert sent == 6000
    assert everything(url) == []


async def test_a_stream_that_breaks_leaves_nothing(store: files.Files, url: str) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.write(broken(), len(CONTENT))
    assert everything(url) == []


async def test_a_cancelled_write_leaves_nothing(store: files.Files, url: str) -> None:
    started = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield CONTENT
        started.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(store.write(stalled(), len(CONTENT)))
    await started.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert everything(url) == []


async def test_a_write_cancelled_at_any_moment_leaves_all_or_nothing(store: files.Files, url: str) -> None:
    for moment in range(12):
        writing = asyncio.create_task(store.write(pieces(CONTENT), len(CONTENT)))
        for _ in range(moment):
            await asyncio.sleep(0.0005)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    for key in await store.keys():
        assert await store.read(key) == CONTENT
    assert len(everything(url)) == len(await store.keys())


async def test_delete_is_idempotent(store: files.Files, url: str) -> None:
    key, _, _ = await store.write(pieces(CONTENT), len(CONTENT))
    await store.delete(key)
    await store.delete(key)
    assert everything(url) == []
    with pytest.raises(errors.NotFound):
        await store.read(key)
    with pytest.raises(errors.NotFound):
        async with store.local_path(key):
            pass
    with pytest.raises(errors.NotFound):
        await anext(store.open(key))


@pytest.mark.parametrize("key", ["", "../secret", "/etc/passwd", "ab/../../x", "ab/" + "0" * 64])
async def test_a_key_that_no_write_gave_is_not_found(store: files.Files, key: str) -> None:
    with pytest.raises(errors.NotFound):
        await store.read(key)
    await store.delete(key)  # gone already


async def test_an_empty_store_has_no_keys(store: files.Files) -> None:
    assert await store.keys() == {}


async def test_an_empty_file_is_a_file(store: files.Files) -> None:
    key, _, size = await store.write(pieces(b""), 10)
    assert size == 0
    assert await store.read(key) == b""
    assert [piece async for piece in store.open(key)] == []


async def test_a_folder_that_cannot_be_written_is_unavailable() -> None:
    with pytest.raises(errors.Unavailable):
        await files.Files("file:///proc/consilium").write(pieces(CONTENT), len(CONTENT))
