"""Search, embeddings, models: the rest of the JSON routes."""

from __future__ import annotations

import asyncio
import base64

import numpy as np
import openai
import pytest

from serve_apps.gateway.schemas import embeddings, models, searches, states


async def add(api, name: str, text: str, metadata: str = "{}") -> dict:
    answer = await api.post("/v1/documents", files={"file": (name, text)}, data={"metadata": metadata})
    assert answer.status_code == 201
    return answer.json()


async def test_a_search_returns_passages_with_all_their_scores(api):
    pump = await add(api, "pump.txt", "The pump is covered for two years.")
    await add(api, "valve.txt", "The valve closes by itself.")
    body = (await api.post("/v1/search", json={"query": "is the pump covered", "k": 1})).json()
    searches.SearchAnswer.model_validate(body, strict=True)
    (found,) = body["data"]
    assert (found["document_id"], found["name"], found["page"]) == (pump["id"], "pump.txt", 1)
    assert found["bm25"] > 0
    assert found["vector"] > 0
    assert 0 <= found["score"] <= 1
    words = (await api.post("/v1/search", json={"query": "pump", "alpha": 1})).json()["data"]
    assert words[0]["vector"] is None
    meaning = (await api.post("/v1/search", json={"query": "pump", "alpha": 0})).json()["data"]
    assert meaning[0]["bm25"] is None


async def test_a_search_can_be_narrowed(api):
    old = await add(api, "a.txt", "The pump is blue.", '{"year": 2020}')
    new = await add(api, "b.txt", "The pump is red.", '{"year": 2026}')

    async def ids(**narrowing):
        answer = await api.post("/v1/search", json={"query": "pump", "filter": narrowing})
        assert answer.status_code == 200, answer.text
        return {found["document_id"] for found in answer.json()["data"]}

    assert await ids() == {old["id"], new["id"]}
    assert await ids(documents=[old["id"]]) == {old["id"]}
    assert await ids(metadata={"year": 2026}) == {new["id"]}
    assert await ids(metadata={"year": [2020, 2026]}) == {old["id"], new["id"]}
    assert await ids(created_after=new["created_at"] + 60) == set()
    assert await ids(created_before="2100-01-01T00:00:00Z", created_after="2020-01-01") == {old["id"], new["id"]}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"query": ""}, "query"),
        ({"query": "  "}, "query"),
        ({"k": 0}, "k"),
        ({"k": 11}, "k"),
        ({"k": "many"}, "k"),
        ({"alpha": -0.1}, "alpha"),
        ({"filter": {"color": 1}}, "filter.color"),
        ({"filter": {"documents": "doc_1"}}, "filter.documents"),
        ({"filter": {"created_after": "yesterday"}}, "filter.created_after"),
        ({"filters": {}}, "filters"),
    ],
)
async def test_a_wrong_search_is_told_what_to_change(api, change, param):
    answer = await api.post("/v1/search", json={"query": "pump"} | change)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_embeddings_are_openai_s_in_both_encodings(api, cast):
    texts = ["The pump is blue.", "The valve is red."]
    floats = (await api.post("/v1/embeddings", json={"model": cast.embeddings.name, "input": texts})).json()
    embeddings.EmbeddingsAnswer.model_validate(floats, strict=True)
    expected = await cast.embeddings.embed(texts)
    assert np.allclose([row["embedding"] for row in floats["data"]], expected)
    packed = await api.post(
        "/v1/embeddings", json={"model": cast.embeddings.name, "input": texts[1], "encoding_format": "base64"}
    )
    row = np.frombuffer(base64.b64decode(packed.json()["data"][0]["embedding"]), "<f4")
    assert np.allclose(row, expected[1])
    assert floats["usage"]["total_tokens"] > 0


async def test_the_official_client_embeds(url, cast):
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    answer = await asyncio.to_thread(client.embeddings.create, model=cast.embeddings.name, input=["one", "two"])
    assert np.allclose([row.embedding for row in answer.data], await cast.embeddings.embed(["one", "two"]))


@pytest.mark.parametrize(
    ("change", "status", "param"),
    [
        ({"model": "text-embedding-9"}, 404, "model"),
        ({"input": []}, 400, "input"),
        ({"input": ""}, 400, "input"),
        ({"input": ["a", ""]}, 400, "input[1]"),
        ({"input": [1, 2, 3]}, 400, "input[0]"),
        ({"input": ["a"] * 4}, 413, "input"),
        ({"input": "x" * 1001}, 413, "input"),
        ({"dimensions": 7}, 400, "dimensions"),
        ({"encoding_format": "hex"}, 400, "encoding_format"),
    ],
)
async def test_wrong_embeddings_are_refused(api, cast, change, status, param):
    answer = await api.post("/v1/embeddings", json={"model": cast.embeddings.name, "input": "a"} | change)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)


async def test_the_model_s_own_dimensions_are_accepted(api, cast):
    body = {"model": cast.embeddings.name, "input": "a", "dimensions": cast.embeddings.dimensions}
    assert (await api.post("/v1/embeddings", json=body)).status_code == 200


async def test_models_and_capabilities_say_what_there_is(api, cast):
    listed = (await api.get("/v1/models")).json()
    models.Models.model_validate(listed, strict=True)
    assert [model["id"] for model in listed["data"]] == ["consilium", "extractive", cast.embeddings.name]
    assert (await api.get("/v1/models/consilium/lawyer")).json()["error"]["code"] == "model_not_found"
    capable = (await api.get("/v1/capabilities")).json()
    states.Capabilities.model_validate(capable, strict=True)
    assert any(one["name"] == "embeddings" for one in capable["data"])
