"""Which sentences are picked, and when there is no answer in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest

from actors import knobs, messages
from actors.models import answertypes, confidence, extractive, hashing, supports, words

OPTIONS = knobs.Answering()

PUMP = "The pump weighs 12 kg. It was built in Graz in 1987. The seal lasts 500 hours. Anna Huber designed it."
TRAVEL = "Flights are booked by the office. The company pays for economy class. Receipts are kept for seven years."


def evidence(*texts: str) -> list[messages.Evidence]:
    """Passages with the vectors of their sentences, ranked as given."""
    found = []
    for rank, text in enumerate(texts):
        spans = tuple(messages.Span(*match.span()) for match in re.finditer(r"\S[^.]*\.", text))
        rows = hashing.Hashing().encode([text[span.start : span.end] for span in spans]).astype(np.float16)
        found.append(
            messages.Evidence(
                "d", f"d:1:{rank}", "manual.pdf", 1, (), text, 1.0 - rank / 10, 9.0 - rank, 0.5, spans, rows
            )
        )
    return found


def pick(question: str, passages: Sequence[messages.Evidence], options: knobs.Answering = OPTIONS) -> list[str]:
    vector = hashing.Hashing().encode([question])[0]
    picked = extractive.Extractive().pick(question, vector, passages, options)
    return [sentence.text for sentence in picked.sentences]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How heavy is the pump?", "The pump weighs 12 kg."),
        ("When was the pump built?", "It was built in Graz in 1987."),
        ("How long does the seal last?", "The seal lasts 500 hours."),
        ("Which class does the company pay for?", "The company pays for economy class."),
        ("How many years are receipts kept?", "Receipts are kept for seven years."),
    ],
)
def test_the_sentence_that_answers_is_first(question: str, answer: str) -> None:
    assert pick(question, evidence(PUMP, TRAVEL))[0] == answer


CARE = "## Descaling\n\n1. Let the pump cool.\n2. Remove the filter.\n\n## Repair\n\nThe pump goes to the workshop."


def lined(text: str) -> messages.Evidence:
    """A passage whose windows are its lines."""
    spans = tuple(messages.Span(*match.span()) for match in re.finditer(r"[^\n]+", text))
    rows = hashing.Hashing().encode([text[span.start : span.end] for span in spans]).astype(np.float16)
    return messages.Evidence("d", "d:1:9", "manual.pdf", 1, (), text, 1.0, 9.0, 0.5, spans, rows)


def test_how_is_answered_with_all_steps_and_where_with_none() -> None:
    assert pick("How do I start descaling?", [lined(CARE)])[0] == "1. Let the pump cool. 2. Remove the filter."
    assert pick("Where does the pump go for repair?", [lined(CARE)])[0] == "The pump goes to the workshop."


def test_an_echo_is_no_answer_but_a_yes() -> None:
    passages = evidence("Never use vinegar. It attacks the copper fittings of the pump.")
    assert pick("Why never use vinegar?", passages, knobs.Answering(sentences=1)) == [
        "It attacks the copper fittings of the pump."
    ]
    assert (
        pick("Is the pump blue?", evidence("The pump is blue. It hums at night in winter."))[0] == "The pump is blue."
    )


def test_no_more_sentences_than_asked_for() -> None:
    few = knobs.Answering(sentences=1)
    assert len(pick("How heavy is the pump?", evidence(PUMP, TRAVEL), few)) == 1
    many = knobs.Answering(sentences=6, keep_above=0.0)
    assert len(pick("How heavy is the pump?", evidence(PUMP, TRAVEL), many)) == 6


def test_a_second_sentence_has_to_earn_its_place() -> None:
    sure = pick("How much does the pump weigh?", evidence(PUMP, TRAVEL), knobs.Answering(keep_above=0.95))
    assert sure == ["The pump weighs 12 kg."]


def test_the_same_sentence_is_not_said_twice() -> None:
    said = pick("How heavy is the pump?", evidence(PUMP, PUMP), knobs.Answering(sentences=4, keep_above=0.0))
    assert len(said) == len(set(said)) == 4


def test_without_vectors_words_decide() -> None:
    bare = [
        messages.Evidence(
            one.document_id,
            one.chunk_id,
            one.name,
            one.page,
            one.heading,
            one.text,
            one.score,
            one.bm25,
            None,
            one.sentences,
        )
        for one in evidence(PUMP, TRAVEL)
    ]
    picked = extractive.Extractive().pick("How long does the seal last?", None, bare, OPTIONS)
    assert picked.sentences[0].text == "The seal lasts 500 hours."
    assert 0 < picked.confidence < 1


def test_no_evidence_no_answer() -> None:
    picked = extractive.Extractive().pick("Anything?", hashing.Hashing().encode(["Anything?"])[0], [], OPTIONS)
    assert picked == type(picked)((), 0.0)


def test_a_question_without_a_word_is_survived() -> None:
    for question in ("", "???", "what is it"):
        assert pick(question, evidence(PUMP))


def test_what_is_there_is_surer_than_what_is_not() -> None:
    passages = evidence(PUMP, TRAVEL)

    def sure(question: str) -> float:
        vector = hashing.Hashing().encode([question])[0]
        return extractive.Extractive().pick(question, vector, passages, OPTIONS).confidence

    assert sure("How long does the seal of the pump last?") > sure("Who won the chess championship in Reykjavik?")


def test_quotes_stand_in_their_passage() -> None:
    passages = evidence(PUMP, TRAVEL)
    vector = hashing.Hashing().encode(["Who designed the pump?"])[0]
    for sentence in extractive.Extractive().pick("Who designed the pump?", vector, passages, OPTIONS).sentences:
        assert sentence.evidence.text[sentence.start :].startswith(sentence.quote)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did it open?", "date"),
        ("In what year was it built?", "date"),
        ("How many people live there?", "number"),
        ("Who designed the pump?", "person"),
        ("Which city is the capital?", "place"),
        ("Why does it hum?", "reason"),
        ("How do I descale it?", "method"),
        ("What must I do before the first use?", "method"),
        ("Is it blue?", "truth"),
        ("What is a pump?", "other"),
    ],
)
def test_what_a_question_asks_for(question: str, kind: str) -> None:
    assert answertypes.asked(question) == kind


def test_a_number_of_the_question_is_no_answer() -> None:
    known = supports.ask("How many hours after 1987?").stems
    assert not answertypes.holds("It was built in 1987.", "number", known)
    assert answertypes.holds("It lasts 500 hours.", "number", known)


def test_words_are_stemmed_folded_and_placed() -> None:
    found = words.words("The company’s Alès 漢字, naïve cities")
    assert [word.stem for word in found] == ["the", "compani", "ale", "漢", "字", "naiv", "citi"]
    assert [word.start for word in found][:2] == [0, 4]
    assert [word.stem in words.EMPTY for word in found][:2] == [True, False]
    assert words.stems(["The company’s", "", "naïve cities"]) == [("the", "compani"), (), ("naiv", "citi")]


def test_confidence_is_a_probability() -> None:
    asked = supports.ask("How long does the seal last?")
    for passages in (evidence(PUMP), evidence(TRAVEL), evidence(PUMP, TRAVEL)):
        weighed = supports.weigh(asked, None, passages, OPTIONS)
        assert 0 < confidence.LEXICAL.probability(confidence.features(asked, weighed)) < 1
