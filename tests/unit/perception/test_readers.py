"""Reader processes: warm, bounded, replaced when a file breaks them, and gone when nobody wants them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from actors import errors, settings
from actors.perception.documents import readers
from tests.unit.perception import making

SLOW = b"a,b\n" + b"1,2\n" * 3_000_000
"""Several seconds of work."""


@pytest.fixture
async def pool() -> AsyncIterator[readers.Readers]:
    made = readers.Readers(settings.Documents())
    yield made
    await made.close()


def file(folder: Path, data: bytes, name: str = "f") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


async def until_started(pool: readers.Readers) -> int:
    while not pool.pids:
        await asyncio.sleep(0.01)
    (pid,) = pool.pids
    return pid


async def gone(pid: int) -> None:
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.02)


async def test_one_warm_process_reads_many_files(pool: readers.Readers, tmp_path: Path) -> None:
    assert not pool.pids
    first = await pool.read(file(tmp_path, b"one"), "one.txt")
    pids = pool.pids
    second = await pool.read(file(tmp_path, making.workbook()), "two.xlsx")
    assert [page.markdown for page in first.pages] == ["one"]
    assert [page.label for page in second.pages] == ["Prices | 2026", "Other"]
    assert pool.pids == pids
    assert len(pids) == 1


async def test_errors_keep_their_type_and_the_process(pool: readers.Readers, tmp_path: Path) -> None:
    data = making.pdf([(72, 90, "secret", 10, "helv")], encryption=5, user_pw="geheim", owner_pw="boss")
    path = file(tmp_path, data)
    for password, kind, code in [
        (None, errors.PasswordNeeded, "password_required"),
        ("nein", errors.PasswordNeeded, "password_wrong"),
    ]:
        with pytest.raises(kind) as caught:
            await pool.read(path, "s.pdf", password=password)
        assert caught.value.code == code
    pids = pool.pids
    assert (await pool.read(path, "s.pdf", password="geheim")).pages[0].markdown == "secret"
    assert pool.pids == pids


async def test_passwords_stay_off_command_lines_and_environments(pool: readers.Readers, tmp_path: Path) -> None:
    os.environ["CONSILIUM_TEST_SECRET"] = "do not pass on"
    try:
        await pool.read(file(tmp_path, b"x"), "x.txt", password="hunter2")
    finally:
        del os.environ["CONSILIUM_TEST_SECRET"]
    (pid,) = pool.pids
    process = psutil.Process(pid)
    assert "hunter2" not in " ".join(process.cmdline())
    assert "CONSILIUM_TEST_SECRET" not in process.environ()


async def test_a_file_that_takes_too_long(tmp_path: Path) -> None:
    pool = readers.Readers(settings.Documents(parse_timeout_s=0.3))
    path = file(tmp_path, SLOW)
    with pytest.raises(errors.Unreadable) as caught:
        await pool.read(path, "slow.csv")
    assert caught.value.code == "timeout"
    assert not pool.pids
    assert (await pool.read(file(tmp_path, b"next", "n"), "n.txt")).pages[0].markdown == "next"
    await pool.close()


@pytest.mark.parametrize("deadly", [signal.SIGSEGV, signal.SIGKILL])
async def test_a_reader_that_dies_is_replaced(pool: readers.Readers, tmp_path: Path, deadly: signal.Signals) -> None:
    reading = asyncio.ensure_future(pool.read(file(tmp_path, SLOW), "slow.csv"))
    pid = await until_started(pool)
    await asyncio.sleep(0.2)
    os.kill(pid, deadly)
    with pytest.raises(errors.Unreadable) as caught:
        await reading
    assert caught.value.code == ("too_costly" if deadly == signal.SIGKILL else "damaged")
    assert (await pool.read(file(tmp_path, b"next", "n"), "n.txt")).pages[0].markdown == "next"
    assert pid not in pool.pids


async def test_a_reader_that_died_in_its_sleep_costs_no_file(pool: readers.Readers, tmp_path: Path) -> None:
    path = file(tmp_path, b"text")
    await pool.read(path, "t.txt")
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    await gone(pid)
    assert (await pool.read(path, "t.txt")).pages[0].markdown == "text"
    assert pid not in pool.pids


async def test_a_file_that_needs_too_much_memory(tmp_path: Path) -> None:
    pool = readers.Readers(settings.Documents(parse_memory_bytes=512 << 20, unpacked_bytes=2 << 30))
    body = "<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 3_000_000
    xml = f'<w:d xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:d>'
    with pytest.raises(errors.Unreadable) as caught:
        await pool.read(file(tmp_path, making.zipped({"word/document.xml": xml})), "big.docx")
    assert caught.value.code == "too_costly"
    assert (await pool.read(file(tmp_path, b"next", "n"), "n.txt")).pages[0].markdown == "next"
    await pool.close()


async def test_a_cancelled_reading_ends_its_process(pool: readers.Readers, tmp_path: Path) -> None:
    reading = asyncio.ensure_future(pool.read(file(tmp_path, SLOW), "slow.csv"))
    pid = await until_started(pool)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await gone(pid)
    assert not pool.pids


async def test_idle_processes_end(tmp_path: Path) -> None:
    pool = readers.Readers(settings.Documents(reader_idle_s=0.05))
    await pool.read(file(tmp_path, b"x"), "x.txt")
    async with asyncio.timeout(10):
        while pool.pids:
            await asyncio.sleep(0.02)
    await pool.close()


async def test_no_more_processes_than_allowed(tmp_path: Path) -> None:
    pool = readers.Readers(settings.Documents(readers=2))
    path = file(tmp_path, making.workbook())
    parsed = await asyncio.gather(*(pool.read(path, "w.xlsx") for _ in range(8)))
    assert len({one.pages for one in parsed}) == 1
    assert len(pool.pids) == 2
    await pool.close()
    assert not pool.pids
    with pytest.raises(errors.Unavailable):
        await pool.read(path, "w.xlsx")


async def test_the_layout_pass_tells_its_progress_and_leaves_no_process(pool: readers.Readers, tmp_path: Path) -> None:
    lines = [(72, 90, "The device", 20, "hebo"), (72, 130, "It measures the pressure of steam.", 10, "helv")]
    path = file(tmp_path, making.pdf(lines, lines, encryption=5, user_pw="geheim", owner_pw="boss"))
    seen: list[tuple[int, int]] = []
    parsed = await pool.read_layout(path, "geheim", lambda done, total: seen.append((done, total)))
    assert parsed.layout == "done"
    assert seen[:2] == [(1, 2), (2, 2)]
    assert all("It measures the pressure of steam." in page.markdown for page in parsed.pages)
    assert not pool.pids


async def test_pages_behind_the_deadline_keep_their_text(tmp_path: Path) -> None:
    pool = readers.Readers(settings.Documents(layout_timeout_s=0.001))
    parsed = await pool.read_layout(file(tmp_path, making.pdf([(72, 90, "still here", 10, "helv")])))
    assert parsed.pages[0].markdown == "still here"
    await pool.close()


def test_readers_die_with_their_owner(tmp_path: Path) -> None:
    slow = file(tmp_path, SLOW)
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
            import asyncio, pathlib
            from actors import settings
            from actors.perception.documents import readers
            async def main():
                pool = readers.Readers(settings.Documents())
                reading = asyncio.ensure_future(pool.read(pathlib.Path({str(slow)!r}), "slow.csv"))
                while not pool.pids:
                    await asyncio.sleep(0.01)
                print(*pool.pids, flush=True)
                await reading
            asyncio.run(main())
            """),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert psutil.pid_exists(pid)
    owner.kill()
    owner.wait()
    limit = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid)


def test_a_reader_process_cannot_reach_out() -> None:
    script = textwrap.dedent("""
        import os, socket, subprocess
        from actors.perception.documents import cages
        cages.close(1 << 31)
        for attempt in (
            lambda: socket.create_connection(("127.0.0.1", 9)),
            lambda: subprocess.run(["true"]),
            lambda: os.system("true"),
            lambda: os.fork(),
        ):
            try:
                attempt()
            except PermissionError:
                print("refused")
        try:
            with open("/tmp/written-by-a-reader", "wb", buffering=0) as out:
                out.write(b"x")
        except OSError:
            print("refused")
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.stdout.split() == ["refused"] * 5, done.stderr
