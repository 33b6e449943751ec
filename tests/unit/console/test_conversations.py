"""How chunks add up to an answer, and what is sent along with the next question."""

from __future__ import annotations

from serve_apps.console import conversations, shapes


def chunk(text: str | None = None, **consilium: object) -> shapes.Chunk:
    choices = [{"delta": {"content": text}}] if text is not None else []
    return shapes.Chunk.model_validate({"choices": choices, "consilium": consilium or None})


def citation(index: int, page: int) -> dict[str, object]:
    return {
        "index": index,
        "document_id": "doc_1",
        "name": "a.pdf",
        "page": page,
        "chunk_id": "c",
        "start": 0,
        "end": 1,
    }


def test_text_grows_and_citations_are_counted_once() -> None:
    exchange = conversations.Exchange("Why?")
    for heard in (
        chunk("", generation_id="gen_1"),
        chunk("Be"),
        chunk("cause. [1]"),
        chunk(citations=[citation(2, 4)]),
        chunk(citations=[citation(1, 3), citation(2, 4)], receipt={"total_ms": 5.0}, abstained=False),
        shapes.Chunk.model_validate({"choices": [], "usage": {"total_tokens": 3}}),
    ):
        exchange = exchange.heard(heard)
    assert exchange.text == "Because. [1]"
    assert [(one.index, one.page) for one in exchange.citations] == [(1, 3), (2, 4)]
    assert exchange.receipt
    assert exchange.receipt.total_ms == 5.0


def test_the_last_exchanges_are_sent_along_and_failures_are_not() -> None:
    past = [conversations.Exchange(f"q{n}", text=f"a{n}") for n in range(10)]
    past.append(conversations.Exchange("lost", failure="unreachable"))
    turns = conversations.messages(past, "and now?")
    assert turns[-1] == {"role": "user", "content": "and now?"}
    assert [turn["role"] for turn in turns[:2]] == ["user", "assistant"]
    assert "lost" not in [turn["content"] for turn in turns]
    assert len(turns) <= 2 * conversations.REMEMBERED + 1
