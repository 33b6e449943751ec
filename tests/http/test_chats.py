"""Chat completions, as an OpenAI client sees them."""

from __future__ import annotations

import asyncio
import json

import httpx
import openai
import pytest

from actors import errors, messages
from serve_apps.gateway.schemas import chats
from tests.http import scripts

ASK = {"model": "consilium", "messages": [{"role": "user", "content": "How long is the warranty?"}]}
CHAT = "/v1/chat/completions"


def frames(stream: str) -> list[tuple[str, str]]:
    """Split a stream into (id, data)."""
    found = []
    for block in stream.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            found.append((fields.get("id", ""), fields["data"]))
    return found


async def test_a_whole_answer_has_openai_s_shape_and_its_citations(api):
    answer = await api.post(CHAT, json=ASK)
    assert answer.status_code == 200
    body = answer.json()
    chats.ChatCompletion.model_validate(body, strict=True)
    assert body["choices"][0]["message"]["content"] == "".join(scripts.ANSWER)
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 9, "total_tokens": 16}
    assert body["consilium"]["generation_id"] == body["id"]
    assert body["consilium"]["citations"][0]["document_id"] == "doc_1"
    assert body["consilium"]["receipt"]["recall_ms"] == 1.5
    assert answer.headers["x-cache"] == "BYPASS"
    assert answer.headers["x-request-id"].startswith("req_")


async def test_a_stream_numbers_every_event_and_ends_with_done(api):
    answer = await api.post(CHAT, json=ASK | {"stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    *events, end = frames(answer.text)
    assert end == ("", "[DONE]")
    assert [number for number, _ in events] == ["0", "1", "2", "3", "4"]
    chunks = [json.loads(data) for _, data in events]
    for chunk in chunks:
        chats.ChatChunk.model_validate(chunk, strict=True)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[0]["consilium"]["generation_id"] == chunks[0]["id"]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == "".join(scripts.ANSWER)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["consilium"]["confidence"] == 0.9


@pytest.mark.parametrize("wants_usage", [False, True])
async def test_a_replay_is_the_same_stream(api, wants_usage):
    options = {"stream": True, "stream_options": {"include_usage": wants_usage}}
    live = (await api.post(CHAT, json=ASK | options)).text
    generation = json.loads(frames(live)[0][1])["id"]
    replay = await api.get(f"/v1/generations/{generation}/events")
    assert replay.text == live
    after_two = await api.get(f"/v1/generations/{generation}/events", headers={"Last-Event-ID": "2"})
    assert frames(after_two.text) == frames(live)[3:]
    after_all = await api.get(f"/v1/generations/{generation}/events", headers={"Last-Event-ID": "4"})
    assert after_all.text == "data: [DONE]\n\n"
    usage = json.loads(frames(live)[-2][1])
    assert (usage.get("usage") is not None) is wants_usage
    if wants_usage:
        assert usage["choices"] == []
        assert usage["usage"]["total_tokens"] == 16


async def test_the_first_chunk_comes_before_anything_is_known(url, script):
    gate = asyncio.Event()
    script.events = [gate, *script.events]
    async with (
        httpx.AsyncClient(base_url=url) as client,
        client.stream("POST", CHAT, json=ASK | {"stream": True}) as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == "id: 0"
        opening = json.loads((await anext(lines)).removeprefix("data: "))
        state = (await client.get(f"/v1/generations/{opening['id']}")).json()
        assert (state["status"], state["content"], state["events"]) == ("running", "", 1)
        gate.set()
        assert "data: [DONE]" in [line async for line in lines]
        state = (await client.get(f"/v1/generations/{opening['id']}")).json()
        assert (state["status"], state["content"]) == ("completed", "".join(scripts.ANSWER))
        assert state["consilium"]["citations"][0]["page"] == 12


async def test_a_caller_who_leaves_can_come_back(url, script):
    gate = asyncio.Event()
    script.events = [messages.Token("The pump is covered "), gate, *script.events[1:]]
    async with httpx.AsyncClient(base_url=url) as client:
        async with client.stream("POST", CHAT, json=ASK | {"stream": True}) as answer:
            lines = answer.aiter_lines()
            opening = [line async for line in _until(lines, "id: 1")]
        generation = json.loads(opening[1].removeprefix("data: "))["id"]
        gate.set()
        rest = await client.get(f"/v1/generations/{generation}/events", headers={"Last-Event-ID": "1"})
        assert [number for number, _ in frames(rest.text)] == ["2", "3", "4", ""]


async def _until(lines, last):
    async for line in lines:
        yield line
        if line == last:
            return


async def test_a_cancelled_answer_ends_with_an_error_event(url, script):
    script.events = [messages.Token("The pump "), asyncio.Event()]
    async with (
        httpx.AsyncClient(base_url=url) as client,
        client.stream("POST", CHAT, json=ASK | {"stream": True}) as answer,
    ):
        lines = answer.aiter_lines()
        opening = [line async for line in _until(lines, "id: 1")]
        generation = json.loads(opening[1].removeprefix("data: "))["id"]
        cancelled = await client.delete(f"/v1/generations/{generation}")
        assert cancelled.json() == {"id": generation, "object": "generation.cancelled", "cancelled": True}
        rest = [line async for line in lines if line]
    assert "event: error" in rest
    assert rest[-1] == "data: [DONE]"
    error = json.loads(rest[-2].removeprefix("data: "))["error"]
    assert (error["code"], error["type"]) == ("cancelled", "invalid_request_error")


async def test_nobody_knows_an_unknown_generation(api):
    for method, path in (("GET", ""), ("GET", "/events"), ("DELETE", "")):
        answer = await api.request(method, f"/v1/generations/gen_nobody{path}")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "generation_not_found"
    answer = await api.get("/v1/generations/gen_nobody/events", headers={"Last-Event-ID": "x"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (errors.Unavailable("The library is down.", "library_down"), 503, "library_down"),
        (RuntimeError("secret detail"), 500, "internal"),
        (messages.Failed("It took too long.", "timeout"), 504, "timeout"),
    ],
)
async def test_an_answer_that_fails_is_an_error_with_its_status(api, script, failure, status, code):
    script.events = [failure]
    answer = await api.post(CHAT, json=ASK)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error["type"]) == (code, "server_error")
    assert error["request_id"] == answer.headers["x-request-id"]
    assert ("retry-after" in answer.headers) is (status == 503)
    assert "secret" not in answer.text


async def test_an_error_after_the_start_is_an_event_of_the_stream(api, script):
    script.events = [messages.Token("The pump "), errors.Unavailable("The library is down.", "library_down")]
    answer = await api.post(CHAT, json=ASK | {"stream": True})
    assert answer.status_code == 200
    assert "event: error\n" in answer.text
    (_, last), end = frames(answer.text)[-2:]
    assert json.loads(last)["error"]["message"] == "The library is down."
    assert end == ("", "[DONE]")


async def test_the_official_client_streams_and_reads_our_extras(url):
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    stream = await client.chat.completions.create(
        **ASK, stream=True, stream_options={"include_usage": True}, extra_body={"consilium": {"alpha": 0.3}}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "".join(scripts.ANSWER)
    assert chunks[0].model_extra["consilium"]["generation_id"].startswith("gen_")
    assert chunks[-2].model_extra["consilium"]["citations"][0]["name"] == "pump.pdf"
    assert chunks[-1].usage.total_tokens == 16


async def test_the_official_synchronous_client_gets_a_whole_answer(url):
    await asyncio.to_thread(_ask_synchronously, openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0))


def _ask_synchronously(client):
    whole = client.chat.completions.create(**ASK, temperature=0.2, max_tokens=100, seed=7, user="u", stop=["\n\n"])
    assert whole.choices[0].message.content == "".join(scripts.ANSWER)
    assert whole.model_extra["consilium"]["abstained"] is False
    assert {model.id for model in client.models.list()} >= {"consilium", "extractive"}
    assert client.models.retrieve("extractive").id == "extractive"
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-9", messages=ASK["messages"])
    assert missing.value.code == "model_not_found"
    assert missing.value.param == "model"


async def test_the_official_client_raises_on_an_error_in_the_stream(url, script):
    script.events = [messages.Token("The "), errors.Unavailable("The library is down.", "library_down")]
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    with pytest.raises(openai.APIError, match="The library is down"):
        async for _ in await client.chat.completions.create(**ASK, stream=True):
            pass


async def test_what_was_asked_reaches_the_assistant_whole(api, script):
    body = ASK | {
        "model": "extractive",
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "How long"}, {"type": "text", "text": "is it?"}]},
        ],
        "consilium": {"documents": ["doc_1"], "filter": {"team": ["a", "b"], "year": 2026}, "alpha": 0.25},
    }
    assert (await api.post(CHAT, json=body)).json()["model"] == "extractive"
    (question,) = script.heard
    assert question.turns == (messages.Turn("system", "Be brief."), messages.Turn("user", "How long\nis it?"))
    assert question.filter == messages.Filter(("doc_1",), {"team": ["a", "b"], "year": 2026})
    assert (question.alpha, question.model, question.usage) == (0.25, "extractive", False)
    assert question.received_at > 0


USER = {"role": "user", "content": "Hello?"}
IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}
TOOL = {"role": "tool", "content": "x", "tool_call_id": "1"}
REPLY = {"role": "assistant", "content": "Hello."}


def says(content):
    return {"messages": [{"role": "user", "content": content}]}


REFUSED = {
    "no model": ({"messages": [USER]}, 400, "missing_field", "model"),
    "unknown model": ({"model": "gpt-9"}, 404, "model_not_found", "model"),
    "no messages": ({"messages": []}, 400, "invalid_value", "messages"),
    "unknown field": ({"temprature": 1}, 400, "unknown_field", "temprature"),
    "hot": ({"temperature": 3}, 400, "invalid_value", "temperature"),
    "wrong type": ({"stream": "yes"}, 400, "invalid_value", "stream"),
    "two answers": ({"n": 2}, 400, "unsupported_value", "n"),
    "tools": ({"tools": [{"type": "function"}]}, 400, "unsupported_parameter", "tools"),
    "json": ({"response_format": {"type": "json_object"}}, 400, "unsupported_value", "response_format.type"),
    "logprobs": ({"logprobs": True}, 400, "unsupported_value", "logprobs"),
    "sound": ({"modalities": ["text", "audio"]}, 400, "unsupported_value", "modalities"),
    "options without stream": ({"stream_options": {"include_usage": True}}, 400, "invalid_value", "stream_options"),
    "image": ({"messages": [IMAGE]}, 400, "unsupported_content", "messages[0].content[0]"),
    "part of no type": (says([{}]), 400, "missing_field", "messages[0].content[0].type"),
    "text part without text": (says([{"type": "text"}]), 400, "missing_field", "messages[0].content[0].text"),
    "content is a number": (says(3), 400, "invalid_value", "messages[0].content"),
    "wrong role": ({"messages": [{"role": "king", "content": "x"}]}, 400, "invalid_value", "messages[0].role"),
    "tool message": ({"messages": [TOOL, USER]}, 400, "unsupported_value", "messages[0].role"),
    "assistant last": ({"messages": [USER, REPLY]}, 400, "invalid_value", "messages[1].role"),
    "empty question": (says(" "), 400, "invalid_value", "messages[0].content"),
    "many messages": ({"messages": [USER] * 5}, 413, "too_large", "messages"),
    "long message": (says("x" * 1001), 413, "too_large", "messages[0].content"),
    "long body": (says("x" * 9000), 413, "too_large", None),
    "lone surrogate": ({"messages": [{"role": "\ud800", "content": "x"}]}, 400, "invalid_value", "messages[0].role"),
    "unknown extra": ({"consilium": {"colour": 1}}, 400, "unknown_field", "consilium.colour"),
    "alpha": ({"consilium": {"alpha": 1.5}}, 400, "invalid_value", "consilium.alpha"),
    "conversation": ({"consilium": {"conversation": "c"}}, 400, "unsupported_value", "consilium.conversation"),
    "strategy": ({"consilium": {"strategy": "debate"}}, 400, "unsupported_value", "consilium.strategy"),
    "no documents": ({"consilium": {"documents": []}}, 400, "invalid_value", "consilium.documents"),
    "nested filter": ({"consilium": {"filter": {"a": {"b": 1}}}}, 400, "invalid_value", "consilium.filter.a"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_a_wrong_request_is_told_what_to_change(api, script, name):
    change, status, code, param = REFUSED[name]
    body = (ASK | change) if name != "no model" else change
    answer = await api.post(CHAT, content=json.dumps(body), headers={"Content-Type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["request_id"] == answer.headers["x-request-id"]
    assert set(error) == {"message", "type", "param", "code", "request_id"}
    assert not script.heard


@pytest.mark.parametrize(
    "harmless",
    [
        {"consilium": {"strategy": "direct", "cache": "bypass", "preference": {"quality": 1.0}}},
        {"tools": [], "tool_choice": "none", "response_format": {"type": "text"}, "modalities": ["text"], "n": 1},
        {
            "stop": "x",
            "logit_bias": {"50256": -100},
            "metadata": {"a": "b"},
            "store": False,
            "top_p": 1,
            "stream": False,
        },
    ],
)
async def test_harmless_parameters_pass(api, harmless):
    assert (await api.post(CHAT, json=ASK | harmless)).status_code == 200
