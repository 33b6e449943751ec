"""A copy in a process of its own that is killed on its way, and the comparison of two databases."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from actors.database import copies, engines, tables

ROOT = Path(__file__).parents[1]


def start(source: str, target: str, batch: int) -> subprocess.Popen[str]:
    """Begin to copy."""
    command = [sys.executable, "-m", "actors.database", "copy", source, target, "--batch", str(batch)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_at(copy: subprocess.Popen[str], lines: int) -> None:
    """Kill it after so many lines of progress; fails when it ended before."""
    assert copy.stdout is not None
    for _ in range(lines):
        assert copy.stdout.readline(), copy.stderr and copy.stderr.read()
    copy.send_signal(signal.SIGKILL)
    copy.communicate()
    assert copy.returncode == -signal.SIGKILL


def finish(copy: subprocess.Popen[str]) -> str:
    """Let it end well; return what it said."""
    out, err = copy.communicate()
    assert copy.returncode == 0, err
    return out


async def digests(database: engines.Database) -> dict[str, tuple[int, str]]:
    """For each table: rows, and a digest of all of them in the order of their keys, JSON as its text."""
    found = {}
    async with database.reading() as connection:
        postgresql = connection.dialect.name == "postgresql"
        for table in tables.metadata.sorted_tables:
            collated = [
                sa.cast(column, sa.Text).collate("C") if postgresql and isinstance(column.type, sa.Text) else column
                for column in table.primary_key
            ]
            query = sa.select(*(copies._raw(column, postgresql) for column in table.c)).order_by(*collated)
            digest, rows = hashlib.sha256(), 0
            async for row in await connection.stream(query):
                digest.update(repr(tuple(row)).encode())
                rows += 1
            found[table.name] = (rows, digest.hexdigest())
    return found
