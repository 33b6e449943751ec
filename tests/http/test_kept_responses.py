"""Kept HTTP responses, and responses in fewer bytes: validators, ages, encodings, and what ends a kept page."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator

import brotli
import httpx
import pytest
import zstandard

from actors import cast as casts
from actors import local, settings
from serve_apps.gateway import apps, encodings, rules
from tests.http import test_cached_answers as answers


@pytest.fixture
async def cast(chosen) -> AsyncIterator[casts.Cast]:
    async with local.opened(chosen) as opened:
        yield opened


@pytest.fixture
async def api(cast) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(apps.build(lambda: cast), raise_app_exceptions=False)
    headers = {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=30, headers=headers) as client:
        yield client


PAGE = "# Ferry\n\nThe ferry to the island leaves at noon.\n\n" + "Bring a coat and a hat, it is windy. " * 60


async def page(api: httpx.AsyncClient) -> str:
    document = await answers.upload(api, PAGE)
    return f"/v1/documents/{document['id']}/pages/1"


async def test_a_page_is_kept_with_its_headers(api):
    url = await page(api)
    first, second = [await api.get(url) for _ in range(2)]
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "L1")
    assert second.content == first.content
    assert second.headers["age"] == "0"
    assert second.headers["cache-control"] == "private, no-cache"
    for name in ("etag", "content-type", "content-security-policy"):
        assert second.headers[name] == first.headers[name]
    assert "Accept" in second.headers["vary"]


async def test_what_varies_is_kept_apart(api):
    url = await page(api)
    html, as_json = await api.get(url), await api.get(url, headers={"Accept": "application/json"})
    assert as_json.headers["x-cache"] == "MISS"
    assert html.headers["content-type"].startswith("text/html")
    assert (await api.get(url, headers={"Accept": "application/json"})).json() == as_json.json()
    assert (await api.get(url, params={"quote": "noon"})).headers["x-cache"] == "MISS"


@pytest.mark.parametrize("warm", [False, True])
async def test_who_has_it_already_gets_no_body(api, warm):
    url = await page(api)
    etag = (await api.get(url)).headers["etag"]
    if not warm:
        await answers.upload(api, PAGE + "Changed.")
        etag = (await api.get(url, headers={"Cache-Control": "no-store"})).headers["etag"]
    answer = await api.get(url, headers={"If-None-Match": f'W/"x", {etag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert answer.headers["x-cache"] == ("L1" if warm else "MISS")
    assert (await api.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_replaced_and_a_deleted_document_take_their_pages_along(api):
    url = await page(api)
    await api.get(url)
    await answers.upload(api, PAGE.replace("noon", "one"))
    assert "leaves at one" in (await api.get(url)).text
    await api.delete(url.rsplit("/pages", 1)[0])
    assert (await api.get(url)).status_code == 404


async def test_failures_are_not_kept(api):
    for _ in range(2):
        answer = await api.get("/v1/documents/doc_none/pages/1")
        assert answer.status_code == 404
        assert "x-cache" not in answer.headers


async def test_the_caller_may_want_it_anew_or_not_kept(api):
    await api.get("/v1/models")
    assert (await api.get("/v1/models")).headers["x-cache"] == "L1"
    assert (await api.get("/v1/models", headers={"Cache-Control": "no-cache"})).headers["x-cache"] == "MISS"
    assert "x-cache" not in (await api.get("/v1/models", headers={"Cache-Control": "no-store"})).headers
    assert (await api.get("/v1/models")).headers["cache-control"].startswith("public, max-age=")


async def test_kept_responses_count_under_their_route(api):
    url = await page(api)
    for _ in range(3):
        await api.get(url)
    text = (await api.get("/metrics")).text
    line = 'consilium_http_requests_total{method="GET",route="/v1/documents/{document_id}/pages/{number}",status="200"}'
    assert f"{line} 3.0" in text
    assert 'route="unmatched"' not in text


WRONG = [
    ([{"route": "/v1/nothing", "ttl": 1}], "no GET route"),
    ([{"route": "/v1/models", "ttl": 1, "invalidate_on": ["document"]}], "document_id"),
    ([{"route": "/v1/models", "ttl": 0}], "ttl"),
    ([{"route": "/v1/models", "ttl": 1, "strategy": "sometimes"}], "strategy"),
    ([{"route": "/v1/models", "ttl": 1, "invalidate_on": ["moon"]}], "invalidate_on"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_rules_are_checked_at_start(tmp_path, wrong, told):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(wrong))
    with pytest.raises(ValueError, match=told):
        apps.check(settings.Cache(rules_file=file))
    with pytest.raises(ValueError, match="No such file"):
        apps.check(settings.Cache(rules_file=tmp_path / "none.json"))


async def test_rules_of_an_operator_count(cast, tmp_path):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps([{"route": "/v1/capabilities", "ttl": 5, "strategy": "user"}]))
    transport = httpx.ASGITransport(apps.build(lambda: cast, keeping_options=settings.Cache(rules_file=file)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as api:
        ann, bob = {"Authorization": "Bearer ann"}, {"Authorization": "Bearer bob"}
        tiers = [(await api.get("/v1/tasks/none", headers=ann)).headers.get("x-cache")]
        for who in (ann, ann, bob):
            answer = await api.get("/v1/capabilities", headers=who)
            tiers.append(answer.headers["x-cache"])
            assert answer.headers["cache-control"].startswith("private, max-age=")
        assert tiers == [None, "MISS", "L1", "MISS"]


def test_a_rule_matches_only_its_own_route():
    matcher = rules.Matcher(rules.DEFAULT)
    assert matcher.match("/v1/documents/doc_1/pages/3")[1] == {"document_id": "doc_1", "number": "3"}
    for path in ("/v1/documents/doc_1/pages/3/x", "/v1/documents/doc_1/pages/", "/v1/documents/a/b/pages/3", "/"):
        assert matcher.match(path) is None


DECODERS = {
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


async def raw(api: httpx.AsyncClient, url: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """Return an answer and its bytes as they came over the wire."""
    async with api.stream("GET", url, headers=headers) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


@pytest.mark.parametrize("name", encodings.NAMES)
async def test_large_responses_come_in_fewer_bytes(api, name):
    url = await page(api)
    plain, whole = await raw(api, url)
    for _ in range(2):
        answer, data = await raw(api, url, **{"Accept-Encoding": name})
        assert answer.headers["content-encoding"] == name
        assert len(data) == int(answer.headers["content-length"]) < 0.5 * len(whole)
        assert DECODERS[name](data) == whole
        assert answer.headers["etag"] == plain.headers["etag"][:-1] + f'-{name}"'
        assert "accept-encoding" in answer.headers["vary"]
    etag = answer.headers["etag"]
    again, _ = await raw(api, url, **{"Accept-Encoding": name, "If-None-Match": etag})
    assert (again.status_code, again.headers["etag"]) == (304, etag)
    bare, _ = await raw(api, url, **{"If-None-Match": etag})
    assert bare.status_code == 304


async def test_a_streamed_document_is_compressed_as_it_goes(api):
    url = (await page(api)).rsplit("/pages", 1)[0] + "/content"
    _, whole = await raw(api, url)
    for name in encodings.NAMES:
        answer, data = await raw(api, url, **{"Accept-Encoding": name})
        assert answer.headers["content-encoding"] == name
        assert DECODERS[name](data) == whole


async def test_small_streamed_and_ranged_responses_stay_as_they_are(api):
    url = await page(api)
    everything = {"Accept-Encoding": "zstd, br, gzip"}
    assert "content-encoding" not in (await raw(api, "/healthz", **everything))[0].headers
    file, _ = await raw(api, url.rsplit("/pages", 1)[0] + "/file", **everything)
    assert "content-encoding" not in file.headers
    stream = await api.post(answers.CHAT, json=answers.asking(stream=True), headers=everything)
    assert "content-encoding" not in stream.headers
    assert stream.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("gzip, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
        ("*", "zstd"),
        ("zstd;q=0, *;q=0.1", "br"),
        ("br;q=0", None),
        ("GZIP", "gzip"),
        ("gzip;q=oops", None),
        ("gzip;q=1.1.1", None),
        ("deflate, sdch", None),
    ],
)
def test_the_callers_favourite_is_taken(accept, expected):
    assert encodings.chosen(accept) == expected
