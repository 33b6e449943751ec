"""One running installation for every test that needs one: started as a newcomer starts it, stopped as they stop it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[1]
TOKEN = Path(tempfile.mkdtemp(prefix="ray-token-")) / "token"
"""Where a test that joins an installation's Ray puts its token: Ray looks for the place once, when it is imported."""
os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(TOKEN)}

START_TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 90.0
SETTLE_TIMEOUT_S = 60.0
LAST_LINE = "Ctrl-C stops everything"


@dataclass(frozen=True)
class Installation:
    """Where it answers, and what it has said."""

    api_url: str
    console_url: str
    home: Path
    process: subprocess.Popen[str]
    output: str
    """What `make run` printed until it said that it stays."""

    @property
    def ray_address(self) -> str:
        """Where a driver joins; it needs the token in `home / "ray-token"`."""
        return (self.home / "ray-address").read_text()

    @property
    def run(self) -> str:
        """The mark of this run in the environment of all its processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            for entry in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
                if entry.startswith(b"CONSILIUM_RUN="):
                    return entry.split(b"=", 1)[1].decode()
        raise AssertionError("the installation has no child that carries its mark")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, *flags: str, **environment: str) -> Installation:
    """Run `python -m serve_apps.run` and return once it says that it stays."""
    port = free_port()
    command = [sys.executable, "-m", "serve_apps.run", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--dashboard-port", str(free_port()), *flags],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if LAST_LINE in line:
            break
    else:
        log = home / "logs" / "up.log"
        tail = log.read_text()[-4000:] if log.exists() else ""
        raise AssertionError(f"the installation did not start:\n{''.join(said)}\n{tail}")
    url = f"http://127.0.0.1:{port}"
    return Installation(url, f"{url}/console", home, process, "".join(said))


def stop(installation: Installation) -> str:
    """Press Ctrl-C and return what it says; fails when it does not end."""
    if installation.process.poll() is None:
        installation.process.send_signal(signal.SIGINT)
    rest, _ = installation.process.communicate(timeout=STOP_TIMEOUT_S)
    return rest


def settled(api: httpx.Client, document: dict[str, Any]) -> dict[str, Any]:
    """Wait as a client does until the document is ready."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while document["status"] == "processing":
        assert time.monotonic() < deadline, document
        document = api.get(f"/v1/documents/{document['id']}").raise_for_status().json()
    assert document["status"] == "ready", document
    return document


def ready(api: httpx.Client) -> None:
    """Wait as a load balancer does until every part answers."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while (answer := api.get("/readyz")).status_code != httpx.codes.OK:
        assert time.monotonic() < deadline, answer.text


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The shared installation, with the examples loaded."""
    running = start(tmp_path_factory.mktemp("home"))
    yield running
    stop(running)


@pytest.fixture
def api(installation: Installation) -> Iterator[httpx.Client]:
    """An HTTP client at the installation's door."""
    with httpx.Client(base_url=installation.api_url, timeout=60.0) as client:
        yield client
