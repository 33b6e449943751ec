"""`python -m serve_apps.run`: start an installation here, show it working, keep it, and take all of it down again."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

import httpx
import pydantic

from actors import settings
from serve_apps.run import environments, greetings, locks, ports, processes

STARTS = 3
READY_TIMEOUT_S = 300.0
POLL_S = 0.25
EXAMPLES = Path(__file__).parents[2] / "examples"


class Stop(Exception):
    """Somebody asked us to stop."""


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 after an orderly stop, 2 when nothing could be started."""
    try:
        chosen = _settings(arguments)
    except pydantic.ValidationError as error:
        for problem in error.errors():
            print(f"consilium: {'.'.join(map(str, problem['loc']))}: {problem['msg']}", file=sys.stderr)
        return 2
    for what, host, port in (
        ("HTTP", chosen.http.host, chosen.http.port),
        ("dashboard", "127.0.0.1", chosen.cluster.dashboard_port),
    ):
        if ports.taken(host, port):
            flag = "--port" if what == "HTTP" else "--dashboard-port"
            print(
                f"consilium: port {port} ({what}) is taken by another program. "
                f'Choose another: make run ARGS="{flag} {port + 1}"',
                file=sys.stderr,
            )
            return 2
    chosen.home.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as cleanup:
        try:
            cleanup.enter_context(locks.exclusive(chosen.home / "run.lock"))
        except BlockingIOError:
            print(f"consilium: another installation already runs on {chosen.home}", file=sys.stderr)
            return 2
        try:
            return _run(chosen, cleanup)
        except Stop:
            return 0


def _settings(arguments: list[str] | None) -> settings.Settings:
    parser = argparse.ArgumentParser(prog="make run", description="Start Consilium on this machine.")
    parser.add_argument("--home", type=Path, help="folder of all state (CONSILIUM_HOME, default .consilium)")
    parser.add_argument("--host", help="address to listen on (CONSILIUM_HTTP__HOST, default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="HTTP port (CONSILIUM_HTTP__PORT, default 8000)")
    parser.add_argument("--dashboard-port", type=int, help="Ray dashboard (CONSILIUM_CLUSTER__DASHBOARD_PORT)")
    parser.add_argument("--no-console", action="store_true", help="leave the web console out")
    given = parser.parse_args(arguments)
    flags = {
        "CONSILIUM_HOME": given.home,
        "CONSILIUM_HTTP__HOST": given.host,
        "CONSILIUM_HTTP__PORT": given.port,
        "CONSILIUM_CLUSTER__DASHBOARD_PORT": given.dashboard_port,
        "CONSILIUM_CONSOLE__ENABLED": "false" if given.no_console else None,
    }
    # Flags become environment so that the child process reads the very same settings.
    os.environ.update({name: str(value) for name, value in flags.items() if value is not None})
    return settings.Settings()


def _run(chosen: settings.Settings, cleanup: contextlib.ExitStack) -> int:
    _raise_descriptor_limit()
    run = secrets.token_hex(8)
    scratch = Path(tempfile.mkdtemp(prefix="consilium-", dir="/tmp"))
    cleanup.callback(shutil.rmtree, scratch, ignore_errors=True)
    token = environments.token_path(chosen)
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32))
    (chosen.home / "logs").mkdir(exist_ok=True)
    greetings.say(f"starting in {chosen.home} (log: {chosen.home / 'logs' / 'up.log'})")
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _stop)
    for left in reversed(range(STARTS)):
        ended = _hold_up(chosen, run, environments.ray(chosen, scratch, ports.internal(random.Random()), run))
        if ended != environments.RAY_DID_NOT_START:
            return ended
        greetings.say("Ray did not answer in its time" + ("; once more" if left else ", time and again"))
    return 2


def _hold_up(chosen: settings.Settings, run: str, environment: dict[str, str]) -> int:
    """Start the installation, show it, and wait for its end. Returns the exit status; everything is down then."""
    log = chosen.home / "logs" / "up.log"
    child: subprocess.Popen[bytes] | None = None
    try:
        with log.open("ab") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", "serve_apps.run.up"],
                env=os.environ | environment,
                stdin=subprocess.PIPE,  # its end tells the child that we are gone, however we went
                stderr=file,
                start_new_session=True,
            )
        _wait_until_ready(chosen, child)
        greetings.greet(chosen, EXAMPLES)
        status = child.wait()
        print(f"consilium: the installation ended by itself (status {status}); see {log}", file=sys.stderr)
        return 1
    except Stop:
        greetings.say("stopping")
        return 0
    except (greetings.NotStarted, httpx.TransportError) as error:
        if child is not None and child.poll() == environments.RAY_DID_NOT_START:
            return environments.RAY_DID_NOT_START
        print(f"consilium: {error}; see {log}", file=sys.stderr)
        return 2
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)
        if child is not None:
            _take_down(child, run, chosen.cluster.stop_timeout_s)
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, _stop)


def _wait_until_ready(chosen: settings.Settings, child: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    waiting: frozenset[str] = frozenset()
    with httpx.Client(base_url=greetings.base_url(chosen), timeout=5.0) as client:
        while time.monotonic() - began < READY_TIMEOUT_S:
            if child.poll() is not None:
                raise greetings.NotStarted(f"the installation ended with status {child.returncode}")
            with contextlib.suppress(httpx.TransportError, ValueError):
                answer = client.get("/readyz")
                if answer.status_code == httpx.codes.OK:
                    greetings.say(f"ready after {time.monotonic() - began:.0f} s")
                    return
                parts = answer.json().get("parts", {}) if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else {}
                missing = frozenset(part for part, ready in parts.items() if not ready)
                if missing and missing != waiting:
                    greetings.say("waiting for " + ", ".join(sorted(missing)))
                    waiting = missing
            time.sleep(POLL_S)
    raise greetings.NotStarted(f"not ready after {READY_TIMEOUT_S:.0f} s")


def _take_down(child: subprocess.Popen[bytes], run: str, timeout_s: float) -> None:
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout_s)
    left = processes.end(run, grace_s=3.0)
    child.wait()
    greetings.say(f"stopped ({left} processes had to be ended)" if left else "stopped")


def _raise_descriptor_limit() -> None:
    """HAProxy refuses to start below about 18 000 descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop


if __name__ == "__main__":
    sys.exit(main())
