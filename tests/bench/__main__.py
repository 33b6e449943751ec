"""`make bench`: each bench in turn, then one table of all bars. `make bench ARGS="pdf chat"` runs some."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.bench import reports

BENCHES = {
    "retrieval": "retrieval",
    "answers": "answers",
    "hybrid": "hybrid",
    "chat": "chats",
    "http": "doors",
    "pdf": "pdfs",
    "start": "starts",
    "caches": "caches",
    "cached_http": "cached_http",
    "pool": "pools",
    "queries": "queries",
    "copy": "copies",
    "audit": "audits",
}


def main() -> int:
    """Run each bench in a process of its own, so that none warms or crowds another. Returns 1 if a bar is missed."""
    wanted = sys.argv[1:] or list(BENCHES)
    for name in wanted:
        subprocess.run([sys.executable, "-m", f"tests.bench.{BENCHES[name]}"], check=True)
    bars = [
        (name, reports.Bar(**bar))
        for name in wanted
        for bar in json.loads((reports.RESULTS / f"{name}.json").read_text())["bars"]
    ]
    print()
    for name in wanted:
        print(reports.table(name, [bar for owner, bar in bars if owner == name]))
    return int(any(bar.passed is False for _, bar in bars))


if __name__ == "__main__":
    sys.exit(main())
