"""Answers that are kept, through the door: what comes back, what is told of it, and that nothing stale does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from actors import cast as casts
from actors import local
from serve_apps.gateway import apps

CHAT = "/v1/chat/completions"
QUESTION = "When does the ferry to the island leave?"


@pytest.fixture
async def cast(chosen) -> AsyncIterator[casts.Cast]:
    """The whole cast, nothing scripted."""
    async with local.opened(chosen) as opened:
        yield opened


@pytest.fixture
async def api(cast) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(apps.build(lambda: cast), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=30) as client:
        yield client


def asking(text: str = QUESTION, wish: str | None = None, **more: object) -> dict[str, object]:
    extras = {"consilium": {"cache": wish}} if wish else {}
    return {"model": "consilium", "messages": [{"role": "user", "content": text}]} | extras | more


async def upload(api: httpx.AsyncClient, text: str, name: str = "island.md") -> dict:
    answer = await api.post("/v1/documents", files={"file": (name, text.encode())})
    assert answer.status_code in (200, 201), answer.text
    assert answer.json()["status"] == "ready"
    return answer.json()


async def ask(api: httpx.AsyncClient, **body: object) -> tuple[str, str]:
    """Return the answer's text and its X-Cache."""
    answer = await api.post(CHAT, json=asking(**body))
    assert answer.status_code == 200, answer.text
    assert answer.json()["consilium"]["receipt"]["cache"] == answer.headers["x-cache"]
    return answer.json()["choices"][0]["message"]["content"], answer.headers["x-cache"]


async def test_the_second_time_it_comes_from_the_cache_under_its_own_id(api):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    first, second = [(await api.post(CHAT, json=asking())) for _ in range(2)]
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "L1")
    assert second.headers["cache-control"] == "private, no-store"
    was, now = first.json(), second.json()
    assert now["id"] != was["id"]
    assert now["choices"] == was["choices"]
    assert now["usage"] == was["usage"]
    assert now["consilium"]["citations"] == was["consilium"]["citations"]
    assert now["consilium"]["receipt"]["recall_ms"] == 0.0


@pytest.mark.parametrize("wish", [None, "bypass"])
async def test_a_stream_says_where_it_comes_from_and_is_replayed_as_it_was(api, wish):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    for expected in ("BYPASS", "BYPASS") if wish else ("MISS", "L1"):
        live = await api.post(CHAT, json=asking(wish=wish, stream=True))
        assert live.headers["x-cache"] == expected
        generation = json.loads(live.text.split("\n")[1].removeprefix("data: "))["id"]
        await asyncio.sleep(0)
        replay = await api.get(f"/v1/generations/{generation}/events")
        assert replay.text == live.text
        assert (await api.get(f"/v1/generations/{generation}")).json()["status"] == "completed"


async def test_wishes_are_followed(api):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    refused = await api.post(CHAT, json=asking(wish="only"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_cached")
    assert (await ask(api, wish="bypass"))[1] == "BYPASS"
    assert (await ask(api))[1] == "MISS"
    assert (await ask(api, wish="only"))[1] == "L1"
    assert (await ask(api, wish="refresh"))[1] == "MISS"
    assert (await ask(api))[1] == "L1"


async def test_nobody_gets_what_was_made_for_another_question_or_user(api):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    await ask(api)
    assert (await ask(api, user="ann"))[1] == "MISS"
    assert (await ask(api, user="bob"))[1] == "MISS"
    assert (await ask(api, user="ann"))[1] == "L1"
    assert (await ask(api, text="When does the ferry leave the island?"))[1] == "MISS"
    answer = await api.post(CHAT, json=asking() | {"consilium": {"alpha": 0.9}})
    assert answer.headers["x-cache"] == "MISS"


async def test_a_change_is_seen_as_soon_as_it_is_acknowledged(api):
    document = await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    for hour in ("one", "two", "three", "four"):
        await ask(api)
        assert (await ask(api))[1] == "L1"
        await upload(api, f"# Ferry\n\nThe ferry to the island leaves at {hour}.")
        assert f"leaves at {hour}" in (await ask(api))[0]
    await api.delete(f"/v1/documents/{document['id']}")
    text, cache = await ask(api)
    assert (cache, "leaves" in text) == ("MISS", False)


async def test_a_new_document_can_change_an_answer_to_all_but_not_one_to_others(api):
    island = await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    chosen = {"consilium": {"documents": [island["id"]]}}
    for _ in range(2):
        await api.post(CHAT, json=asking())
        await api.post(CHAT, json=asking() | chosen)
    await upload(api, "# Bus\n\nThe bus leaves at nine.", "bus.md")
    assert (await api.post(CHAT, json=asking())).headers["x-cache"] == "MISS"
    assert (await api.post(CHAT, json=asking() | chosen)).headers["x-cache"] == "L1"


async def test_many_who_ask_at_once_share_one_making(api, cast):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    answers = await asyncio.gather(*(api.post(CHAT, json=asking()) for _ in range(30)))
    assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {
        answers[0].json()["choices"][0]["message"]["content"]
    }
    assert len({answer.json()["id"] for answer in answers}) == 30
    assert cast.cache.tallies["answers"].hits["MISS"] == 1


async def test_nothing_stale_under_load_through_the_door(api):
    """Documents are replaced while many ask; who asks after the acknowledgement gets the new version or a newer one."""
    promised = [0]
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at 0 sharp.")
    stale = []
    served = []

    async def asks() -> None:
        while promised[0] < 8:
            before = promised[0]
            text, cache = await ask(api)
            served.append(cache)
            said = int(text.split("leaves at ")[1].split(" ")[0])
            if said < before:
                stale.append((cache, said, before))

    async def changes() -> None:
        for version in range(1, 9):
            await upload(api, f"# Ferry\n\nThe ferry to the island leaves at {version} sharp.")
            promised[0] = version

    await asyncio.gather(changes(), *(asks() for _ in range(6)))
    assert stale == []
    assert served.count("L1") > len(served) / 4


async def test_searches_say_where_they_come_from(api):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    body = {"query": "ferry", "k": 3}
    first, second = [await api.post("/v1/search", json=body) for _ in range(2)]
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "L1")
    assert first.json()["data"] == second.json()["data"]
    await upload(api, "# Bus\n\nThe bus to the ferry leaves at nine.", "bus.md")
    third = await api.post("/v1/search", json=body)
    assert third.headers["x-cache"] == "MISS"
    assert len(third.json()["data"]) == 2


async def test_the_same_bytes_are_answered_without_the_route_and_still_are_generations(api, cast):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    first, *rest = [(await api.post(CHAT, json=asking())).json() for _ in range(5)]
    ids = {each["id"] for each in (first, *rest)}
    assert len(ids) == 5
    await asyncio.sleep(0)  # the journal is written behind the answers
    for each in rest:
        state = (await api.get(f"/v1/generations/{each['id']}")).json()
        assert (state["status"], state["content"]) == ("completed", first["choices"][0]["message"]["content"])
        assert each["consilium"]["generation_id"] == each["id"]
        assert set(each) == set(first)
        assert set(each["consilium"]["receipt"]) == set(first["consilium"]["receipt"])
        assert state["consilium"]["citations"] == each["consilium"]["citations"]
    again = await api.post(
        CHAT, content=b'{"model": "consilium", "messages": [}', headers={"Content-Type": "application/json"}
    )
    assert again.status_code == 400
    assert (await api.post(CHAT, json=asking(wish="bypass"))).headers["x-cache"] == "BYPASS"


async def test_what_was_asked_often_is_made_anew_after_a_change_before_anybody_asks(api, cast):
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at noon.")
    for _ in range(6):
        await ask(api)
    await ask(api, text="Who pays for the ferry?")
    await upload(api, "# Ferry\n\nThe ferry to the island leaves at one.")
    async with asyncio.timeout(10.0):
        while len(cast.cache.shelves()["answers"]) == 0:
            await asyncio.sleep(0.05)
    text, cache = await ask(api)
    assert (cache, "leaves at one" in text) == ("L1", True)
    assert (await ask(api, text="Who pays for the ferry?"))[1] == "MISS"
