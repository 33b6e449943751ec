"""What the library relies on of the database, over SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from actors import errors, messages
from tests import stores
from tests.stores import DRAFT, UPLOAD, Store


async def test_a_document_is_found_by_id_bytes_and_name(store: Store) -> None:
    made = await store.documents.create(UPLOAD, id="doc_1", now=5.0)
    assert (made.status, made.version, made.revision, made.layout) == ("processing", 0, 0, "none")
    assert (made.metadata, made.key, made.created_at, made.error) == (UPLOAD.metadata, "k1", 5.0, None)
    assert await store.documents.get("doc_1") == made
    assert await store.documents.find(sha256="s1") == made
    assert await store.documents.find(name="manual.pdf") == made
    assert await store.documents.find(sha256="s1", name="other") is None
    with pytest.raises(errors.NotFound):
        await store.documents.get("doc_2")


async def test_racing_uploads_of_the_same_bytes_end_as_one_document(store: Store) -> None:
    attempts = [store.documents.create(UPLOAD, id=f"doc_{n}", now=float(n)) for n in range(8)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, messages.Document) for result in results) == 1
    assert sum(isinstance(result, errors.Conflict) for result in results) == 7
    assert (await store.count())["documents"] == 1


async def test_a_list_is_newest_first_and_its_cursor_is_stable(store: Store) -> None:
    for n in range(7):
        await store.documents.create(stores.upload(n), id=f"doc_{n}", now=float(n // 2))
    first, cursor = await store.documents.list(None, 3)
    await store.documents.create(stores.upload(99), id="doc_99", now=99.0)  # newer ones do not shift what follows
    await store.documents.bury("doc_5", now=100.0)  # nor does losing one of the page before
    second, cursor = await store.documents.list(cursor, 3)
    third, end = await store.documents.list(cursor, 3)
    assert [each.id for each in (*first, *second, *third)] == [f"doc_{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert end is None


@pytest.mark.parametrize("cursor", ["?", "", "e30", "WzEsMiwzXQ", "bnVsbA", "\u00e9"])
async def test_a_made_up_cursor_is_the_callers_mistake(store: Store, cursor: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await store.documents.list(cursor, 3)
    assert caught.value.param == "cursor"


async def test_a_revision_appears_whole_and_only_when_committed(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    pages, chunks = stores.text("first")
    revision = await store.revisions.stage("doc_1", DRAFT, pages, chunks, now=2.0)
    assert await store.readings.pages("doc_1") == ()
    assert await store.readings.load("doc_1") is None
    assert await store.readings.revisions() == {}
    with pytest.raises(errors.NotFound):
        await store.readings.chunk(f"doc_1:{revision}:0")

    await store.revisions.attach("doc_1", revision, stores.vectors(chunks))
    document = await store.revisions.commit("doc_1", revision, now=3.0)
    assert (document.status, document.version, document.revision) == ("processing", 1, revision)
    assert (document.pages, document.chunks, document.media_type) == (3, 3, "application/pdf")
    assert await store.readings.pages("doc_1") == tuple(pages)
    assert await store.readings.page("doc_1", 2) == pages[1]
    assert await store.readings.chunk(f"doc_1:{revision}:2") == chunks[2]
    assert await store.readings.revisions() == {"doc_1": revision}
    assert (await store.documents.ready("doc_1", now=4.0)).status == "ready"

    loaded = await store.readings.load("doc_1")
    assert loaded is not None
    assert loaded.chunks == tuple(chunks)
    assert (loaded.name, loaded.metadata, loaded.created_at) == (UPLOAD.name, UPLOAD.metadata, 1.0)
    assert loaded.vectors.dtype == np.float16
    assert loaded.vectors.tolist() == [[n, m, 0.5, -1] for n in range(3) for m in range(2)]


async def test_vectors_come_in_batches_and_work_goes_on_where_a_crash_left_it(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    pages, chunks = stores.text("first", 5)
    revision = await store.revisions.stage("doc_1", DRAFT, pages, chunks, now=2.0)
    known = stores.vectors(chunks)
    first = await store.revisions.pending_chunks("doc_1", revision, 2)
    await store.revisions.attach("doc_1", revision, {chunk.ordinal: known[chunk.ordinal] for chunk in first})
    with pytest.raises(errors.Conflict, match="no vectors"):
        await store.revisions.commit("doc_1", revision, now=3.0)

    (staged,) = await store.revisions.staged("doc_1")  # what a new process sees
    assert (staged.revision, staged.chunks, staged.embedded) == (revision, 5, 2)
    assert staged.draft == replace(DRAFT, upload=replace(UPLOAD, media_type="application/pdf"))
    rest = await store.revisions.pending_chunks("doc_1", revision, 10)
    assert [chunk.ordinal for chunk in rest] == [2, 3, 4]
    await store.revisions.attach("doc_1", revision, {chunk.ordinal: known[chunk.ordinal] for chunk in rest})
    await store.revisions.commit("doc_1", revision, now=3.0)
    assert await store.revisions.staged("doc_1") == []
    again = await store.revisions.commit("doc_1", revision, now=9.0)  # a crash right after the commit repeats it
    assert (again.version, again.updated_at) == (1, 3.0)


async def test_what_stands_above_a_chunk_has_a_vector_too(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    pages, chunks = stores.text("first")
    revision = await store.revisions.stage("doc_1", DRAFT, pages, chunks, now=2.0)
    above = {chunk.ordinal: np.full(stores.DIMENSIONS, chunk.ordinal, np.float16) for chunk in chunks}
    await store.revisions.attach("doc_1", revision, stores.vectors(chunks), above)
    await store.revisions.commit("doc_1", revision, now=3.0)
    loaded = await store.readings.load("doc_1")
    assert loaded is not None
    assert loaded.contexts is not None
    assert loaded.contexts.tolist() == [[n] * stores.DIMENSIONS for n in range(3)]


async def test_a_new_version_replaces_the_old_at_once(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", DRAFT, "old")
    newer = replace(UPLOAD, name="manual v2.pdf", key="k2", sha256="s2", size=8, metadata={})
    revision = await store.stage("doc_1", replace(DRAFT, upload=newer), "new", 5)
    seen: set[tuple[str, ...]] = set()

    async def watch() -> None:
        while len(seen) < 2:
            seen.add(tuple(page.markdown for page in await store.readings.pages("doc_1")))
            loaded = await store.readings.load("doc_1")
            assert loaded is not None
            assert len({chunk.text for chunk in loaded.chunks}) == 1
            assert len(loaded.vectors) == 2 * len(loaded.chunks) == (6 if loaded.revision == 1 else 10)

    watchers = [asyncio.create_task(watch()) for _ in range(3)]
    while not seen:
        await asyncio.sleep(0)
    document = await store.revisions.commit("doc_1", revision, now=5.0)
    await asyncio.gather(*watchers)
    assert seen == {("old. old!",) * 3, ("new. new!",) * 5}
    assert (document.status, document.version, document.name, document.key) == ("ready", 2, "manual v2.pdf", "k2")
    assert document.created_at == 1.0
    assert (await store.count())["chunks"] == 5
    with pytest.raises(errors.NotFound):
        await store.readings.chunk("doc_1:1:0")


async def test_a_failed_replacement_leaves_the_old_version_ready(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    before = await store.publish("doc_1", DRAFT, "old")
    revision = await store.stage("doc_1", replace(DRAFT, upload=replace(UPLOAD, sha256="s2")), "new")
    await store.revisions.discard("doc_1", revision)
    await store.revisions.discard("doc_1", before.revision)  # a committed one is not for discarding
    assert await store.documents.get("doc_1") == before
    assert len(await store.readings.pages("doc_1")) == 3
    assert (await store.count())["revisions"] == 1


async def test_a_document_that_failed_says_why_and_keeps_nothing(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.stage("doc_1", DRAFT, "half")
    failed = await store.documents.fail("doc_1", "The file is damaged.", now=2.0)
    assert (failed.status, failed.error, failed.updated_at) == ("failed", "The file is damaged.", 2.0)
    assert await store.count() == {"documents": 1, "revisions": 0, "pages": 0, "chunks": 0, "tasks": 0}


async def test_a_layout_pass_keeps_the_version_and_reuses_vectors(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", replace(DRAFT, layout="pending"), "same")
    known = await store.revisions.known_vectors("doc_1", "model-a")
    assert {text: vector.tolist() for text, vector in known.items()} == {
        "same.": [2, 0, 0.5, -1],
        "same!": [2, 1, 0.5, -1],
    }
    assert await store.revisions.known_vectors("doc_1", "model-b") == {}
    revision = await store.stage("doc_1", replace(DRAFT, kind="layout", layout="done"), "same", 2)
    document = await store.revisions.commit("doc_1", revision, now=5.0)
    assert (document.version, document.layout, document.chunks) == (1, "done", 2)


async def test_a_layout_pass_of_replaced_bytes_is_refused(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", replace(DRAFT, layout="pending"), "old")
    stale = await store.stage("doc_1", replace(DRAFT, kind="layout", layout="done"), "stale")
    await store.publish("doc_1", replace(DRAFT, upload=replace(UPLOAD, sha256="s2")), "new")
    with pytest.raises(errors.Conflict, match="replaced"):
        await store.revisions.commit("doc_1", stale, now=5.0)
    assert (await store.readings.pages("doc_1"))[0].markdown == "new. new!"


async def test_a_revision_overtaken_by_another_still_gets_the_higher_number(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", DRAFT, "old")
    slow = await store.stage("doc_1", replace(DRAFT, upload=replace(UPLOAD, sha256="s2")), "slow")
    quick = await store.stage("doc_1", replace(DRAFT, kind="layout", layout="done"), "quick")
    assert (await store.revisions.commit("doc_1", quick, now=4.0)).revision == quick
    document = await store.revisions.commit("doc_1", slow, now=5.0)
    assert document.revision > quick > slow
    loaded = await store.readings.load("doc_1")
    assert loaded is not None
    assert (loaded.revision, loaded.chunks[0].text) == (document.revision, "slow. slow!")


async def test_bytes_that_live_elsewhere_cannot_be_committed(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", DRAFT, "old")
    revision = await store.stage("doc_1", replace(DRAFT, upload=replace(UPLOAD, sha256="s2")), "new")
    await store.documents.create(replace(UPLOAD, sha256="s2"), id="doc_2", now=2.0)
    with pytest.raises(errors.Conflict):
        await store.revisions.commit("doc_1", revision, now=5.0)
    assert (await store.readings.pages("doc_1"))[0].markdown == "old. old!"


async def test_a_buried_document_is_gone_for_everybody_but_the_sweep(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.tasks.enqueue("doc_1", "layout", id="task_1", now=1.0)
    ready = await store.publish("doc_1", DRAFT, "old")
    staged = await store.stage("doc_1", DRAFT, "new")
    await store.documents.bury("doc_1", now=9.0)
    assert await store.documents.buried() == ("doc_1",)
    assert await store.documents.find(sha256="s1") is None
    assert await store.documents.list(None, 10) == ([], None)
    assert await store.readings.revisions() == {}
    assert await store.readings.load("doc_1") is None
    assert await store.readings.outdated("model-b") == []
    assert await store.tasks.unfinished() == []
    assert await store.tasks.claim("me", lease_s=1.0, now=10.0) is None
    hidden = [
        store.documents.get("doc_1"),
        store.documents.ready("doc_1", now=9.0),
        store.documents.bury("doc_1", now=9.0),
        store.readings.pages("doc_1"),
        store.readings.page("doc_1", 1),
        store.readings.chunk(f"doc_1:{ready.revision}:0"),
        store.revisions.stage("doc_1", DRAFT, [], [], now=9.0),
        store.revisions.commit("doc_1", staged, now=9.0),
        store.tasks.task("task_1"),
        store.tasks.enqueue("doc_1", "index", id="task_2", now=9.0),
    ]
    for call in hidden:
        with pytest.raises(errors.NotFound):
            await call
    await store.documents.create(UPLOAD, id="doc_2", now=10.0)  # its bytes may come in again at once


async def test_a_purged_document_leaves_no_row_anywhere(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0, upload=UPLOAD)
    await store.publish("doc_1", DRAFT, "old")
    await store.stage("doc_1", DRAFT, "new")
    await store.documents.bury("doc_1", now=9.0)
    await store.documents.purge("doc_1")
    await store.documents.purge("doc_1")
    assert set((await store.count()).values()) == {0}


async def test_a_delete_stops_the_work_that_was_going_on(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    pages, chunks = stores.text("first")
    revision = await store.revisions.stage("doc_1", DRAFT, pages, chunks, now=2.0)
    await store.documents.purge("doc_1")
    with pytest.raises(errors.NotFound):
        await store.revisions.attach("doc_1", revision, stores.vectors(chunks))
    with pytest.raises(errors.NotFound):
        await store.revisions.commit("doc_1", revision, now=3.0)
    assert set((await store.count()).values()) == {0}


async def test_keys_are_those_that_anybody_still_needs(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", DRAFT, "old")
    await store.stage("doc_1", replace(DRAFT, upload=replace(UPLOAD, key="staged")), "new")
    await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0, upload=replace(UPLOAD, key="waiting"))
    await store.documents.create(stores.upload(2), id="doc_2", now=2.0)
    assert await store.documents.keys("doc_1") == {"k1", "staged", "waiting"}
    assert await store.documents.keys() == {"k1", "staged", "waiting", "k-2"}


async def test_vectors_of_another_model_are_outdated(store: Store) -> None:
    for n, model in enumerate(("model-a", "model-b")):
        await store.documents.create(stores.upload(n), id=f"doc_{n}", now=1.0)
        await store.publish(f"doc_{n}", replace(DRAFT, upload=stores.upload(n), embedding=model), "word")
    assert await store.readings.outdated("model-b") == ["doc_0"]


async def test_text_that_no_database_holds_keeps_its_offsets(store: Store) -> None:
    hostile = "a\0b\ud800c"
    upload = replace(UPLOAD, name=hostile, metadata={"note": "x\ud800"})
    await store.documents.create(upload, id="doc_1", now=1.0)
    document = await store.publish("doc_1", replace(DRAFT, upload=upload), hostile, 1)
    assert document.name == "a\ufffdb\ufffdc"
    assert document.metadata == {"note": "x\ufffd"}
    (page,) = await store.readings.pages("doc_1")
    assert len(page.markdown) == len(f"{hostile}. {hostile}!")
    assert await store.documents.find(name=hostile) == document


async def test_what_json_cannot_say_is_the_callers_mistake(store: Store) -> None:
    with pytest.raises(errors.Invalid):
        await store.documents.create(replace(UPLOAD, metadata={"x": float("nan")}), id="doc_1", now=1.0)


@pytest.mark.parametrize("chunk_id", ["", "doc_1", "doc_1:1", "doc_1:x:0", "doc_1:1:-1", f"doc_1:{10**30}:{10**30}"])
async def test_a_made_up_passage_is_not_found(store: Store, chunk_id: str) -> None:
    with pytest.raises(errors.NotFound):
        await store.readings.chunk(chunk_id)


async def test_a_document_without_text_can_be_held(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)
    await store.publish("doc_1", DRAFT, "", 0)
    loaded = await store.readings.load("doc_1")
    assert loaded is not None
    assert (loaded.chunks, loaded.vectors.shape) == ((), (0, 0))
    assert await store.readings.pages("doc_1") == ()
