from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from actors.library import indexes, snapshots
from tests.unit.library import making


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def fresh(rng):
    made = indexes.Index(making.DIMENSIONS)
    made.put(
        [
            making.document(
                f"doc_{at}", making.texts(rng), rng, metadata={"at": at}, created_at=float(at), name=f"n{at}"
            )
            for at in range(50)
        ]
    )
    for at in (60, 61):
        one = making.document(f"doc_{at}", making.texts(rng), rng)
        above = making.unit(rng.normal(size=(len(one.chunks), making.DIMENSIONS))).astype(np.float16)
        made.put([dataclasses.replace(one, contexts=above)])
    return made


@pytest.fixture
def index(fresh, rng):
    """With holes in its rows."""
    for at in range(0, 50, 3):
        fresh.remove(f"doc_{at}")
    fresh.put([making.document("doc_1", making.texts(rng, 5), rng, revision=2)])
    return fresh


def answers(index, rng):
    queries = [making.query("amber quartz topaz", making.vector(rng), alpha=alpha) for alpha in (0.0, 0.5, 1.0)]
    return [
        [
            (one.chunk_id, one.page, one.text, one.sentences, round(one.vector or 0, 4))
            for one in index.search(query).evidence
        ]
        for query in queries
    ]


def test_a_loaded_snapshot_answers_as_the_index_did(fresh, tmp_path):
    snapshots.save(fresh, tmp_path)
    loaded = snapshots.load(tmp_path, making.DIMENSIONS)
    assert loaded.held() == fresh.held()
    for seed in range(5):
        ours, theirs = (answers(one, np.random.default_rng(seed)) for one in (fresh, loaded))
        assert [sorted(one) for one in ours] == [sorted(one) for one in theirs]


def test_a_loaded_snapshot_can_be_changed_and_saved_again(index, tmp_path, rng):
    snapshots.save(index, tmp_path)
    loaded = snapshots.load(tmp_path, making.DIMENSIONS)
    for at in range(100, 160):
        loaded.put([making.document(f"doc_{at}", [f"beacon {at}"], rng)])
    assert loaded.remove("doc_2")
    snapshots.save(loaded, tmp_path)
    again = snapshots.load(tmp_path, making.DIMENSIONS)
    assert again.held() == loaded.held() and "doc_159" in again.held() and "doc_2" not in again.held()
    assert again.search(making.query("159", alpha=1.0)).evidence[0].document_id == "doc_159"
    assert len(list(tmp_path.iterdir())) == 1


def test_no_snapshot_is_an_empty_index(tmp_path):
    assert len(snapshots.load(tmp_path / "none", making.DIMENSIONS)) == 0


@pytest.mark.parametrize("name", ["documents.jsonl", "rows.npy", "contexts.npy", "graph.usearch", "manifest.json"])
@pytest.mark.parametrize("how", ["cut", "flipped", "gone"])
def test_a_damaged_snapshot_counts_as_absent(index, tmp_path, name, how):
    file = snapshots.save(index, tmp_path) / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    match how:
        case "cut":
            file.write_bytes(file.read_bytes()[:-20])
        case "flipped":
            file.write_bytes(bytes(content))
        case "gone":
            file.unlink()
    assert len(snapshots.load(tmp_path, making.DIMENSIONS)) == 0


def test_a_half_written_snapshot_hides_no_whole_one(index, tmp_path):
    whole = snapshots.save(index, tmp_path)
    draft = tmp_path / "2.draft"
    draft.mkdir()
    (draft / "documents.jsonl").write_text("{")
    assert snapshots.load(tmp_path, making.DIMENSIONS).held() == index.held()
    snapshots.save(index, tmp_path)
    assert not draft.exists() and not whole.exists()


def test_another_model_starts_empty(index, tmp_path):
    snapshots.save(index, tmp_path)
    assert len(snapshots.load(tmp_path, making.DIMENSIONS * 2)) == 0
