"""Every sentence of an answer points at its passage, and exactly at it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from actors import messages
from actors.assistant import composing
from actors.models import language

PASSAGE = "The pump is **blue**. It weighs 12 kg. Nobody knows why. It hums."
ALPHABET = st.characters(exclude_categories=("Cs", "Cc"))


def passage(chunk: str, text: str = PASSAGE, page: int = 3) -> messages.Evidence:
    return messages.Evidence("doc_1", chunk, "pump.pdf", page, (), text, 0.9, 1.0, 0.5, ())


def sentence(chunk: str, quote: str, text: str | None = None, whole: str = PASSAGE) -> language.Sentence:
    leans = quote.startswith("It")
    return language.Sentence(text or quote, quote, passage(chunk, whole), whole.index(quote), leans, 0.7)


def composed(*sentences: language.Sentence, confidence: float = 0.9) -> composing.Composed:
    return composing.compose(language.Picked(sentences, confidence), 0.5)


def test_an_answer_reads_like_one() -> None:
    answer = composed(sentence("a", "It weighs 12 kg."), sentence("b", "It hums."))
    assert answer.text == "It weighs 12 kg. [1] It hums. [2]"
    assert not answer.abstained


def test_the_quote_is_the_passage_and_the_answer_is_clean() -> None:
    answer = composed(sentence("a", "The pump is **blue**.", "The pump is blue."))
    (citation,) = answer.citations
    assert answer.text[citation.start : citation.end] == "The pump is blue."
    assert citation.quote in PASSAGE
    assert (citation.document_id, citation.name, citation.page, citation.chunk_id) == ("doc_1", "pump.pdf", 3, "a")


def test_a_passage_cited_twice_keeps_its_number() -> None:
    answer = composed(sentence("a", "It hums."), sentence("b", "Nobody knows why."), sentence("a", "It weighs 12 kg."))
    assert [citation.index for citation in answer.citations] == [1, 2, 1]


def test_the_best_comes_first_unless_it_leans_on_the_other() -> None:
    best_first = composed(sentence("a", "Nobody knows why."), sentence("a", "The pump is **blue**."))
    assert best_first.text == "Nobody knows why. [1] The pump is **blue**. [1]"
    leaning = composed(sentence("a", "It weighs 12 kg."), sentence("a", "The pump is **blue**."))
    assert leaning.text == "The pump is **blue**. [1] It weighs 12 kg. [1]"
    behind = composed(
        sentence("a", "The pump is **blue**."), sentence("b", "It hums."), sentence("a", "It weighs 12 kg.")
    )
    assert behind.text == "The pump is **blue**. [1] It weighs 12 kg. [1] It hums. [2]"
    apart = composed(sentence("a", "It hums."), sentence("a", "The pump is **blue**."))
    assert apart.text == "It hums. [1] The pump is **blue**. [1]"


def test_too_little_confidence_is_said_in_plain_words() -> None:
    answer = composed(sentence("a", "It hums."), confidence=0.2)
    assert answer.abstained
    assert answer.citations == ()
    assert answer.confidence == 0.2
    assert "do not answer" in answer.text
    assert "pump.pdf, page 3" in answer.text


def test_nothing_found_names_no_document() -> None:
    answer = composed(confidence=0.0)
    assert answer.abstained
    assert answer.text == composing.NOTHING_FOUND


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.text(ALPHABET, min_size=1, max_size=40).map(str.strip).filter(bool)),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: pair[1],
    )
)
def test_offsets_hold_for_any_text(pairs: list[tuple[str, str]]) -> None:
    answer = composed(*(sentence(chunk, text, whole=f"A. {text}  B.") for chunk, text in pairs))
    assert "".join(answer.pieces) == answer.text
    cited = [answer.text[citation.start : citation.end] for citation in answer.citations]
    assert sorted(cited) == sorted(text for _, text in pairs)
    for citation in answer.citations:
        assert answer.text[citation.end :].startswith(f" [{citation.index}]")
    starts = [citation.start for citation in answer.citations]
    assert starts == sorted(starts)
    assert set(range(1, len({chunk for chunk, _ in pairs}) + 1)) == {citation.index for citation in answer.citations}
    uncited = answer.text
    for citation in reversed(answer.citations):
        uncited = uncited[: citation.start] + uncited[citation.end :]
    assert re.fullmatch(r"(?: ?\[\d+\])+", re.sub(r"\s+", " ", uncited).replace("  ", " ").strip())


@given(st.text(ALPHABET, min_size=1, max_size=80).map(str.strip).filter(bool))
def test_pieces_stream_word_by_word(text: str) -> None:
    pieces = composed(sentence("a", text, whole=text)).pieces
    assert all(pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
