"""kill -9, at the worst moment, of each part that a question passes: it costs at most that one question."""

from __future__ import annotations

import signal
import threading
import time

import httpx
import openai
import psutil
import pytest

from serve_apps.run import processes
from tests import installations

QUESTION = "How often should I descale the machine?"
ASKED_AFTER = 8


def one(installation: installations.Installation, title: str) -> psutil.Process:
    """The only process of this run with `title` in what it calls itself: an actor at work puts its own name before."""
    deadline = time.monotonic() + installations.SETTLE_TIMEOUT_S
    while True:  # for a moment after a fork the child still has its parent's title
        titles = {process: _title(process) for process in processes.marked(installation.run)}
        found = [process for process, called in titles.items() if title in called]
        if len(found) == 1:
            return found[0]
        assert time.monotonic() < deadline, sorted(titles.values())


def _title(process: psutil.Process) -> str:
    try:
        return process.cmdline()[0]
    except (psutil.Error, IndexError):
        return ""


def ask(client: openai.OpenAI, wish: str) -> bool:
    """Whether a question gets a whole, cited answer; `bypass` sends it the whole way."""
    try:
        stream = client.chat.completions.create(
            model="consilium",
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            extra_body={"consilium": {"cache": wish}},
        )
        chunks = list(stream)
    except (openai.APIError, httpx.HTTPError):
        return False
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    return "three months" in text and chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("title", "wish"),
    [
        ("LibraryShard", "bypass"),
        ("redis-server", "bypass"),
        ("redis-server", "refresh"),
        ("CacheShard", "refresh"),
        ("IntakeActor", "bypass"),
        ("ServeReplica:perception", "bypass"),
    ],
)
def test_a_kill_costs_at_most_one_question(installation: installations.Installation, title: str, wish: str) -> None:
    with openai.OpenAI(base_url=f"{installation.api_url}/v1", api_key="none", max_retries=0, timeout=60) as client:
        assert ask(client, wish)
        victim = one(installation, title)
        outcomes: list[bool] = []
        asking = threading.Event()

        def keep_asking() -> None:
            for _ in range(ASKED_AFTER):
                asking.set()
                outcomes.append(ask(client, wish))

        thread = threading.Thread(target=keep_asking)
        thread.start()
        asking.wait()
        victim.send_signal(signal.SIGKILL)
        thread.join()
        assert outcomes.count(False) <= 1, outcomes
        assert outcomes[-1]


def test_the_killed_come_back(installation: installations.Installation, api: httpx.Client) -> None:
    """After all of that the service is whole: every part ready, uploads and deletes work."""
    installations.ready(api)
    answer = api.post(
        "/v1/documents", files={"file": ("after.md", b"# After\n\nThe lighthouse keeper is called Ann.\n")}
    )
    assert answer.status_code in (201, 202), answer.text
    document = installations.settled(api, answer.json())
    only = {"documents": [document["id"]]}
    found = api.post("/v1/search", json={"query": "Who keeps the lighthouse?", "k": 3, "filter": only}).json()["data"]
    assert "Ann" in found[0]["text"]
    assert api.delete(f"/v1/documents/{document['id']}").status_code == 200
