"""Answers over real retrieval, on questions that tuned nothing: `python -m tests.bench.answers`.

How often the answer stands in two quoted sentences, how many questions without an answer are refused, what it costs.
Intervals are 95 % bootstrap percentiles over questions.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from actors import knobs
from actors.assistant import composing
from actors.models import engines, extractive
from tests.bench import inquiries, reports

KINDS: tuple[inquiries.Kind, ...] = ("answerable", "near", "removed", "foreign")
RESAMPLES = 2000
CONTAINED, REFUSED, WRONGLY_REFUSED = 0.80, 0.50, 0.10
BUDGET_MS = 3.0


def contains(text: str, answers: Sequence[str]) -> bool:
    """Say whether one of the answers stands in the text, word for word, whatever the case and the marks."""
    padded = f" {_plain(text)} "
    return any(f" {_plain(answer)} " in padded for answer in answers)


def measure(found: Sequence[inquiries.Inquiry], engine: str, options: knobs.Answering) -> dict[str, Any]:
    """Answer every inquiry and return shares, each as (share, low, high), and CPU milliseconds per question."""
    always = composing.Writer(extractive.Extractive(engine), replace(options, abstain_below=0.0))
    contained: list[bool] = []
    given: list[bool] = []
    refused: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    words: list[int] = []
    spent: list[float] = []
    for one in found:
        start = time.thread_time()
        answer = always.write(one.text, one.vector, one.evidence)
        spent.append((time.thread_time() - start) * 1000)
        refused[one.kind].append(answer.confidence < options.abstain_below)
        if one.kind == "answerable":
            contained.append(contains(answer.text, one.answers))
            given.append(contained[-1] and not refused[one.kind][-1])
            words.append(len(answer.text.split()))
    return {
        "contained": interval(contained),
        "contained_and_given": interval(given),
        "refused": {kind: interval(outcomes) for kind, outcomes in refused.items() if outcomes},
        "words": float(np.mean(words)),
        "p50_ms": float(np.median(spent)),
        "p95_ms": float(np.quantile(spent, 0.95)),
        "questions": len(found),
    }


def interval(outcomes: Sequence[bool]) -> tuple[float, float, float]:
    """Return the share of true outcomes and its 95 % interval."""
    values = np.array(outcomes, float)
    drawn = np.random.default_rng(0).choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def main() -> None:
    """Measure on the odd half and save."""
    numbers = knobs.Knobs()
    found = [one for one in inquiries.collect("auto", numbers.retrieval, KINDS) if not one.tuning]
    name, _ = engines.identity("auto")
    results = measure(found, name, numbers.answering)
    refused = results["refused"]
    reports.save("answers", bars(results), {"engine": name, "knobs": numbers.answering.abstain_below} | results)
    for kind, (share, low, high) in refused.items():
        print(f"   refused {kind:<11} {share:.3f}  [{low:.3f}, {high:.3f}]")


def bars(results: dict[str, Any]) -> list[reports.Bar]:
    """Return the promises and how they stand."""
    contained, refused = results["contained"][0], results["refused"]
    return [
        reports.Bar("answer contained", contained, f">= {CONTAINED}", contained >= CONTAINED),
        reports.Bar("answer contained and not refused", results["contained_and_given"][0], ""),
        reports.Bar("unanswerable refused", refused["near"][0], f">= {REFUSED}", refused["near"][0] >= REFUSED),
        reports.Bar(
            "answerable refused",
            refused["answerable"][0],
            f"<= {WRONGLY_REFUSED}",
            refused["answerable"][0] <= WRONGLY_REFUSED,
        ),
        reports.Bar("refused when its passage is missing", refused["removed"][0], ""),
        reports.Bar("refused from other domains", refused["foreign"][0], ""),
        reports.Bar("CPU ms per question, p50", results["p50_ms"], f"< {BUDGET_MS}", results["p50_ms"] < BUDGET_MS),
    ]


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


if __name__ == "__main__":
    main()
