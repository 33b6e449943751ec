"""`make run` as a newcomer meets it: first start, second start, taken ports, Ctrl-C."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from serve_apps.run import processes
from tests import installations


def test_the_first_start_shows_a_cited_answer(installation: installations.Installation) -> None:
    said = installation.output
    assert "arden-e2-manual.pdf: ready" in said
    assert "Q  How often should I descale the machine?" in said
    assert "three months" in said
    assert "[1] arden-e2-manual.pdf, page 9" in said
    assert f"{installation.api_url}/docs" in said


def test_a_taken_port_is_a_clear_message(installation: installations.Installation, tmp_path: Path) -> None:
    port = installation.api_url.rsplit(":", 1)[1]
    ended = subprocess.run(
        [sys.executable, "-m", "serve_apps.run", "--home", str(tmp_path), "--port", port],
        cwd=installations.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert f"port {port} (HTTP) is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_home_in_use_is_a_clear_message(installation: installations.Installation) -> None:
    flags = ["--port", str(installations.free_port()), "--dashboard-port", str(installations.free_port())]
    ended = subprocess.run(
        [sys.executable, "-m", "serve_apps.run", "--home", str(installation.home), *flags],
        cwd=installations.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "already runs" in ended.stderr


def test_ctrl_c_ends_everything_and_a_second_start_finds_it_again(tmp_path: Path) -> None:
    first = installations.start(tmp_path, "--no-console")
    mark = first.run
    with httpx.Client(base_url=first.api_url, timeout=60) as api:
        before = {document["name"] for document in api.get("/v1/documents").json()["data"]}
    assert "── stopped" in installations.stop(first)
    assert list(processes.marked(mark)) == []
    assert first.process.returncode == 0

    second = installations.start(tmp_path, "--no-console", CONSILIUM_LIBRARY__SHARDS="3")
    try:
        assert "Q  " not in second.output
        with httpx.Client(base_url=second.api_url, timeout=60) as api:
            assert {document["name"] for document in api.get("/v1/documents").json()["data"]} == before
            found = api.post("/v1/search", json={"query": "hotel limit per night", "k": 5}).json()["data"]
            assert "travel-policy.docx" in {passage["name"] for passage in found}
    finally:
        installations.stop(second)
