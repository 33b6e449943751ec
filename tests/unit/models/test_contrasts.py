"""What excludes a question, and what only says it in other words."""

from __future__ import annotations

import pytest

from actors.models import contrasts, supports, words


def contradict(question: str, sentence: str) -> bool:
    return contrasts.contradict(supports.ask(question).stems, frozenset(words.stems([sentence])[0]))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What did the ancient languages borrow?", "The modern languages borrowed it from Gaulish."),
        ("Who sold the northern plant?", "The southern plant was sold by the board."),
        ("Which river flows out of the lake?", "The river flows into the lake."),
        ("When was the second minister elected?", "The first minister was elected in May."),
        ("Why did demand decline?", "Demand grew because of the cold."),
        ("What was built in 2013?", "It was built in 2014."),
        ("What is unimportant to the reader?", "It is important to the reader."),
        ("What must the landlord pay?", "The tenant pays for small repairs."),
        ("Which parts are not covered?", "The warranty covers the boiler and the pump."),
    ],
)
def test_opposites_exclude_each_other(question: str, sentence: str) -> None:
    assert contradict(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How did the final emperor die?", "The last emperor drowned."),
        ("When did it begin?", "It started in May and ended in June."),
        ("Who may enter in June?", "Members enter in July and June."),
        ("Which parts are not covered?", "The warranty does not cover seals."),
        ("What is one of the larger towns?", "Two bigger towns are Bern and Chur."),
        ("What was built in 2014?", "It was built in 2014, 30 years later."),
        ("What can be useless?", "A useless thing."),
        ("", "Nothing."),
        ("What?", ""),
    ],
)
def test_other_words_for_the_same_do_not(question: str, sentence: str) -> None:
    assert not contradict(question, sentence)


def test_every_scale_has_two_values_that_exclude_each_other() -> None:
    for line in contrasts._SCALES.strip().splitlines():
        values = line.split()
        assert len(values) > 1, line
        for one, other in zip(values, values[1:] + values[:1], strict=True):
            stems = [frozenset(words.stems([value.replace("|", " ")])[0]) for value in (one, other)]
            assert contrasts.contradict(stems[0] - stems[1], stems[1] - stems[0]), line
