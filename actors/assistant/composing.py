"""From picked sentences to an answer with citations. Pure; knows no engine and no search.

    The mace is inlaid with gold panned from Scottish rivers. [1] It was presented by the Queen in 1999. [1]

A mark follows its sentence. A passage keeps one number however often it is cited; a citation's offsets enclose its
sentence without the mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actors import knobs, messages
from actors.models import embeddings, language

NOTHING_FOUND = "I found nothing in the documents about this."
NOT_ANSWERED = "The documents do not answer this, as far as I can tell."

ADJOINING_CHARS = 4
"""White space (a line's marks at most) that may lie between a sentence and the one it leans on."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer, whole."""

    pieces: tuple[str, ...]
    """The text in the pieces in which it is streamed; joined they are the answer."""
    citations: tuple[messages.Citation, ...]
    """In the order of their sentences."""
    abstained: bool
    confidence: float

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Writer:
    """Answers from evidence with a language engine."""

    engine: language.Language
    options: knobs.Answering

    def write(
        self, question: str, vector: embeddings.Vectors | None, evidence: Sequence[messages.Evidence]
    ) -> Composed:
        """Answer with cited sentences, or abstain. `vector` is the question's, (dimensions,)."""
        return compose(self.engine.pick(question, vector, evidence, self.options), self.options.abstain_below)


def compose(picked: language.Picked, abstain_below: float) -> Composed:
    """Make an answer of the sentences, or say that there is none when confidence is too low."""
    if not picked.sentences or picked.confidence < abstain_below:
        return _abstain(picked)
    pieces: list[str] = []
    citations: list[messages.Citation] = []
    numbers: dict[str, int] = {}
    length = 0
    for sentence in _ordered(picked.sentences):
        number = numbers.setdefault(sentence.evidence.chunk_id, len(numbers) + 1)
        gap = " " if pieces else ""
        start = length + len(gap)
        shown = f"{gap}{sentence.text} [{number}]"
        pieces.extend(_words(shown))
        citations.append(_citation(sentence, number, start))
        length += len(shown)
    return Composed(tuple(pieces), tuple(citations), False, picked.confidence)


def _ordered(sentences: Sequence[language.Sentence]) -> list[language.Sentence]:
    """Put the best first, but "It weighs 12 kg." behind the sentence that says what it is."""
    ordered: list[language.Sentence] = []
    for sentence in sentences:
        before = next((at for at, placed in enumerate(ordered) if _leans_on(placed, sentence)), None)
        behind = next((at + 1 for at, placed in enumerate(ordered) if _leans_on(sentence, placed)), None)
        ordered.insert(next(at for at in (before, behind, len(ordered)) if at is not None), sentence)
    return ordered


def _leans_on(sentence: language.Sentence, other: language.Sentence) -> bool:
    """Say whether a sentence points at the one before it, and that is the other."""
    between = sentence.start - (other.start + len(other.quote))
    same = sentence.evidence.chunk_id == other.evidence.chunk_id
    return sentence.leans and same and 0 <= between <= ADJOINING_CHARS


def _citation(sentence: language.Sentence, number: int, start: int) -> messages.Citation:
    evidence = sentence.evidence
    return messages.Citation(
        index=number,
        document_id=evidence.document_id,
        name=evidence.name,
        page=evidence.page,
        chunk_id=evidence.chunk_id,
        quote=sentence.quote,
        start=start,
        end=start + len(sentence.text),
    )


def _abstain(picked: language.Picked) -> Composed:
    if not picked.sentences:
        return Composed(tuple(_words(NOTHING_FOUND)), (), True, picked.confidence)
    nearest = picked.sentences[0].evidence
    text = f"{NOT_ANSWERED} The closest passage is in {nearest.name}, page {nearest.page}."
    return Composed(tuple(_words(text)), (), True, picked.confidence)


def _words(text: str) -> list[str]:
    """Cut a text into words, each with the space before it."""
    pieces: list[str] = []
    start = 0
    for at in range(1, len(text)):
        if text[at] == " " and text[at - 1] != " ":
            pieces.append(text[start:at])
            start = at
    return [*pieces, text[start:]]
