"""One question through the whole pipeline in this process: real index, real extractive engine, hashed words."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from actors import knobs, messages
from actors.assistant import composing, pipelines
from actors.library import chunking, indexes, libraries, shards, windows
from actors.models import extractive, hashing, lanes, tokens

TEXT = "# Ferry\n\nThe ferry to the island leaves at noon every day but Sunday.\n\n# Harbour\n\nAnn is harbour master."


@pytest.fixture
async def pipeline() -> pipelines.Pipeline:
    vectors = lanes.Lanes(hashing.Hashing())
    index = indexes.Index(vectors.dimensions)
    library = libraries.Library({"0": shards.LocalShard(index)}, 10.0)
    chunks = chunking.cut([messages.Page(1, TEXT)], tokens.Words(), knobs.Chunking())
    rows = await vectors.embed([text for chunk in chunks for text in windows.texts(chunk)])
    await library.put(messages.Indexed("doc_1", 1, "island.md", {}, 0.0, chunks, rows.astype(np.float16)))
    ticks = itertools.count()
    return pipelines.Pipeline(
        numbers=knobs.Knobs(answering=dataclasses.replace(knobs.Answering(), abstain_below=0.0)),
        embeddings=vectors,
        library=library,
        writer=composing.Writer(
            extractive.Extractive(), dataclasses.replace(knobs.Answering(), abstain_below=0.0, sentences=1)
        ),
        tokens=tokens.Words(),
        clock=lambda: next(ticks) / 1000,
        now=lambda: 100.0,
    )


def asked(text: str, **fields: object) -> messages.Question:
    return messages.Question("gen_1", (messages.Turn("user", text),), **fields)  # type: ignore[arg-type]


async def answer(pipeline: pipelines.Pipeline, question: messages.Question) -> tuple[str, messages.Done]:
    *pieces, done = [event async for event in pipeline.run(question)]
    assert isinstance(done, messages.Done)
    return "".join(piece.text for piece in pieces if isinstance(piece, messages.Token)), done


async def test_the_answer_is_cited_and_the_citation_is_true(pipeline: pipelines.Pipeline) -> None:
    text, done = await answer(pipeline, asked("When does the ferry leave?"))
    (citation,) = done.citations
    assert text[citation.start : citation.end] == "The ferry to the island leaves at noon every day but Sunday."
    assert citation.quote in TEXT
    assert (citation.document_id, citation.name, citation.page) == ("doc_1", "island.md", 1)


async def test_the_receipt_accounts_for_the_time(pipeline: pipelines.Pipeline) -> None:
    _, done = await answer(pipeline, asked("When does the ferry leave?", received_at=99.5))
    receipt = done.receipt
    stages = receipt.queue_ms + receipt.route_ms + receipt.recall_ms + receipt.compose_ms
    assert receipt.queue_ms == pytest.approx(500.0)
    assert 0 < stages - receipt.queue_ms <= receipt.total_ms - receipt.queue_ms
    assert receipt.prompt_tokens == 6
    assert receipt.plan is not None


@pytest.mark.parametrize("alpha", [0.0, 1.0])
async def test_the_callers_alpha_goes_before_the_plans(pipeline: pipelines.Pipeline, alpha: float) -> None:
    _, done = await answer(pipeline, asked("When does the ferry leave?", alpha=alpha))
    assert done.receipt.plan is not None
    assert done.receipt.plan.alpha == alpha


async def test_no_evidence_is_an_abstention(pipeline: pipelines.Pipeline) -> None:
    text, done = await answer(pipeline, asked("Ferry?", filter=messages.Filter(documents=("doc_other",))))
    assert done.abstained
    assert done.citations == ()
    assert text
