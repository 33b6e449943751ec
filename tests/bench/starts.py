"""Cold and warm start: seconds to /readyz, processes, memory, and what costs most. `python -m tests.bench.starts`."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from serve_apps.run import processes
from tests import installations
from tests.bench import reports

MB = 1e6


def main() -> None:
    """Start twice on one home: the first makes the model's graph and loads the examples, the second finds them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        cold = _start(home)
        warm = _start(home)
    bars = [
        reports.Bar("cold start to /readyz, s", cold["ready_s"], ""),
        reports.Bar("cold start to the first cited answer, s", cold["stays_s"], ""),
        reports.Bar("warm start to /readyz, s", warm["ready_s"], ""),
        reports.Bar("processes", warm["processes"], ""),
        reports.Bar("PSS in all, MB", warm["pss_mb"], ""),
        reports.Bar("idle CPU, share of one core", warm["idle"], ""),
        *(reports.Bar(f"memory: {name}, MB", size, "") for name, size in warm["largest"]),
    ]
    reports.save("start", bars, {"cold": cold, "warm": warm})


def _start(home: Path) -> dict[str, Any]:
    began = time.perf_counter()
    installation = installations.start(home)
    stays = time.perf_counter() - began
    try:
        found = re.search(r"ready after (\d+) s", installation.output)
        assert found is not None, installation.output
        living = list(processes.marked(installation.run))
        idle = _idle(living)
        sizes = {process: process.memory_full_info().pss / MB for process in living if process.is_running()}
        by_name: dict[str, float] = {}
        for process, size in sizes.items():
            by_name[_name(process)] = by_name.get(_name(process), 0.0) + size
        return {
            "ready_s": float(found.group(1)),
            "stays_s": stays,
            "processes": len(sizes),
            "pss_mb": sum(sizes.values()),
            "idle": idle,
            "largest": sorted(by_name.items(), key=lambda item: -item[1])[:3],
            "all": by_name,
        }
    finally:
        installations.stop(installation)


def _idle(living: list[psutil.Process], seconds: float = 20.0) -> float:
    """Return the share of one core that all processes use together while nobody asks anything."""

    def used() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in living if process.is_running())

    time.sleep(5.0)  # let the first start's own work end
    before = used()
    time.sleep(seconds)
    return (used() - before) / seconds


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    title = words[0] if words else process.name()
    if title.startswith("ray::"):
        return title
    return next((Path(word).name for word in words[1:] if word.endswith(".py")), Path(title).name)


if __name__ == "__main__":
    main()
