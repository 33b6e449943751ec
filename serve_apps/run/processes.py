"""Finds and ends the processes of one run. Knows them by a mark in their environment, never by name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil

from serve_apps.run import environments


def marked(run: str) -> Iterator[psutil.Process]:
    """Yield the living processes that carry the mark of this run, and their children; never the caller.

    A child may have painted its title over its environment, as redis-server does.
    """
    seen = {psutil.Process().pid}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in seen and process.environ().get(environments.RUN_MARK) == run:
                for one in (process, *process.children(recursive=True)):
                    if one.pid not in seen:
                        seen.add(one.pid)
                        yield one


def end(run: str, grace_s: float) -> int:
    """Ask every process of the run to stop, end those that do not within `grace_s`, and return how many there were."""
    found = list(marked(run))
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=grace_s)
    # Ray's children start new ones while they die: look again until none is left.
    while alive:
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=grace_s)
        alive = list(marked(run))
    return len(found)
