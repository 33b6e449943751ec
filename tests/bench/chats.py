"""A chat completion without cache: what a client waits beside what the stages say. `python -m tests.bench.chats`.

Bar: p50 of the whole request at most 1.5 × the sum of the receipt's stages.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from tests import installations
from tests.bench import reports

ROUNDS = 12
BAR = 1.5
STAGES = ("queue_ms", "perceive_ms", "route_ms", "recall_ms", "reason_ms", "compose_ms")


def main() -> None:
    """Ask every example question a dozen times, one at a time, over one kept-alive connection."""
    questions = json.loads((installations.ROOT / "examples" / "questions.json").read_text())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        installation = installations.start(Path(folder), "--no-console")
        try:
            with httpx.Client(base_url=installation.api_url, timeout=60) as client:
                for entry in questions:
                    _ask(client, entry["question"])
                measured = [_ask(client, entry["question"]) for _ in range(ROUNDS) for entry in questions]
                first = [_first_flush(client, entry["question"]) for _ in range(3) for entry in questions]
        finally:
            installations.stop(installation)
    waited = statistics.median(one for one, _ in measured)
    stages = statistics.median(sum(two.values()) for _, two in measured)
    bars = [
        reports.Bar("chat completion p50 / sum of its stages", waited / stages, f"≤ {BAR}", waited <= BAR * stages),
        reports.Bar("chat completion p50, ms", waited, ""),
        reports.Bar("first flush of a stream p50, ms", statistics.median(first), ""),
        *(
            reports.Bar(
                f"stage {stage.removesuffix('_ms')} p50, ms", statistics.median(two[stage] for _, two in measured), ""
            )
            for stage in STAGES
        ),
    ]
    reports.save("chat", bars, {"requests": len(measured)})


def _body(question: str, stream: bool) -> dict[str, object]:
    return {
        "model": "consilium",
        "stream": stream,
        "messages": [{"role": "user", "content": question}],
        "consilium": {"cache": "bypass"},
    }


def _ask(client: httpx.Client, question: str) -> tuple[float, dict[str, float]]:
    """Return milliseconds waited, and the receipt's stages."""
    began = time.perf_counter()
    answer = client.post("/v1/chat/completions", json=_body(question, False))
    waited = (time.perf_counter() - began) * 1000
    receipt = answer.raise_for_status().json()["consilium"]["receipt"]
    return waited, {stage: float(receipt[stage]) for stage in STAGES}


def _first_flush(client: httpx.Client, question: str) -> float:
    """Return milliseconds to the first bytes of a stream."""
    began = time.perf_counter()
    with client.stream("POST", "/v1/chat/completions", json=_body(question, True)) as answer:
        for _ in answer.iter_bytes():
            return (time.perf_counter() - began) * 1000
    raise AssertionError("an empty stream")


if __name__ == "__main__":
    main()
