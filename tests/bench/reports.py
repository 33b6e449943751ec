"""What a bench says: figures against bars, on screen and as JSON. Knows no bench."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "bench-results"


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise and how it stands."""

    what: str
    value: float
    bar: str
    """The promise in words; empty for a figure that is only reported."""
    passed: bool | None = None


def save(name: str, bars: Sequence[Bar], details: Any) -> None:
    """Write `bench-results/<name>.json` and print the table."""
    RESULTS.mkdir(exist_ok=True)
    body = {"bench": name, "machine": platform.processor() or platform.machine(), "bars": [asdict(bar) for bar in bars]}
    (RESULTS / f"{name}.json").write_text(json.dumps(body | {"details": details}, indent=1, ensure_ascii=False))
    print(table(name, bars), flush=True)


def table(name: str, bars: Sequence[Bar]) -> str:
    """Return the bars of one bench as lines."""
    width = max((len(bar.what) for bar in bars), default=0)
    lines = [f"── {name}"]
    for bar in bars:
        verdict = {None: "", True: "PASS", False: "FAIL"}[bar.passed]
        lines.append(f"   {bar.what:<{width}}  {bar.value:>10.3f}  {verdict:<4}  {bar.bar}")
    return "\n".join(lines)
