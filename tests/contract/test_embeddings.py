"""Every embedding engine keeps the promises of `Embeddings` and `Tokens`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from actors import settings
from actors.models import engines

NAMES = ("minilm", "wordllama", "hashing")

TEXTS = [
    "A man eats food.",
    "Someone is eating a meal with a big spoon in the evening, and likes it a lot.",
    "The rocket left the ground at noon.",
    "",
    "😀 漢字 ñandú",
    "word " * 2000,
]


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest, model_cache: Path) -> Iterator[engines.Engine]:
    loaded = engines.load(settings.Embeddings(engine=request.param, batch=4), model_cache)
    yield loaded
    loaded.embeddings.close()


async def test_rows_have_unit_length_whatever_the_text(engine: engines.Engine) -> None:
    rows = await engine.embeddings.embed(TEXTS)
    assert rows.shape == (len(TEXTS), engine.embeddings.dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


async def test_no_texts_no_rows(engine: engines.Engine) -> None:
    assert (await engine.embeddings.embed([])).shape == (0, engine.embeddings.dimensions)


async def test_a_text_is_the_same_point_alone_and_in_company(engine: engines.Engine) -> None:
    """Rows come back in the order of the texts. Int8 activations share one scale per batch, hence the tolerance."""
    together = await engine.embeddings.embed(TEXTS)
    alone = np.concatenate([await engine.embeddings.embed([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.95


async def test_texts_that_share_words_are_nearer(engine: engines.Engine) -> None:
    question, near, far = await engine.embeddings.embed(
        ["Who pays for the flight?", "The company pays for the flight.", "Cats sleep sixteen hours a day."]
    )
    assert question @ near > question @ far + 0.2


async def test_long_calls_run_side_by_side(engine: engines.Engine) -> None:
    calls = [engine.embeddings.embed([f"{number} {text}" for text in TEXTS[:5] * 3]) for number in range(3)]
    results = await asyncio.gather(*calls)
    assert [rows.shape for rows in results] == [(15, engine.embeddings.dimensions)] * 3


def test_counts_are_the_spans_of_plain_text(engine: engines.Engine) -> None:
    text = "The quick brown fox jumps over 13 lazy dogs."
    assert engine.tokens.count([text, ""]) == [len(engine.tokens.spans(text)), 0]


def test_counting_does_not_stop_where_the_model_does(engine: engines.Engine) -> None:
    assert engine.tokens.count(["word " * 2000])[0] >= 2000


@given(text=st.text(max_size=200))
@hypothesis_settings(deadline=None, max_examples=60)
def test_spans_lie_in_the_text_in_order(engine: engines.Engine, text: str) -> None:
    spans = engine.tokens.spans(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in itertools.pairwise(spans))


def test_every_name_is_its_own(model_cache: Path) -> None:
    names = set()
    for name in NAMES:
        loaded = engines.load(settings.Embeddings(engine=name), model_cache)
        names.add(loaded.embeddings.name)
        loaded.embeddings.close()
    assert len(names) == len(NAMES)
