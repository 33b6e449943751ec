"""The originals' bytes, over fsspec: a local folder by default, any object store the same. Knows no database.

Every write gets a key of its own that begins with the digest of its bytes. Two uploads of the same bytes therefore
never share a file, and deleting one document cannot take the bytes of another that is just coming in.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import secrets
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import fsspec
from fsspec.implementations import local

from actors import errors

P = ParamSpec("P")
T = TypeVar("T")

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f]{8}")
_PIECE = 1024 * 1024


class Files:
    """A flat store of immutable files. All methods may be called from any number of processes."""

    def __init__(self, url: str) -> None:
        """`url` is a folder: `file:///srv/files`, `s3://bucket/prefix`, `memory://x`."""
        filesystem, root = fsspec.core.url_to_fs(url, **({"auto_mkdir": True} if _is_local(url) else {}))
        self._fs: Any = filesystem
        self._root = root.rstrip("/")

    async def write(self, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[str, str, int]:
        """Store a stream and return (key, SHA-256 in hex, size in bytes).

        Raises TooLarge as soon as the stream is over the limit, and Unavailable; whatever it raises, nothing is left.
        """
        incoming = _Incoming(self._fs, f"{self._root}/incoming/{secrets.token_hex(16)}")
        digest, size = hashlib.sha256(), 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise errors.TooLarge(
                        f"The file is larger than {limit_bytes} bytes (setting documents.upload_bytes).",
                        "file_too_large",
                        "file",
                    )
                await _off_loop(incoming.take, chunk, digest)
            sha256 = digest.hexdigest()
            key = f"{sha256[:2]}/{sha256}-{secrets.token_hex(4)}"
            await _off_loop(incoming.keep, self._path(key))
        except BaseException:
            # Also when cancelled, and then a thread may still be at work: `drop` waits for it.
            await asyncio.shield(_off_loop(incoming.drop))
            raise
        return key, sha256, size

    @contextlib.asynccontextmanager
    async def local_path(self, key: str) -> AsyncIterator[Path]:
        """A path that other processes on this machine can read while the block lasts. Raises NotFound."""
        path = self._path(key)
        if isinstance(self._fs, local.LocalFileSystem):
            if not await _off_loop(self._fs.exists, path):
                raise _missing(key)
            yield Path(path)
            return
        with tempfile.TemporaryDirectory(prefix="consilium-") as folder:
            copy = Path(folder) / key.rpartition("/")[2]
            await _found(key, self._fs.get_file, path, str(copy))
            yield copy

    async def read(self, key: str) -> bytes:
        """Whole file. Raises NotFound."""
        content: bytes = await _found(key, self._fs.cat_file, self._path(key))
        return content

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """Pieces of a file, one mebibyte each. Raises NotFound before the first."""
        file = await _found(key, self._fs.open, self._path(key), "rb")
        try:
            while piece := await _off_loop(file.read, _PIECE):
                yield piece
        finally:
            await asyncio.shield(_off_loop(file.close))

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is gone already."""
        with contextlib.suppress(errors.NotFound):
            await _found(key, self._fs.rm_file, self._path(key))

    async def keys(self) -> dict[str, float]:
        """Every key and when it was written (Unix seconds): to find files whose document never came to be."""
        return await _off_loop(self._keys)

    def _path(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise _missing(key)
        return f"{self._root}/{key}"

    def _keys(self) -> dict[str, float]:
        self._fs.invalidate_cache()
        found: dict[str, float] = {}
        for path in self._fs.find(self._root):
            key = path.removeprefix(self._root).lstrip("/")
            if _KEY.fullmatch(key):
                found[key] = self._fs.modified(path).timestamp()
        return found


class _Incoming:
    """A file on its way in, under a name that no key has. Used from threads; each call waits for the one before."""

    def __init__(self, fs: Any, path: str) -> None:
        self._fs = fs
        self._path = path
        self._lock = threading.Lock()
        self._file: Any = None
        self._dropped = False

    def take(self, chunk: bytes, digest: hashlib._Hash) -> None:
        with self._lock:
            self._opened().write(chunk)
            digest.update(chunk)

    def keep(self, path: str) -> None:
        """Close it durably and give it its name, at once and whole."""
        with self._lock:
            file = self._opened()
            file.flush()
            if isinstance(self._fs, local.LocalFileSystem):
                os.fsync(file.fileno())
            file.close()
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.mv(self._path, path)
            self._path = path

    def drop(self) -> None:
        """Remove it wherever it is by now; calls that come later fail."""
        with self._lock:
            self._dropped = True
            if self._file is not None:
                with contextlib.suppress(OSError):  # a full disk fails again here; what counts is the removal
                    self._file.close()
                self._fs.rm_file(self._path)

    def _opened(self) -> Any:
        if self._dropped:
            raise OSError("the write was given up")
        if self._file is None:
            self._file = self._fs.open(self._path, "wb")
        return self._file


async def _off_loop(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking I/O in a thread. Raises Unavailable."""
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except OSError as error:
        code = "file_store_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "file_store_failed"
        raise errors.Unavailable(f"The file store failed: {error.strerror or error}", code) from error


async def _found(key: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking I/O on the file of a key in a thread. Raises NotFound and Unavailable."""
    try:
        return await _off_loop(call, *args, **kwargs)
    except errors.Unavailable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise _missing(key) from error
        raise


def _missing(key: str) -> errors.NotFound:
    return errors.NotFound(f"There is no file {key!r}.", "file_not_found")


def _is_local(url: str) -> bool:
    return "://" not in url or url.startswith(("file://", "local://"))
