"""Answers on real questions. A guard, not a measurement: thinned out for the clock, and of both halves.

`python -m tests.bench.answers` measures all of the half that tuned nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from actors import knobs
from actors.models import engines
from tests.bench import answers, inquiries

pytestmark = pytest.mark.skipif(not inquiries.DATA.is_dir(), reason="evaluation data (../shared/data) is not here")

THIN = 5


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    numbers = knobs.Knobs()
    found = inquiries.collect("auto", numbers.retrieval, answers.KINDS, THIN)
    name, _ = engines.identity("auto")
    return answers.measure(found, name, numbers.answering)


def test_answers_stand_in_two_sentences(results: dict[str, Any]) -> None:
    assert results["contained"][0] >= answers.CONTAINED


def test_answers_are_seldom_withheld(results: dict[str, Any]) -> None:
    """The promise is one in ten; among these 80, chance alone adds a few."""
    assert results["refused"]["answerable"][0] <= answers.WRONGLY_REFUSED + 0.05


def test_other_domains_are_refused(results: dict[str, Any]) -> None:
    assert results["refused"]["foreign"][0] >= 0.9


def test_a_missing_passage_is_noticed_more_often_than_not_wrongly_refused(results: dict[str, Any]) -> None:
    refused = results["refused"]
    assert refused["removed"][0] >= 3 * refused["answerable"][0]
    assert refused["removed"][0] >= 0.35


def test_near_misses_are_refused_more_often_than_answers(results: dict[str, Any]) -> None:
    refused = results["refused"]
    assert refused["near"][0] >= 2 * refused["answerable"][0]


def test_an_answer_costs_little(results: dict[str, Any]) -> None:
    assert results["p50_ms"] < 2 * answers.BUDGET_MS
