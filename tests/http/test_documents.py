"""Documents over HTTP: in, out, read, and refused."""

from __future__ import annotations

import asyncio
import json

import httpx
import pymupdf
import pytest

from serve_apps.gateway.schemas import documents

FIRST = "# Pump manual\n\nThe pump is covered for **24 months** from delivery."
SECOND = "Second page.\n\n| a | b |\n|---|---|\n| 1 | x |"
MANUAL = f"{FIRST}\f{SECOND}"


def part(content: bytes | str = MANUAL, name: str = "manual.txt") -> dict:
    return {"file": (name, content, "text/plain")}


async def stored_keys(cast) -> set[str]:
    return set(await cast.files.keys())


async def test_an_upload_becomes_a_document_that_can_be_found(api):
    answer = await api.post("/v1/documents", files=part(), data={"metadata": '{"team": "service", "year": 2026}'})
    assert answer.status_code == 201
    document = answer.json()
    documents.Document.model_validate(document, strict=True)
    assert answer.headers["location"] == f"/v1/documents/{document['id']}"
    assert (document["status"], document["pages"], document["version"], document["task"]) == ("ready", 2, 1, None)
    assert document["metadata"] == {"team": "service", "year": 2026}
    found = (
        await api.post("/v1/search", json={"query": "pump months", "filter": {"metadata": {"team": "service"}}})
    ).json()
    assert found["data"][0]["document_id"] == document["id"]
    none = (await api.post("/v1/search", json={"query": "pump", "filter": {"metadata": {"team": ["sales"]}}})).json()
    assert none["data"] == []


async def test_the_same_bytes_are_the_same_document(api, cast):
    first = (await api.post("/v1/documents", files=part())).json()
    again = await api.post("/v1/documents", files=part(name="other.txt"))
    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert len(await stored_keys(cast)) == 1


async def test_a_slow_document_is_accepted_with_a_task(held):
    answer = await held.post("/v1/documents", files=part())
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["task"]["document_id"]) == ("processing", body["id"])
    assert answer.headers["location"] == f"/v1/documents/{body['id']}"
    task = (await held.get(f"/v1/tasks/{body['task']['id']}")).json()
    documents.Task.model_validate(task, strict=True)
    assert (await held.get(f"/v1/documents/{body['id']}")).json()["task"]["id"] == task["id"]
    assert (await held.get(f"/v1/documents/{body['id']}/content")).json()["error"]["code"] == "document_processing"


async def test_respond_async_is_honoured(api):
    answer = await api.post("/v1/documents", files=part(), headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    events = await api.get(f"/v1/tasks/{answer.json()['task']['id']}/events")
    assert events.text.endswith("data: [DONE]\n\n")
    assert (await api.get(f"/v1/documents/{answer.json()['id']}")).json()["status"] == "ready"


async def test_what_cannot_be_read_behind_the_answer_leaves_a_failed_document(api):
    answer = await api.post(
        "/v1/documents", files=part(b"\x7fELF\x00\x01", "a.bin"), headers={"Prefer": "respond-async"}
    )
    document = answer.json()["id"]
    await api.get(f"/v1/tasks/{answer.json()['task']['id']}/events")
    shown = (await api.get(f"/v1/documents/{document}")).json()
    assert (shown["status"], bool(shown["error"])) == ("failed", True)
    assert (await api.get(f"/v1/documents/{document}/content")).json()["error"]["code"] == "document_failed"
    assert (await api.delete(f"/v1/documents/{document}")).status_code == 200


async def test_a_task_can_be_watched_to_its_end(url, held, cast):
    async with httpx.AsyncClient(base_url=url) as client:
        task = (await held.post("/v1/documents", files=part())).json()["task"]
        async with client.stream("GET", f"/v1/tasks/{task['id']}/events") as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "id: 0"
            assert json.loads((await anext(lines)).removeprefix("data: "))["status"] == "queued"
            lease = await cast.tasks.claim("test", lease_s=5, now=0.0)
            await cast.tasks.finish(lease, now=1.0)
            rest = [line async for line in lines if line.startswith("data: ")]
    assert json.loads(rest[-2].removeprefix("data: "))["status"] == "succeeded"
    assert rest[-1] == "data: [DONE]"


async def test_a_new_version_replaces_the_old(api, cast):
    first = (await api.post("/v1/documents", files=part())).json()
    second = await api.put(f"/v1/documents/{first['id']}", files=part("Now 36 months.", "renamed.txt"))
    assert second.status_code == 200
    assert (second.json()["id"], second.json()["version"]) == (first["id"], 2)
    other = (await api.post("/v1/documents", files=part("Other words", "other.txt"))).json()
    third = await api.post(f"/v1/documents?replaces={first['id']}", files=part("Now 48 months.", "third.txt"))
    assert third.json()["version"] == 3
    clash = await api.put(f"/v1/documents/{first['id']}", files=part("Other words", "clash.txt"))
    assert clash.status_code == 409
    assert other["id"] in clash.json()["error"]["message"]
    assert (await api.put("/v1/documents/doc_none", files=part("x"))).status_code == 404


async def test_a_delete_leaves_nothing(api, cast):
    document = (await api.post("/v1/documents", files=part())).json()
    answer = await api.delete(f"/v1/documents/{document['id']}")
    assert answer.json() == {"id": document["id"], "object": "document.deleted", "deleted": True}
    assert await stored_keys(cast) == set()
    assert (await api.get("/v1/documents")).json()["data"] == []
    assert (await api.post("/v1/search", json={"query": "pump"})).json()["data"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/content"), ("GET", "/file"), ("GET", "/pages/1")):
        gone = await api.request(method, f"/v1/documents/{document['id']}{path}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "document_not_found")


async def test_the_list_goes_page_by_page(api):
    for number in range(5):
        await api.post("/v1/documents", files=part(f"text {number}", f"{number}.txt"))
    names, cursor = [], ""
    while True:
        page = (await api.get(f"/v1/documents?limit=2{cursor}")).json()
        documents.Documents.model_validate(page, strict=True)
        names += [document["name"] for document in page["data"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert names == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]
    assert (await api.get("/v1/documents?cursor=nonsense")).status_code == 400
    assert (await api.get("/v1/documents?limit=0")).json()["error"]["param"] == "limit"


async def test_reads_are_conditional(api):
    document = (await api.post("/v1/documents", files=part())).json()
    own = [
        f"/v1/documents/{document['id']}{path}" for path in ("", "/content", "/file", "/pages/1", "/pages/1?quote=x")
    ]
    for path in [*own, "/v1/documents", "/v1/models", "/v1/models/consilium", "/v1/capabilities"]:
        first = await api.get(path)
        again = await api.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert (await api.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_document_reads_as_markdown(api):
    document = (await api.post("/v1/documents", files=part())).json()
    whole = await api.get(f"/v1/documents/{document['id']}/content")
    assert whole.headers["content-type"].startswith("text/markdown")
    assert whole.text.startswith("<!-- page 1 -->\n\n# Pump manual")
    assert "<!-- page 2 -->" in whole.text
    second = await api.get(f"/v1/documents/{document['id']}/content?page=2")
    assert second.text.startswith("Second page.")
    assert (await api.get(f"/v1/documents/{document['id']}/content?page=3")).json()["error"]["code"] == "page_not_found"
    assert (await api.get(f"/v1/documents/{document['id']}/content?page=x")).json()["error"]["param"] == "page"


async def test_a_page_opens_where_its_quote_is(api):
    document = (await api.post("/v1/documents", files=part())).json()
    page = await api.get(f"/v1/documents/{document['id']}/pages/1", params={"quote": "covered for 24 months from"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert '<mark id="quote">covered for </mark><strong><mark>24 months</mark></strong><mark> from</mark>' in page.text
    assert f'href="/v1/documents/{document["id"]}/pages/2"' in page.text
    assert 'rel="prev"' not in page.text
    other = await api.get(f"/v1/documents/{document['id']}/pages/2", params={"quote": "| 1 | x |"})
    assert '<td><mark id="quote">1</mark></td>' in other.text
    missing = await api.get(f"/v1/documents/{document['id']}/pages/2", params={"quote": "not there"})
    assert "not on this page" in missing.text
    plain = await api.get(f"/v1/documents/{document['id']}/pages/1", headers={"Accept": "application/json"})
    documents.Page.model_validate(plain.json(), strict=True)
    assert plain.json()["markdown"].startswith("# Pump manual")


async def test_a_page_runs_nothing(api):
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![t](http://evil/t.png)"
    document = (await api.post("/v1/documents", files=part(hostile, "<b>.txt"))).json()
    page = (await api.get(f"/v1/documents/{document['id']}/pages/1", params={"quote": "<script>"})).text
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "<b>" not in page


async def test_the_original_comes_back_whole_or_in_ranges(api):
    document = (await api.post("/v1/documents", files=part(name="mänual.txt"))).json()
    path = f"/v1/documents/{document['id']}/file"
    whole = await api.get(path)
    assert whole.content == MANUAL.encode()
    assert whole.headers["content-disposition"] == "inline; filename*=UTF-8''m%C3%A4nual.txt"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in whole.headers["content-security-policy"]
    some = await api.get(path, headers={"Range": "bytes=2-5"})
    assert (some.status_code, some.content) == (206, MANUAL.encode()[2:6])
    assert some.headers["content-range"] == f"bytes 2-5/{len(MANUAL)}"
    tail = await api.get(path, headers={"Range": "bytes=-4"})
    assert tail.content == MANUAL.encode()[-4:]
    outside = await api.get(path, headers={"Range": "bytes=9999-"})
    assert (outside.status_code, outside.json()["error"]["code"]) == (416, "range")
    for nonsense in ("bytes=5-2", "lines=1-2", "bytes=-", "bytes=x"):
        assert (await api.get(path, headers={"Range": nonsense})).status_code == 200


async def test_an_encrypted_file_opens_with_its_password(api, cast):
    content = locked("sesame")
    refused = await api.post("/v1/documents", files=part(content, "locked.pdf"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "password_required")
    assert await stored_keys(cast) == set()
    wrong = await api.post("/v1/documents", files=part(content, "locked.pdf"), data={"password": "open"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "password_wrong")
    opened = await api.post("/v1/documents", files=part(content, "locked.pdf"), data={"password": "sesame"})
    assert opened.status_code == 201
    original = await api.get(f"/v1/documents/{opened.json()['id']}/file")
    assert original.headers["content-type"] == "application/pdf"
    assert "sandbox" not in original.headers["content-security-policy"]


def locked(password: str) -> bytes:
    with pymupdf.open() as pdf:
        pdf.new_page().insert_text((72, 72), "The treasure lies under the third palm.")
        return pdf.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw=password)


BOUNDARY = "xYz"


def form(*parts: str, end: str = f"--{BOUNDARY}--\r\n") -> bytes:
    return "".join(f"--{BOUNDARY}\r\n{one}\r\n" for one in parts).encode() + end.encode()


def field(name: str, value: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'


def file(value: str, name: str = "a.txt") -> str:
    return f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n{value}'


KEYS = json.dumps({str(number): number for number in range(65)})
HOSTILE = {
    "no form": (b"{}", "application/json", 415, "unsupported"),
    "no content type": (b"x", "", 415, "unsupported"),
    "no boundary": (form(file("x")), "multipart/form-data", 400, "invalid_form"),
    "endless boundary": (form(file("x")), f"multipart/form-data; boundary={'b' * 300}", 400, "invalid_form"),
    "empty body": (b"", None, 400, "invalid_form"),
    "nonsense": (b"nonsense", None, 400, "invalid_form"),
    "cut short": (form(file("x" * 100), end="")[:-20], None, 400, "invalid_form"),
    "no file": (form(field("metadata", "{}")), None, 400, "missing_field"),
    "file as text": (form(field("file", "x")), None, 400, "invalid_form"),
    "two files": (form(file("x"), file("y")), None, 400, "invalid_form"),
    "empty file": (form(file("")), None, 422, "empty_file"),
    "no name": (form(file("x", "")), None, 400, "invalid_form"),
    "only folders": (form(file("x", "a/b/")), None, 400, "invalid_form"),
    "dots": (form(file("x", "../..")), None, 400, "invalid_form"),
    "unknown field": (form(file("x"), field("purpose", "y")), None, 400, "unknown_field"),
    "metadata is no json": (form(file("x"), field("metadata", "{")), None, 400, "invalid_value"),
    "metadata is a list": (form(field("metadata", "[1]"), file("x")), None, 400, "invalid_value"),
    "metadata is nested": (form(file("x"), field("metadata", '{"a": {"b": 1}}')), None, 400, "invalid_value"),
    "metadata is huge": (form(file("x"), field("metadata", "b" * 70_000)), None, 413, "too_large"),
    "many keys": (form(file("x"), field("metadata", KEYS)), None, 413, "too_large"),
    "part without a name": (form("Content-Disposition: form-data\r\n\r\nx"), None, 400, "invalid_form"),
    "many headers": (form("A: b\r\n" * 50 + file("x")), None, 400, "invalid_form"),
    "long header": (form(file("x", "n" * 9000)), None, 400, "invalid_form"),
    "broken file": (form(file("%PDF-1.7 broken", "a.pdf")), None, 422, "damaged"),
    "too large": (form(file("x" * (1024 * 1024 + 1))), None, 413, "file_too_large"),
    "far too large": (form(file("x" * (2 * 1024 * 1024))), None, 413, "too_large"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_form_is_refused_and_leaves_nothing(api, cast, name):
    body, kind, status, code = HOSTILE[name]
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}" if kind is None else kind}
    answer = await api.post("/v1/documents", content=body, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code), error
    assert error["request_id"] == answer.headers["x-request-id"]
    assert await stored_keys(cast) == set()
    assert (await api.get("/v1/documents")).json()["data"] == []


async def test_a_page_from_elsewhere_cannot_add_a_document(api, cast):
    answer = await api.post("/v1/documents", files=part(), headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert await stored_keys(cast) == set()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\\\Users\\\\me\\\\plan.txt", "plan.txt"),
        ("../../etc/passwd", "passwd"),
        ("a\x01\u202eb.txt", "ab.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
async def test_a_file_s_name_is_only_a_name(api, sent, kept):
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await api.post("/v1/documents", content=form(file("x", sent)), headers=headers)
    assert answer.json()["name"] == kept


async def test_a_form_may_come_in_any_pieces_and_order(api):
    body = form(field("metadata", '{"a": 1}'), file("some text\r\n--xY not the end\r\n"), field("password", ""))

    async def drip():
        for at in range(0, len(body), 7):
            yield body[at : at + 7]

    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await api.post("/v1/documents", content=drip(), headers=headers)
    assert answer.status_code == 201
    original = await api.get(f"/v1/documents/{answer.json()['id']}/file")
    assert original.content == b"some text\r\n--xY not the end\r\n"


async def test_a_caller_who_hangs_up_leaves_nothing(url, cast):
    host, port = url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    head = f"POST /v1/documents HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n{kind}\r\n\r\n"
    writer.write(head.encode() + form(file("x" * 5000), end=""))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/v1/documents")).json()["data"] == []
    assert await stored_keys(cast) == set()
