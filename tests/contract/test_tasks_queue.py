"""The durable queue: one worker at a time, and no task lost when a worker is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from actors import errors
from tests.stores import DRAFT, UPLOAD, Store


@pytest.fixture(autouse=True)
async def document(store: Store) -> None:
    await store.documents.create(UPLOAD, id="doc_1", now=1.0)


async def test_tasks_are_claimed_oldest_first_and_once(store: Store) -> None:
    for n in range(4):
        await store.tasks.enqueue("doc_1", "index", id=f"task_{n}", now=float(n))
    leases = await asyncio.gather(*(store.tasks.claim(f"worker {n}", lease_s=9.0, now=5.0) for n in range(6)))
    assert sorted(lease.task.id for lease in leases if lease) == [f"task_{n}" for n in range(4)]
    assert leases.count(None) == 2


async def test_a_claim_may_ask_for_one_kind(store: Store) -> None:
    await store.tasks.enqueue("doc_1", "layout", id="task_1", now=1.0)
    await store.tasks.enqueue("doc_1", "index", id="task_2", now=2.0)
    lease = await store.tasks.claim("me", lease_s=9.0, now=5.0, kind="index")
    assert lease is not None
    assert lease.task.id == "task_2"
    assert await store.tasks.claim("me", lease_s=9.0, now=5.0, kind="index") is None


async def test_a_task_goes_from_queued_to_succeeded(store: Store) -> None:
    queued = await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0, upload=replace(UPLOAD, password="x"))
    assert (queued.status, queued.progress, queued.stage) == ("queued", 0.0, "reading")
    assert (await store.documents.get("doc_1")).task_id == "task_1"
    lease = await store.tasks.claim("me", lease_s=9.0, now=5.0)
    assert lease is not None
    assert lease.upload == UPLOAD, "a password is never written down"
    await store.tasks.progress(lease, "embedding", 0.25, lease_s=9.0, now=6.0)
    running = await store.tasks.task("task_1")
    assert (running.status, running.stage, running.progress, running.updated_at) == ("running", "embedding", 0.25, 6.0)
    await store.tasks.finish(lease, now=7.0)
    done = await store.tasks.task("task_1")
    assert (done.status, done.stage, done.progress) == ("succeeded", "done", 1.0)
    assert await store.tasks.unfinished() == []
    assert (await store.documents.get("doc_1")).task_id is None


async def test_a_dead_workers_task_is_claimed_again_and_the_dead_cannot_report(store: Store) -> None:
    await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0)
    first = await store.tasks.claim("first", lease_s=10.0, now=5.0)
    assert first is not None
    assert await store.tasks.claim("second", lease_s=10.0, now=14.0) is None
    await store.tasks.progress(first, "embedding", 0.5, lease_s=10.0, now=14.0)  # renewed: until 24
    assert await store.tasks.claim("second", lease_s=10.0, now=16.0) is None
    second = await store.tasks.claim("second", lease_s=10.0, now=24.0)
    assert second is not None
    assert (second.attempts, second.task.stage, second.task.progress) == (2, "embedding", 0.5)
    for report in (
        store.tasks.progress(first, "embedding", 0.6, lease_s=10.0, now=25.0),
        store.tasks.finish(first, now=25.0),
        store.tasks.fail(first, "late", now=25.0),
        store.tasks.release(first, now=25.0),
    ):
        with pytest.raises(errors.Conflict):
            await report
    await store.tasks.finish(second, now=26.0)


async def test_a_worker_that_stalled_cannot_report_over_its_own_second_try(store: Store) -> None:
    await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0)
    stalled = await store.tasks.claim("me", lease_s=1.0, now=5.0)
    again = await store.tasks.claim("me", lease_s=1.0, now=7.0)
    assert stalled is not None
    assert again is not None
    with pytest.raises(errors.Conflict):
        await store.tasks.finish(stalled, now=7.5)
    await store.tasks.finish(again, now=7.5)


async def test_a_released_task_can_be_claimed_at_once(store: Store) -> None:
    await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0)
    lease = await store.tasks.claim("first", lease_s=100.0, now=5.0)
    assert lease is not None
    await store.tasks.release(lease, now=6.0)
    assert await store.tasks.claim("second", lease_s=100.0, now=6.0) is not None


async def test_a_failed_task_says_why_and_is_not_claimed_again(store: Store) -> None:
    await store.tasks.enqueue("doc_1", "index", id="task_1", now=1.0)
    lease = await store.tasks.claim("me", lease_s=1.0, now=5.0)
    assert lease is not None
    await store.tasks.fail(lease, "The file is damaged.", now=6.0)
    failed = await store.tasks.task("task_1")
    assert (failed.status, failed.error) == ("failed", "The file is damaged.")
    assert await store.tasks.claim("me", lease_s=1.0, now=100.0) is None


async def test_the_work_people_wait_for_is_the_documents_task(store: Store) -> None:
    await store.publish("doc_1", DRAFT, "word")
    await store.tasks.enqueue("doc_1", "layout", id="task_layout", now=1.0)
    await store.tasks.enqueue("doc_1", "index", id="task_index", now=2.0)
    assert (await store.documents.get("doc_1")).task_id == "task_index"
    assert [task.id for task in await store.tasks.unfinished("doc_1")] == ["task_layout", "task_index"]
    assert await store.tasks.unfinished("doc_2") == []


async def test_an_unknown_task_or_document_is_not_found(store: Store) -> None:
    with pytest.raises(errors.NotFound):
        await store.tasks.task("task_9")
    with pytest.raises(errors.NotFound):
        await store.tasks.enqueue("doc_9", "index", id="task_9", now=1.0)
