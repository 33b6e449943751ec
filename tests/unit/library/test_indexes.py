from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from actors import errors, messages
from actors.library import indexes
from tests.unit.library import making


def filled(rng, documents=40, **more):
    index = indexes.Index(making.DIMENSIONS)
    held = [
        making.document(
            f"doc_{at}", making.texts(rng), rng, metadata={"parity": at % 2, "tag": f"t{at % 5}"}, created_at=float(at)
        )
        for at in range(documents)
    ]
    index.put(held)
    return index, held


def found(hits: indexes.Hits) -> list[str]:
    return [one.document_id for one in hits.evidence]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_words_find_the_passage_that_has_them(rng):
    index = indexes.Index(making.DIMENSIONS)
    index.put(
        [
            making.document("doc_a", ["the glowing amber ring", "a dull stone"], rng),
            making.document("doc_b", ["a rusty ring"], rng),
        ]
    )
    hits = index.search(making.query("glow amber", alpha=1.0))
    assert [one.text for one in hits.evidence] == ["the glowing amber ring"]
    assert hits.evidence[0].bm25 > 0 and hits.evidence[0].vector is None and hits.vector is None


def test_stems_meet_and_stop_words_do_not_count(rng):
    index = indexes.Index(making.DIMENSIONS)
    index.put(
        [
            making.document("doc_a", ["Invoices are paid monthly"], rng),
            making.document("doc_b", ["are the and of"], rng),
        ]
    )
    assert found(index.search(making.query("is the invoice of a payment?", alpha=1.0))) == ["doc_a"]


def test_the_name_and_headings_are_searched_too(rng):
    index = indexes.Index(making.DIMENSIONS)
    named = making.document("doc_a", ["pages of text"], rng, name="Kestrel manual.pdf")
    index.put([named, making.document("doc_b", ["kestrel birds, one text of many words about kestrel birds"], rng)])
    assert found(index.search(making.query("kestrel manual", k=1, alpha=1.0))) == ["doc_a"]


def test_the_nearest_window_speaks_for_its_passage(rng):
    index, held = filled(rng)
    document = held[11]
    hits = index.search(making.query(vector=document.vectors[-1].astype(np.float32), k=1, alpha=0.0))
    best = hits.evidence[0]
    assert (best.document_id, best.chunk_id) == ("doc_11", "doc_11:1:2")
    assert best.vector == pytest.approx(1.0, abs=2e-3) and best.bm25 is None and hits.bm25 is None
    assert np.array_equal(best.vectors, document.vectors[-len(best.sentences) :])


def exact(held, vector, k):
    scores = {}
    for one in held:
        row = 0
        for chunk in one.chunks:
            rows = one.vectors[row : row + len(chunk.sentences)].astype(np.float32)
            scores[f"{one.document_id}:{one.revision}:{chunk.ordinal}"] = float((rows @ vector).max())
            row += len(chunk.sentences)
    return sorted(scores, key=scores.get, reverse=True)[:k]


def test_a_graph_finds_what_comparing_all_finds_after_many_replacements(rng):
    index, held = filled(rng, documents=600)
    for at in rng.permutation(600)[:400]:
        held[at] = making.document(f"doc_{at}", making.texts(rng, int(rng.integers(1, 6))), rng, revision=2)
        index.put([held[at]])
    gone = set(rng.permutation(600)[:100].tolist())
    for at in gone:
        assert index.remove(f"doc_{at}")
    held = [one for at, one in enumerate(held) if at not in gone]
    assert index.held() == {one.document_id: one.revision for one in held}
    recall = []
    for _ in range(30):
        vector = making.vector(rng)
        # Depth 10 goes through the graph here, not through the scan of all rows.
        hits = index.search(making.query(vector=vector, k=10, alpha=0.0, depth=10))
        recall.append(len({one.chunk_id for one in hits.evidence} & set(exact(held, vector, 10))) / 10)
    assert np.mean(recall) > 0.95


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("where", "passes"),
    [
        (messages.Filter(documents=("doc_3", "doc_300", "doc_unknown")), {3, 300}),
        (messages.Filter(metadata={"parity": 1}), set(range(1, 400, 2))),
        (messages.Filter(metadata={"parity": 1, "tag": ["t0", "t1"]}), {n for n in range(400) if n % 2 and n % 5 < 2}),
        (messages.Filter(created_after=395.0), set(range(395, 400))),
        (messages.Filter(created_after=10.0, created_before=12.0), {10, 11}),
        (messages.Filter(metadata={"parity": True}), set()),
        (messages.Filter(metadata={"nobody": "has"}), set()),
    ],
)
def test_filters_are_exact_and_never_starve_a_search(rng, alpha, where, passes):
    index, held = filled(rng, documents=400)
    vector = making.vector(rng)
    hits = index.search(making.query(" ".join(making.WORDS), vector, k=9, alpha=alpha, depth=9, where=where))
    assert {int(one.removeprefix("doc_")) for one in found(hits)} <= passes
    chunks = sum(len(held[at].chunks) for at in passes)
    assert len(hits.evidence) >= min(9, chunks)
    if alpha == 0.0 and passes:
        assert {one.chunk_id for one in hits.evidence} == set(exact([held[at] for at in passes], vector, 9))


def test_every_contender_has_both_scores(rng):
    index, _ = filled(rng)
    hits = index.search(making.query("amber quartz", making.vector(rng), depth=5))
    assert all(one.bm25 is not None and one.vector is not None for one in hits.evidence)
    assert hits.bm25.low <= min(one.bm25 for one in hits.evidence) and hits.bm25.high >= max(
        one.bm25 for one in hits.evidence
    )


def test_words_that_find_little_weigh_little(rng):
    index, _ = filled(rng)
    well, badly = (index.search(making.query(text, making.vector(rng))) for text in ("amber", "amber xylophone yacht"))
    share = [max(one.bm25 for one in hits.evidence) / hits.bm25.high for hits in (well, badly)]
    assert share[0] == 1.0 and share[1] < 0.5


def test_a_new_revision_replaces_and_an_old_one_is_left_out(rng):
    index = indexes.Index(making.DIMENSIONS)
    index.put([making.document("doc_a", ["old amber"], rng, revision=4)])
    index.put([making.document("doc_a", ["new basalt", "new cobalt"], rng, revision=5)])
    index.put([making.document("doc_a", ["late dolomite"], rng, revision=3)])
    assert index.held() == {"doc_a": 5}
    hits = index.search(making.query("amber dolomite basalt cobalt", making.vector(rng)))
    assert {one.text for one in hits.evidence} == {"new basalt", "new cobalt"}
    assert not index.remove("doc_a", revision=4)
    assert index.remove("doc_a") and not index.remove("doc_a")
    assert index.search(making.query("basalt", making.vector(rng))).evidence == ()


def test_a_refused_document_leaves_nothing(rng):
    index = indexes.Index(making.DIMENSIONS)
    good, bad = making.document("doc_a", ["amber"], rng), making.document("doc_b", ["basalt"], rng)
    broken = messages.Indexed("doc_b", 1, "", {}, 0.0, bad.chunks, np.zeros((9, making.DIMENSIONS), np.float16))
    with pytest.raises(ValueError, match="windows"):
        index.put([good, broken])
    assert index.held() == {} and index.search(making.query("amber basalt", alpha=1.0)).evidence == ()


@pytest.mark.parametrize(
    "text",
    [
        'title:"x" AND (', "*", "text:[a TO z]", "passage:1", "-amber", "+", "\\", "a" * 100_000, "amber^99999",
        "\x00\ud800".encode("utf-8", "replace").decode(), "IN [", "//", "'; DROP TABLE documents; --", "", "   ",
    ],
)  # fmt: skip
def test_no_question_is_syntax(rng, text):
    index, _ = filled(rng)
    hits = index.search(making.query(text, making.vector(rng), k=5))
    assert len(hits.evidence) >= 5
    words_only = index.search(making.query(f"{text} amber", alpha=1.0))
    assert all("amber" in one.text for one in words_only.evidence if "amber" not in text)


def test_a_pasted_book_is_cut_to_its_first_terms(rng):
    index, _ = filled(rng)
    book = " ".join(f"word{at}" for at in range(200_000))
    assert index.search(making.query(f"{book} amber", alpha=1.0)).evidence == ()
    assert index.search(making.query(f"amber {book}", alpha=1.0)).evidence


def test_a_side_of_weight_nothing_needs_nothing(rng):
    index, _ = filled(rng)
    assert index.search(making.query("amber", None, alpha=1.0)).evidence
    assert index.search(making.query("amber", making.vector(rng), alpha=0.0)).bm25 is None
    with pytest.raises(errors.Invalid):
        index.search(making.query("amber", None, alpha=0.5))
    with pytest.raises(errors.Invalid):
        index.search(making.query("amber", np.ones(3, np.float32), alpha=0.5))


def test_searches_see_one_revision_whole(rng):
    """Every revision has its own words and one direction; a mixture of two, or a gap between them, would show."""
    index, _ = filled(rng, documents=200)
    chunks = 6

    def revision(number: int) -> messages.Indexed:
        return making.document(
            "doc_x", [f"beacon mark{number} number{at}" for at in range(chunks)], rng, revision=number
        )

    index.put([revision(1)])
    stop, wrong, searches = threading.Event(), [], [0]

    def look(seed: int) -> None:
        own = np.random.default_rng(seed)
        while not stop.is_set():
            where = messages.Filter(documents=("doc_x",)) if own.random() < 0.5 else messages.Filter()
            for alpha, text in ((1.0, "beacon"), (0.5, "beacon")):
                hits = index.search(
                    making.query(text, making.vector(own), k=chunks, depth=1000, alpha=alpha, where=where)
                )
                seen = [one for one in hits.evidence if one.document_id == "doc_x" and one.bm25]
                revisions = {one.chunk_id.split(":")[1] for one in seen}
                if len(revisions) != 1 or len(seen) != chunks:
                    wrong.append((alpha, len(seen), revisions))
            searches[0] += 1

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, 60):
        index.put([revision(number)])
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    assert searches[0] > 20 and index.held()["doc_x"] == 59


def test_a_context_helps_to_find_and_the_windows_come_back_alone(rng):
    plain = [making.document(f"doc_{at}", making.texts(rng), rng) for at in range(30)]
    above = making.unit(rng.normal(size=(30, 3, making.DIMENSIONS))).astype(np.float16)
    above[7] = 0
    index = indexes.Index(making.DIMENSIONS)
    index.put([dataclasses.replace(one, contexts=above[at]) for at, one in enumerate(plain)])
    hits = index.search(making.query(vector=above[4, 1].astype(np.float32), k=1, alpha=0.0))
    assert hits.evidence[0].chunk_id == "doc_4:1:1"
    for at, one in enumerate(plain):
        where = messages.Filter(documents=(one.document_id,))
        found = index.search(making.query(vector=making.vector(rng), k=9, alpha=0.0, where=where)).evidence
        back = np.concatenate([each.vectors for each in sorted(found, key=lambda each: each.chunk_id)])
        assert np.abs(back.astype(np.float32) - one.vectors).max() < 0.01, at
    with pytest.raises(ValueError, match="contexts"):
        index.put([dataclasses.replace(plain[0], revision=2, contexts=above[0, :2])])
