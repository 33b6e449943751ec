"""Files to documents through guarded processes. Knows processes, time and typed errors; never touches a file's bytes.

First passes run in a small pool of warm processes; a layout pass has a process of its own, of low priority, so that it
never stands in the way of a first pass. What a file does to its process, it does to no one else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from actors import errors, messages, settings
from actors.perception.documents import processes

Progress = Callable[[int, int], None]
"""Told (pages done, pages in all)."""

FILES = 200
"""Files after which a reader process is replaced."""
LAYOUT_GRACE_S = 30.0
"""Seconds the layout process may run past its own deadline: a page that it is in the middle of."""


class Readers:
    """Reads files. Processes start when first needed and end when idle; `close` ends them all."""

    def __init__(self, documents: settings.Documents) -> None:
        self._settings = documents
        self._places = asyncio.Semaphore(documents.readers)
        self._layout_place = asyncio.Lock()
        self._idle: list[processes.Process] = []
        self._timers: dict[processes.Process, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._live: set[processes.Process] = set()
        self._closed = False

    async def read(
        self, path: Path, name: str, media_type: str = "", password: str | None = None, progress: Progress | None = None
    ) -> messages.Parsed:
        """Read a file: first pass. Raises Unsupported, Unreadable, PasswordNeeded, TooLarge or Unavailable."""
        async with self._places:
            process = await self._take()
            try:
                frame = self._request(path, name, media_type, password)
                parsed = await process.ask(frame, self._settings.parse_timeout_s, progress, self._settings.chars)
            except BaseException:
                # Half an answer may be in the pipe (time-out, cancellation, crash), so only a process that
                # answered in full is used again.
                if not process.rested:
                    await self._end(process)
                    raise
                self._give_back(process)
                raise
            self._give_back(process)
            return parsed

    async def read_layout(
        self, path: Path, password: str | None = None, progress: Progress | None = None
    ) -> messages.Parsed:
        """Read a PDF with the layout models, page by page, one document at a time. Raises as `read` does.

        When `layout_timeout_s` runs out, the remaining pages keep their first-pass text.
        """
        async with self._layout_place:
            process = await self._start("layout_process")
            try:
                frame = self._request(path, "document.pdf", "application/pdf", password)
                seconds = self._settings.layout_timeout_s
                patience = seconds + self._settings.parse_timeout_s + LAYOUT_GRACE_S
                return await process.ask(frame | {"seconds": seconds}, patience, progress, self._settings.chars)
            finally:
                await self._end(process)

    async def close(self) -> None:
        """End every process, working or idle, and wait until they are gone."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._idle.clear()
        await asyncio.gather(*(self._end(process) for process in list(self._live)))
        if self._ending:
            await asyncio.gather(*self._ending)

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the readers alive now."""
        return frozenset(process.pid for process in self._live)

    def _request(self, path: Path, name: str, media_type: str, password: str | None) -> dict[str, object]:
        limits = (self._settings.pages, self._settings.chars, self._settings.unpacked_bytes)
        return {
            "path": str(path.absolute()),
            "name": name,
            "media_type": media_type,
            "password": password,
            "limits": limits,
        }

    async def _take(self) -> processes.Process:
        while self._idle:
            process = self._idle.pop()
            self._timers.pop(process).cancel()
            if process.alive:
                return process
            await self._end(process)
        return await self._start("reader_process")

    async def _start(self, module: str) -> processes.Process:
        if self._closed:
            raise errors.Unavailable("The document readers are shut down.", "readers_closed")
        process = await processes.start(module, self._settings.parse_memory_bytes)
        self._live.add(process)
        return process

    def _give_back(self, process: processes.Process) -> None:
        worn = process.answered >= FILES or process.rss_bytes > self._settings.parse_memory_bytes // 2
        if self._closed or worn or not process.alive:
            self._end_later(process)
            return
        self._idle.append(process)
        loop = asyncio.get_running_loop()
        self._timers[process] = loop.call_later(self._settings.reader_idle_s, self._retire, process)

    def _retire(self, process: processes.Process) -> None:
        self._timers.pop(process, None)
        if process in self._idle:
            self._idle.remove(process)
            self._end_later(process)

    def _end_later(self, process: processes.Process) -> None:
        task = asyncio.get_running_loop().create_task(self._end(process))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, process: processes.Process) -> None:
        self._live.discard(process)
        await asyncio.shield(process.end())
