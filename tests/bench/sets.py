"""The retrieval sets beside the checkout, and how a ranking is judged. Knows no index."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = (
    "finance", "finance_tatqa", "general", "healthcare", "healthcare_consumer", "healthcare_liveqa", "legal",
    "legal_privacy", "science", "science_cisi", "science_cranfield", "technical", "technical_cacm", "technical_conala",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """One unit that is judged."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Passages, questions and which passage answers which question."""

    name: str
    passages: tuple[Passage, ...]
    questions: Mapping[str, str]
    """Text by id, in the file's order: even places are for tuning, odd ones for reporting."""
    relevant: Mapping[str, Mapping[str, float]]
    """Grade by question and passage."""


def load(name: str) -> RetrievalSet:
    """Read one set."""
    passages = tuple(Passage(one["id"], one["title"], one["text"]) for one in _lines(name, "corpus"))
    questions = {one["id"]: one["text"] for one in _lines(name, "queries")}
    relevant: dict[str, dict[str, float]] = {}
    with (DATA / name / "qrels.tsv").open(encoding="utf-8") as file:
        for question, passage, grade in list(csv.reader(file, delimiter="\t"))[1:]:
            relevant.setdefault(question, {})[passage] = float(grade)
    return RetrievalSet(name, passages, questions, relevant)


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Return nDCG@k with linear gains (Järvelin & Kekäläinen 2002), as trec_eval counts it."""
    ideal = sum(grade / math.log2(at + 2) for at, grade in enumerate(sorted(grades.values(), reverse=True)[:k]))
    gained = sum(grades.get(one, 0.0) / math.log2(at + 2) for at, one in enumerate(ranking[:k]))
    return gained / ideal if ideal else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Return the share of relevant passages among the first k, of those that k places can hold."""
    wanted = {one for one, grade in grades.items() if grade > 0}
    return len(wanted & set(ranking[:k])) / min(len(wanted), k) if wanted else 0.0


def _lines(name: str, kind: str) -> list[dict[str, Any]]:
    with (DATA / name / f"{kind}.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
