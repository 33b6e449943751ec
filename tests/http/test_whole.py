"""The main job through the door, nothing scripted: a file in, a cited answer out, its citation opened."""

from __future__ import annotations

import openai
import pytest

from actors import local, settings
from serve_apps.gateway import apps
from tests.http import installing

TEXT = """# Service

## Warranty

The pump is covered by the warranty for 24 months from the date of delivery.

## Cleaning

Rinse the filter with clear water every week.
"""


@pytest.fixture
async def url(tmp_path):
    chosen = settings.Settings(home=tmp_path, embeddings=settings.Embeddings(engine="auto"))
    async with local.opened(chosen) as cast, installing.served(apps.build(lambda: cast)) as address:
        yield address


async def test_a_file_goes_in_and_a_cited_answer_comes_out(url):
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    http = client._client
    document = (await http.post(f"{url}/v1/documents", files={"file": ("pump.md", TEXT)})).json()
    assert document["status"] == "ready"
    stream = await client.chat.completions.create(
        model="consilium",
        messages=[{"role": "user", "content": "How long is the pump covered by the warranty?"}],
        stream=True,
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    evidence = chunks[-1].model_extra["consilium"]
    assert "24 months" in text
    assert not evidence["abstained"]
    citation = evidence["citations"][0]
    assert citation["document_id"] == document["id"]
    assert text[citation["start"] : citation["end"]].strip()
    page = await http.get(
        f"{url}/v1/documents/{document['id']}/pages/{citation['page']}", params={"quote": citation["quote"]}
    )
    assert '<mark id="quote">' in page.text
    replay = await http.get(f"{url}/v1/generations/{evidence['generation_id']}/events")
    assert replay.text.count("id: ") == len(chunks)
    assert evidence["receipt"]["total_ms"] > 0
    assert evidence["receipt"]["plan"]["strategy"] == "direct"
