"""One guarded reader process, seen from its owner: start, ask, end. Knows pipes and signals; knows no formats."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import actors
from actors import errors, messages
from actors.perception.documents import wire

log = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0
"""Seconds to import PyMuPDF and friends on a slow disk."""
STDERR_CHARS = 2000
_PACKAGE = "actors.perception.documents"
_ROOT = Path(actors.__path__[0]).parent


class Process:
    """Asks one question at a time. Not for two tasks at once."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        self._child = child
        self._to, self._from = child.stdin, child.stdout
        self._errors = asyncio.get_running_loop().create_task(_tail(child.stderr))
        self._ended: asyncio.Task[None] | None = None
        self.answered = 0
        self.rss_bytes = 0
        """Most memory it ever held, bytes."""
        self.rested = True
        """Whether it waits for a question; False in the middle of an answer."""

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        unreaped = self._child.returncode is None and self._ended is None and not self._from.at_eof()
        return unreaped and not _zombie(self.pid)  # a kill is in /proc before it is on the event loop

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's too."""
        return self._child.pid

    async def ready(self) -> None:
        """Wait until it has imported what it needs. Raises Unavailable."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._frame()
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as failed:
            await self.end()
            log.error("a document reader process did not start: %s", self._errors.result())
            raise errors.Unavailable(
                "The document reader process does not start; its log says why.", "reader_failed"
            ) from failed

    async def ask(
        self, request: dict[str, Any], timeout_s: float, progress: Callable[[int, int], None] | None, chars: int
    ) -> messages.Parsed:
        """Send a request and gather the document. Raises the error that the reader names, or the one its end means."""
        self.rested = False
        try:
            async with asyncio.timeout(timeout_s):
                self._to.write(wire.pack(request))
                await self._to.drain()
                return await self._document(progress, chars)
        except TimeoutError as late:
            raise errors.Unreadable(
                f"Reading the file took longer than {timeout_s:g} seconds (documents.parse_timeout_s).",
                "timeout",
                "file",
            ) from late
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as broken:
            raise await self._post_mortem() from broken

    async def end(self) -> None:
        """Kill it with everything it may have started, and wait until it is gone."""
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_task(self._kill())
        await asyncio.shield(self._ended)

    async def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._to.close()
        await self._child.wait()
        await self._errors

    async def _frame(self) -> dict[str, Any]:
        header = await self._from.readexactly(wire.HEADER.size)
        (length,) = wire.HEADER.unpack(header)
        if length > wire.FRAME_BYTES:
            raise ValueError("a frame beyond all measure")
        return wire.unpack(await self._from.readexactly(length))

    async def _document(self, progress: Callable[[int, int], None] | None, chars: int) -> messages.Parsed:
        pages: list[messages.Page] = []
        left = chars
        while True:
            frame = await self._frame()
            if "page" in frame:
                page = messages.Page(*frame["page"])
                left -= len(page.markdown)
                if left < 0:
                    raise ValueError("more text than the reader may send")
                pages.append(page)
            elif "progress" in frame:
                if progress is not None:
                    progress(*frame["progress"])
            else:
                self.rested = True
                self.answered += 1
                if "error" in frame:
                    raise wire.error(frame["error"])
                self.rss_bytes = int(frame["rss"])
                if progress is not None:
                    progress(len(pages), len(pages))
                return wire.assembled(pages, frame["done"])

    async def _post_mortem(self) -> errors.Unreadable:
        """Return the error for a process that ended in the middle of a file."""
        await self.end()
        code = self._child.returncode or 0
        name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        log.warning("a document reader process ended with %s: %s", name, self._errors.result())
        said = self._errors.result()
        if code in {-signal.SIGKILL, -signal.SIGXCPU} or "MemoryError" in said or "bad_alloc" in said:
            return errors.Unreadable("Reading the file takes too much memory or work.", "too_costly", "file")
        return errors.Unreadable(
            f"The file is damaged: it makes the reader fail ({name}). Nothing else was harmed.", "damaged", "file"
        )


async def start(module: str, memory_bytes: int) -> Process:
    """Start a reader process and wait until it is ready. Raises Unavailable.

    It gets no environment but what Python needs, its own session, and an empty folder to stand in.
    """
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(_ROOT),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "HOME": os.devnull,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"{_PACKAGE}.{module}",
        str(os.getpid()),
        str(memory_bytes),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        cwd=tempfile.gettempdir(),
        start_new_session=True,
        limit=1 << 20,
    )
    process = Process(child)
    await process.ready()
    return process


async def _tail(stream: asyncio.StreamReader) -> str:
    """Read a stream to its end and return its last words."""
    last = b""
    while chunk := await stream.read(4096):
        last = (last + chunk)[-STDERR_CHARS:]
    return last.decode("utf-8", "replace").strip()


def _zombie(pid: int) -> bool:
    """Whether the process is dead, or dying, and nobody has collected it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True
