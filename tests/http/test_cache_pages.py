"""/v1/cache and the metrics of the caches."""

from __future__ import annotations

from tests.http import test_cached_answers as answers
from tests.http.test_cached_answers import api, cast  # noqa: F401  # fixtures


async def _asked(api) -> str:  # noqa: F811
    document = await answers.upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    for _ in range(4):
        await answers.ask(api)
    return f"document:{document['id']}"


async def test_statistics_say_what_was_spared(api):  # noqa: F811
    await _asked(api)
    body = (await api.get("/v1/cache/stats")).json()
    kinds = {kind["name"]: kind for kind in body["data"]}
    assert set(kinds) == {"answers", "evidence", "embeddings", "responses"}
    kept = kinds["answers"]
    assert (kept["hits"], kept["misses"], kept["hit_rate"]) == ({"L1": 3, "L2": 0, "L3": 0}, 1, 0.75)
    assert kept["saved_ms"] > 0
    assert 0 < kept["latency_ms"]["L1"]["p50"] <= kept["latency_ms"]["L1"]["p99"] < kept["latency_ms"]["MISS"]["p50"]
    assert 0 < kept["bytes"] < kept["most_bytes"]
    assert body["hottest"][0]["kind"] == "answers"
    assert body["hottest"][0]["hits"] >= 3


async def test_entries_are_found_and_let_go_by_tag(api):  # noqa: F811
    tag = await _asked(api)
    found = (await api.get("/v1/cache/keys", params={"tag": tag})).json()["data"]
    assert [(one["kind"], one["tier"]) for one in found] == [("answers", "L1")]
    assert {"library", "tenant:default", "model:extractive", "knobs:0", tag} == set(found[0]["tags"])
    gone = (await api.delete("/v1/cache", params={"tag": tag})).json()
    assert (gone["object"], gone["tags"]) == ("cache.invalidated", [tag])
    assert gone["entries"] >= 1
    assert (await api.get("/v1/cache/keys", params={"tag": tag})).json()["data"] == []
    assert (await answers.ask(api))[1] == "MISS"
    assert (await api.get("/v1/cache/stats")).json()["data"][0]["evictions"] in ({"changed": 1}, {"erased": 1})
    assert (await api.delete("/v1/cache")).status_code == 400


async def test_lookups_are_metrics(api):  # noqa: F811
    await _asked(api)
    text = (await api.get("/metrics")).text
    assert 'consilium_cache_lookups_total{kind="answers",tier="L1"} 3.0' in text
    assert 'consilium_cache_lookups_total{kind="answers",tier="MISS"} 1.0' in text
