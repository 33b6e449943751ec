"""The running service, as its callers meet it: official client, real files, all the way through HAProxy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pymupdf
import pytest

from tests import installations

WAIT_S = 60.0


@pytest.fixture
def client(installation: installations.Installation) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{installation.api_url}/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made


def pdf(tmp_path: Path, *pages: str) -> Path:
    path = tmp_path / "lighthouse.pdf"
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_textbox(pymupdf.Rect(50, 50, 545, 790), text)
        document.save(path)
    return path


def upload(api: httpx.Client, path: Path) -> dict[str, Any]:
    """Upload and wait until it can be searched."""
    answer = api.post("/v1/documents", files={"file": (path.name, path.read_bytes())})
    assert answer.status_code in (200, 201, 202), answer.text
    return installations.settled(api, answer.json())


def test_a_streamed_cited_answer_over_a_document_just_uploaded(
    api: httpx.Client, client: openai.OpenAI, tmp_path: Path
) -> None:
    document = upload(api, pdf(tmp_path, "This is about weather.", "The lighthouse at Hook was built in 1846 by Ada."))
    stream = client.chat.completions.create(
        model="consilium",
        messages=[{"role": "user", "content": "When was the lighthouse at Hook built?"}],
        stream=True,
        extra_body={"consilium": {"documents": [document["id"]]}},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[0].consilium["generation_id"].startswith("gen_")  # type: ignore[attr-defined]
    last = chunks[-1].consilium  # type: ignore[attr-defined]
    citation = last["citations"][0]
    assert "1846" in text[citation["start"] : citation["end"]]
    assert (citation["document_id"], citation["page"]) == (document["id"], 2)
    assert last["receipt"]["recall_ms"] > 0


def test_a_stream_can_be_taken_up_again_from_any_event(api: httpx.Client) -> None:
    body = {"model": "consilium", "stream": True, "messages": [{"role": "user", "content": "What does E05 mean?"}]}
    live = api.post("/v1/chat/completions", json=body).text
    generation = json.loads(live.split("data: ", 1)[1].split("\n", 1)[0])["consilium"]["generation_id"]
    replayed = api.get(f"/v1/generations/{generation}/events").text
    assert events(replayed) == events(live)
    later = api.get(f"/v1/generations/{generation}/events", headers={"Last-Event-ID": "2"}).text
    assert events(later) == events(live)[3:]


def events(stream: str) -> list[str]:
    return [block for block in stream.split("\n\n") if "data:" in block]


def test_a_new_version_replaces_the_old(api: httpx.Client, tmp_path: Path) -> None:
    path = tmp_path / "tariff.md"
    path.write_text("# Tariff\n\nThe mooring fee is 40 crowns a night.\n")
    first = upload(api, path)
    path.write_text("# Tariff\n\nThe mooring fee is 55 crowns a night.\n")
    second = upload(api, path)
    assert (second["id"], second["version"]) == (first["id"], 2)
    found = api.post(
        "/v1/search", json={"query": "mooring fee", "k": 10, "filter": {"documents": [first["id"]]}}
    ).json()
    assert ["55" in passage["text"] for passage in found["data"]] == [True]
    assert api.delete(f"/v1/documents/{first['id']}").status_code == 200
    gone = api.post("/v1/search", json={"query": "mooring fee", "k": 10}).json()
    assert all("mooring" not in passage["text"] for passage in gone["data"])
    assert api.get(f"/v1/documents/{first['id']}").status_code == 404


def test_a_bad_file_is_a_4xx_and_leaves_nothing(api: httpx.Client) -> None:
    before = api.get("/v1/documents").json()
    answer = api.post("/v1/documents", files={"file": ("broken.pdf", b"%PDF-1.7 nothing more")})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["request_id"]
    assert api.get("/v1/documents").json() == before


def test_an_unanswerable_question_is_refused_in_plain_words(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="consilium", messages=[{"role": "user", "content": "Which chess opening did Tal play in Riga in 1958?"}]
    )
    assert answer.consilium["abstained"]  # type: ignore[attr-defined]
    assert answer.consilium["citations"] == []  # type: ignore[attr-defined]


def test_embeddings_are_unit_vectors(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="all-minilm-l6-v2", input=["a harbour", "a port"], encoding_format="float")
    first, second = (one.embedding for one in answer.data)
    assert sum(x * x for x in first) == pytest.approx(1.0, abs=1e-3)
    assert sum(x * y for x, y in zip(first, second, strict=True)) > 0.5


def test_every_part_says_what_it_can_do(api: httpx.Client) -> None:
    capabilities = {one["name"]: one for one in api.get("/v1/capabilities").json()["data"]}
    assert capabilities["embeddings"]["ready"]
    assert capabilities["language"]["engine"] == "extractive"
    assert any(name.startswith("documents") for name in capabilities)
    assert all(one["remedy"] for one in capabilities.values() if not one["ready"])


def test_every_answer_says_its_request_id_once(api: httpx.Client) -> None:
    assert api.get("/healthz", headers={"X-Request-Id": "mine-1"}).headers.get_list("x-request-id") == ["mine-1"]
    refused = api.get("/v1/documents/doc_none")
    assert refused.headers.get_list("x-request-id") == [refused.json()["error"]["request_id"]]


def test_metrics_count_what_was_answered(api: httpx.Client) -> None:
    api.get("/healthz")
    deadline = time.monotonic() + WAIT_S
    while "consilium_http_requests_total{" not in (text := api.get("/metrics").text):
        assert time.monotonic() < deadline, text  # Ray's agent reports every few seconds
    assert "ray_" not in text
