"""Real servers for the tests: PostgreSQL and Redis from the system, else from the wheels that carry them. No root."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from actors.cache import redis_servers


@dataclass(frozen=True)
class PostgreSQL:
    """A running cluster, reached by its unix socket without a password."""

    sockets: Path
    binaries: Path

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database in it."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.sockets}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of any transaction."""
        command = [self.binaries / "psql", "-h", self.sockets, "-U", "postgres", "-qXc", statement, database]
        subprocess.run(command, check=True, capture_output=True)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """A new and empty database; yields its URL."""
        name = f"test_{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    @contextlib.contextmanager
    def standby(self) -> Iterator[PostgreSQL]:
        """A hot standby that streams from this one."""
        with tempfile.TemporaryDirectory(prefix="pg-") as folder:
            user = _unprivileged()
            if user is not None:
                os.chown(folder, user, -1)
            data = Path(folder) / "data"
            backup = [self.binaries / "pg_basebackup", "-h", self.sockets, "-U", "postgres", "-D", data, "-R"]
            subprocess.run([*backup, "-c", "fast"], check=True, capture_output=True, user=user, cwd=folder)
            with _running(self.binaries, Path(folder), user, b"ready to accept read-only connections"):
                yield PostgreSQL(Path(folder), self.binaries)


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Start a throw-away cluster."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        binaries, user = _postgresql_binaries(Path(folder)), _unprivileged()
        if user is not None:
            os.chown(folder, user, -1)
        data = Path(folder) / "data"
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder)
        with _running(binaries, Path(folder), user, b"ready to accept connections"):
            yield PostgreSQL(Path(folder), binaries)


@contextlib.contextmanager
def _running(binaries: Path, folder: Path, user: int | None, ready: bytes) -> Iterator[None]:
    """Run a server on `folder/data` that is durable in nothing, so that it is fast."""
    fast = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")
    options = [word for option in (*fast, "listen_addresses=") for word in ("-c", option)]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", "-k", folder, *options],
        stderr=subprocess.PIPE,
        user=user,
        cwd=folder,
        preexec_fn=_die_with_parent,
    )
    try:
        _wait_for(server, ready)
        yield
    finally:
        server.send_signal(signal.SIGQUIT)  # immediate shutdown: nothing in it is worth a checkpoint
        server.wait()


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Start a server without persistence; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        server = subprocess.Popen(
            [redis_servers.binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            stdout=subprocess.PIPE,
            preexec_fn=_die_with_parent,
        )
        try:
            _wait_for(server, b"Ready to accept connections")
            yield f"redis://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


def _postgresql_binaries(folder: Path) -> Path:
    """Folder of the system's newest PostgreSQL, else of a copy of the one in the pgserver wheel."""
    found = shutil.which("postgres")
    system = [Path(found).resolve().parent] if found else []
    system += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for candidate in system:
        if all((candidate / name).exists() for name in ("postgres", "initdb", "psql")):
            return candidate
    wheel = importlib.util.find_spec("pgserver")
    assert wheel is not None and wheel.origin is not None, "no PostgreSQL: install it, or the pgserver package"
    # A copy, because the user that PostgreSQL has to run as may not be able to look into our environment. Its
    # libraries lie beside the package.
    package = Path(wheel.origin).parent
    for source in (package / "pginstall", package.with_name("pgserver.libs")):
        shutil.copytree(source, folder / source.relative_to(package.parent), symlinks=True)
    return folder / "pgserver" / "pginstall" / "bin"


def _unprivileged() -> int | None:
    """Whom to be when we are root, which PostgreSQL refuses to run for."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    return 65534


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a killed test run leaves no server behind


def _wait_for(server: subprocess.Popen[bytes], word: bytes) -> None:
    """Read what the server prints until the word comes; go on reading, so that it never blocks."""
    output = server.stderr or server.stdout
    assert output is not None
    heard = []
    for line in output:
        heard.append(line)
        if word in line:
            threading.Thread(target=output.read, daemon=True).start()
            return
    raise RuntimeError(f"{server.args!r} ended: {b''.join(heard).decode(errors='replace')}")
