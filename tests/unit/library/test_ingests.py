"""The library's door, over a real database, real files, a real index: what comes in, what is replaced, what is gone."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from actors import errors, knobs, messages, settings
from actors.database import documents, engines, files, migrations, readings, revisions, tables, tasks
from actors.library import desks, indexes, indexing, ingests, libraries, shards, workers
from actors.models import hashing, lanes, tokens

WAIT_S = 20.0


@dataclass
class PlainReader:
    """Reads a file as Markdown, pages between form feeds. BAD files are damaged; `gate` holds layout passes back."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    first_passes: int = 0

    async def read(self, path: Path, name: str, media_type: str, password: str | None) -> messages.Parsed:
        self.first_passes += 1
        text = path.read_text()
        if text.startswith("BAD"):
            raise errors.Unreadable("The file is damaged.", "damaged", "file")
        if text.startswith("SECRET") and password != "open":
            raise errors.PasswordNeeded("A password is needed.", "password_required", "password")
        layout: messages.Layout = "pending" if name.endswith(".pdf") else "none"
        return messages.Parsed("text/markdown", self._pages(text), layout=layout)

    async def read_layout(self, path: Path, password: str | None, progress: desks.PagesDone) -> messages.Parsed:
        await self.gate.wait()
        text = path.read_text()
        if "NO LAYOUT" in text:
            raise errors.Unreadable("Too hard.", "too_costly")
        pages = self._pages(text.replace("plain", "laid out"))
        for done in range(len(pages)):
            progress(done + 1, len(pages))
        return messages.Parsed("text/markdown", pages, layout="done")

    @staticmethod
    def _pages(text: str) -> tuple[messages.Page, ...]:
        return tuple(messages.Page(number, page) for number, page in enumerate(text.split("\f"), 1))


class Announced:
    """Takes down what was made known, and how the document stood just then: what is told comes before the telling."""

    def __init__(self, database: engines.Database) -> None:
        self._documents = documents.Documents(database)
        self.heard: list[tuple[str, str]] = []
        self.error: errors.Unavailable | None = None

    async def invalidate(self, tags: Collection[str]) -> int:
        if self.error is not None:
            raise self.error
        assert "library" in tags
        (document_id,) = (tag.removeprefix("document:") for tag in tags if tag.startswith("document:"))
        try:
            status = (await self._documents.get(document_id)).status
        except errors.NotFound:
            status = "gone"
        self.heard.append((document_id, status))
        return 0


class Counted:
    """An embedding engine that counts the texts it was asked for, and can be cut off."""

    def __init__(self, name: str = "hashing") -> None:
        self._lanes = lanes.Lanes(hashing.Hashing())
        self.name = name
        self.dimensions = self._lanes.dimensions
        self.texts = 0
        self.working = asyncio.Event()
        self.working.set()

    async def embed(self, texts: list[str]) -> object:
        await self.working.wait()
        self.texts += len(texts)
        return await self._lanes.embed(texts)

    def close(self) -> None:
        self._lanes.close()


@dataclass
class House:
    """One library on one home folder; may be opened again on the same folder, as after a crash."""

    home: Path
    database: engines.Database
    desk: desks.Desk
    index: indexes.Index
    library: libraries.Library
    ingest: ingests.Ingest
    staff: workers.Workers
    reader: PlainReader
    embeddings: Counted
    announced: Announced
    work: asyncio.Task[None] | None = None

    def open_shop(self) -> None:
        self.work = asyncio.create_task(self.staff.run())

    async def kill(self) -> None:
        """End the workers as abruptly as a process ends: no task is released."""
        if self.work is not None:
            self.work.cancel()
            await asyncio.gather(self.work, return_exceptions=True)

    async def upload(self, name: str, text: str, **fields: object) -> messages.Upload:
        async def chunks() -> AsyncIterator[bytes]:
            yield text.encode()

        key, sha256, size = await self.desk.files.write(chunks(), 10_000_000)
        return messages.Upload(name, key, sha256, size, **fields)  # type: ignore[arg-type]

    async def accept(self, name: str, text: str, **fields: object) -> messages.Document:
        return await self.ingest.accept(await self.upload(name, text, **fields))

    async def ready(self, name: str, text: str, **fields: object) -> messages.Document:
        document = await self.accept(name, text, **fields)
        return await self.ingest.settled(document.id, WAIT_S)

    async def found(self, question: str) -> list[str]:
        query = messages.Query(question, None, k=10, alpha=1.0, depth=50)
        return [evidence.text for evidence in await self.library.search(query)]

    async def rows(self) -> int:
        async with self.database.reading() as connection:
            counts = [
                (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
                for table in tables.metadata.sorted_tables
                if not table.name.startswith("cache_")
            ]
        return sum(counts)

    async def until(self, condition: Callable[[messages.Document], bool], document_id: str) -> messages.Document:
        async with asyncio.timeout(WAIT_S):
            while True:
                changed = self.staff.next_change()
                document = await self.desk.documents.get(document_id)
                if condition(document):
                    return document
                await changed


@contextlib.asynccontextmanager
async def house(home: Path, *, embedding: str = "hashing", **limits: object) -> AsyncIterator[House]:
    options = settings.Settings(home=home)
    database = engines.Database(options.truth_url, options.database)
    home.mkdir(exist_ok=True)
    await migrations.upgrade(database)
    embeddings = Counted(embedding)
    index = indexes.Index(embeddings.dimensions)
    library = libraries.Library({"0": shards.LocalShard(index)}, 10.0)
    reader = PlainReader()
    known_revisions, known_readings = revisions.Revisions(database), readings.Readings(database)
    numbers = itertools.count()
    announced = Announced(database)
    desk = desks.Desk(
        documents=documents.Documents(database),
        revisions=known_revisions,
        readings=known_readings,
        tasks=tasks.Tasks(database),
        files=files.Files(options.originals_url),
        reader=reader,
        indexer=indexing.Indexer(known_revisions, known_readings, embeddings, library, time.time),
        tokens=tokens.Words(),
        limits=settings.Documents(**limits),
        cutting=knobs.Chunking(),
        clock=time.time,
        new_id=lambda prefix: f"{prefix}_{time.time_ns()}{next(numbers)}",
        changes=announced,
    )
    staff = workers.Workers(desk, owner=str(time.time_ns()))
    made = House(
        home, database, desk, index, library, ingests.Ingest(desk, staff), staff, reader, embeddings, announced
    )
    try:
        yield made
    finally:
        await made.kill()
        embeddings.close()
        await database.close()


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        made.open_shop()
        yield made


async def test_an_upload_becomes_searchable(open_house: House) -> None:
    document = await open_house.ready("whales.md", "# Whales\n\nThe blue whale weighs 150 tonnes.\fIt sings.")
    assert (document.status, document.version, document.pages) == ("ready", 1, 2)
    assert "150 tonnes" in (await open_house.found("blue whale"))[0]


async def test_the_same_bytes_are_the_same_document_and_no_new_work(open_house: House) -> None:
    first = await open_house.ready("a.md", "The same words.")
    again = await open_house.accept("b.md", "The same words.")
    assert again.id == first.id
    assert open_house.reader.first_passes == 1
    assert len(await open_house.desk.files.keys()) == 1


async def test_racing_uploads_of_the_same_bytes_end_as_one_document(open_house: House) -> None:
    both = await asyncio.gather(*(open_house.accept("race.md", "One winner.") for _ in range(5)))
    assert len({document.id for document in both}) == 1
    assert open_house.reader.first_passes == 1


async def test_a_new_version_replaces_the_old_as_a_whole(open_house: House) -> None:
    first = await open_house.ready("price.md", "The grinder costs 100 euros.")
    open_house.embeddings.working.clear()
    second = await open_house.accept("price.md", "The grinder costs 120 euros.")
    assert (second.id, second.status, second.version) == (first.id, "processing", 1)
    assert await open_house.found("grinder") == ["The grinder costs 100 euros."]
    open_house.embeddings.working.set()
    ready = await open_house.ingest.settled(first.id, WAIT_S)
    assert ready.version == 2
    assert await open_house.found("grinder") == ["The grinder costs 120 euros."]
    assert len(await open_house.desk.files.keys()) == 1


async def test_a_damaged_file_leaves_nothing(open_house: House) -> None:
    with pytest.raises(errors.Unreadable, match="damaged"):
        await open_house.accept("bad.md", "BAD bytes")
    assert await open_house.rows() == 0
    assert await open_house.desk.files.keys() == {}


async def test_a_damaged_new_version_leaves_the_old_one_alone(open_house: House) -> None:
    first = await open_house.ready("report.md", "Revenue grew by 3 %.")
    with pytest.raises(errors.Unreadable):
        await open_house.accept("report.md", "BAD bytes")
    assert await open_house.desk.documents.get(first.id) == first
    assert await open_house.found("revenue") == ["Revenue grew by 3 %."]


async def test_a_missing_password_is_said_and_a_right_one_opens(open_house: House) -> None:
    with pytest.raises(errors.PasswordNeeded):
        await open_house.accept("secret.md", "SECRET plans for the harbour.")
    document = await open_house.ready("secret.md", "SECRET plans for the harbour.", password="open")
    assert document.status == "ready"


async def test_a_deferred_bad_file_is_a_failed_document_that_may_be_tried_again(open_house: House) -> None:
    document = await open_house.ready("secret.md", "SECRET plans for the harbour.", deferred=True)
    assert (document.status, document.error) == ("failed", "A password is needed.")
    again = await open_house.ready("secret.md", "SECRET plans for the harbour.", password="open", deferred=True)
    assert again.status == "ready"
    assert await open_house.found("harbour")


async def test_delete_leaves_no_trace(open_house: House) -> None:
    document = await open_house.ready("gone.md", "The vault code is 4711.")
    await open_house.ready("stays.md", "The garden is open.")
    before = await open_house.rows()
    await open_house.ingest.delete(document.id)
    assert await open_house.found("vault code") == []
    assert await open_house.rows() < before
    assert len(await open_house.desk.files.keys()) == 1
    assert "4711" not in " ".join(await open_house.found("code garden"))
    with pytest.raises(errors.NotFound):
        await open_house.ingest.delete(document.id)


async def test_delete_while_it_is_being_indexed(open_house: House) -> None:
    open_house.embeddings.working.clear()
    document = await open_house.accept("half.md", "Half way in.")
    await open_house.ingest.delete(document.id)
    open_house.embeddings.working.set()
    assert await open_house.rows() == 0
    assert await open_house.found("half") == []


async def test_too_many_waiting_documents_are_turned_away(tmp_path: Path) -> None:
    async with house(tmp_path, pending=1) as closed:
        await closed.accept("one.md", "First in line.")
        with pytest.raises(errors.Overloaded) as refused:
            await closed.accept("two.md", "Second in line.")
        assert refused.value.retry_after_s > 0


async def test_what_a_crash_left_is_finished_by_the_next_process(tmp_path: Path) -> None:
    async with house(tmp_path) as crashed:
        document = await crashed.accept("later.md", "The ferry leaves at noon.")
    async with house(tmp_path) as next_one:
        next_one.open_shop()
        assert (await next_one.ingest.settled(document.id, WAIT_S)).status == "ready"
        assert await next_one.found("ferry") == ["The ferry leaves at noon."]


async def test_a_delete_that_a_crash_cut_short_is_finished(tmp_path: Path) -> None:
    async with house(tmp_path) as crashed:
        document = await crashed.accept("gone.md", "Do not find me.")
        await crashed.desk.documents.bury(document.id, now=time.time())
    async with house(tmp_path) as next_one:
        next_one.open_shop()
        other = await next_one.ready("other.md", "Something else.")
        async with asyncio.timeout(WAIT_S):
            while await next_one.desk.documents.buried():
                await next_one.staff.next_change()
        assert [row.id for row in (await next_one.desk.documents.list(None, 10))[0]] == [other.id]
        assert len(await next_one.desk.files.keys()) == 1


async def test_files_that_nobody_refers_to_are_swept(tmp_path: Path) -> None:
    async with house(tmp_path) as crashed:
        upload = await crashed.upload("orphan.md", "Nobody knows me.")
        (file,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
        os.utime(file, (0, 0))
        await crashed.upload("fresh.md", "I am on my way.")
    async with house(tmp_path) as next_one:
        next_one.open_shop()
        await next_one.ready("other.md", "Something else.")
        assert upload.key not in await next_one.desk.files.keys()
        assert len(await next_one.desk.files.keys()) == 2


async def test_the_layout_pass_comes_behind_and_keeps_the_version(open_house: House) -> None:
    first = await open_house.ready("manual.pdf", "Some plain text.\fMore plain text.")
    assert (first.layout, first.version) == ("pending", 1)
    assert await open_house.found("plain")
    embedded = open_house.embeddings.texts
    open_house.reader.gate.set()
    done = await open_house.until(lambda document: document.layout == "done", first.id)
    assert (done.version, done.status) == (1, "ready")
    assert done.revision > first.revision
    async with asyncio.timeout(WAIT_S):
        while not await open_house.found("laid out"):
            await open_house.staff.next_change()
    assert open_house.embeddings.texts > embedded


async def test_a_failed_layout_pass_keeps_the_first_reading(open_house: House) -> None:
    first = await open_house.ready("hard.pdf", "NO LAYOUT but plain text.")
    open_house.reader.gate.set()
    kept = await open_house.until(lambda document: document.layout == "none", first.id)
    assert kept.status == "ready"
    assert await open_house.found("plain text")


async def test_sentences_that_stay_are_not_embedded_again(open_house: House) -> None:
    stays = "# Part\n\n" + "\n\n".join(f"Sentence number {n} stays as it is, word for word." for n in range(40))
    await open_house.ready("long.md", stays)
    before = open_house.embeddings.texts
    await open_house.ready("long.md", stays + "\n\n# New\n\nOnly this came in.")
    assert open_house.embeddings.texts - before < before / 4


async def test_vectors_of_another_model_are_made_anew(tmp_path: Path) -> None:
    async with house(tmp_path, embedding="old") as before:
        before.open_shop()
        document = await before.ready("kept.md", "The bridge opens at dawn.")
    async with house(tmp_path, embedding="new") as after:
        assert await after.desk.readings.outdated("new") == [document.id]
        after.open_shop()
        renewed = await after.until(lambda one: one.status == "ready" and one.revision > 1, document.id)
        assert renewed.version == 1
        assert await after.desk.readings.outdated("new") == []
        assert await after.found("bridge") == ["The bridge opens at dawn."]
