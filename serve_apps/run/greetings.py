"""What a newcomer sees: examples loaded once, one question asked, and where everything is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, TextIO

import httpx

from actors import settings

SETTLE_TIMEOUT_S = 120.0
POLL_S = 0.2
QUOTE_CHARS = 160


class NotStarted(Exception):
    """The installation did not come up."""


def say(text: str, to: TextIO | None = None) -> None:
    """Print one line of progress at once."""
    print(f"── {text}", flush=True, file=to)


def base_url(chosen: settings.Settings) -> str:
    """Where a client on this machine reaches the service."""
    host = "127.0.0.1" if chosen.http.host in ("0.0.0.0", "::") else chosen.http.host
    return f"http://{host}:{chosen.http.port}"


def greet(chosen: settings.Settings, examples: Path) -> None:
    """Load the examples and ask a question on the very first start; then say where everything is."""
    first = chosen.home / "examples-loaded"
    with httpx.Client(base_url=base_url(chosen), timeout=SETTLE_TIMEOUT_S) as client:
        if not first.exists():
            questions = json.loads((examples / "questions.json").read_text())
            for name in dict.fromkeys(question["document"] for question in questions):
                _load(client, examples / name)
            _ask(client, questions[0]["question"])
            first.touch()
    _addresses(chosen)


def _load(client: httpx.Client, path: Path) -> None:
    with path.open("rb") as file:
        answer = client.post("/v1/documents", files={"file": (path.name, file)})
    if answer.is_error:
        say(f"{path.name}: {answer.json()['error']['message']}")
        return
    document = answer.json()
    began = time.monotonic()
    while document["status"] == "processing" and time.monotonic() - began < SETTLE_TIMEOUT_S:
        time.sleep(POLL_S)
        document = client.get(f"/v1/documents/{document['id']}").json()
    say(f"{path.name}: {document['status']}, {document['pages']} pages, {document['chunks']} passages")


def _ask(client: httpx.Client, question: str) -> None:
    answer = client.post(
        "/v1/chat/completions",
        json={"model": "consilium", "messages": [{"role": "user", "content": question}]},
    )
    if answer.is_error:
        say(f"the first question failed: {answer.json()['error']['message']}")
        return
    body: dict[str, Any] = answer.json()
    print(f"\n   Q  {question}\n   A  {body['choices'][0]['message']['content']}\n")
    for citation in body["consilium"]["citations"]:
        quote = " ".join(citation["quote"].split())[:QUOTE_CHARS]
        print(f"      [{citation['index']}] {citation['name']}, page {citation['page']}: “{quote}”")
    print(flush=True)


def _addresses(chosen: settings.Settings) -> None:
    url = base_url(chosen)
    lines = [
        ("API", f"{url}/v1"),
        *([("console", f"{url}/console")] if chosen.console.enabled else []),
        ("API docs", f"{url}/docs"),
        ("Ray dashboard", f"http://127.0.0.1:{chosen.cluster.dashboard_port}"),
        ("  its token", str(chosen.home / "ray-token")),
    ]
    for name, where in lines:
        print(f"   {name:<14} {where}")
    say("Ctrl-C stops everything")
