"""A statement's shape, tables and steadiness from its text."""

from __future__ import annotations

import pytest

from actors.database import shapes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t WHERE b = 1", "select a from t where b = 'x'"),
        ("SELECT a FROM t WHERE b = $1::VARCHAR", "SELECT a FROM t WHERE b = $2::VARCHAR"),
        ("SELECT a FROM t WHERE b IN (1)", "SELECT a FROM t WHERE b IN (1, 2, 3)"),
        ("INSERT INTO t (a) VALUES (1)", "INSERT INTO t (a) VALUES (2), (3)"),
    ],
)
def test_statements_that_differ_in_values_have_one_shape(one: str, other: str) -> None:
    assert shapes.of(one, "postgresql").digest == shapes.of(other, "postgresql").digest


def test_statements_that_differ_in_more_have_two() -> None:
    texts = ["SELECT a FROM t", "SELECT b FROM t", "SELECT a FROM u", "SELECT a FROM t WHERE b = 1", "nonsense ((", ""]
    assert len({shapes.of(text, "sqlite").digest for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("text", "reads", "writes"),
    [
        ("SELECT * FROM a JOIN b ON a.x = b.x WHERE y IN (SELECT z FROM c)", {"a", "b", "c"}, set()),
        ("WITH a AS (SELECT * FROM b) SELECT * FROM a", {"b"}, set()),
        ("INSERT INTO a SELECT * FROM b", {"a", "b"}, {"a"}),
        ("UPDATE a SET x = 1", {"a"}, {"a"}),
        ("WITH gone AS (DELETE FROM a RETURNING id) SELECT * FROM gone", {"a"}, {"a"}),
        ("BEGIN", set(), set()),
    ],
)
def test_tables(text: str, reads: set[str], writes: set[str]) -> None:
    shape = shapes.of(text, "postgresql")
    assert (shape.reads, shape.writes, shape.known) == (reads, writes, True)


@pytest.mark.parametrize("text", ["DROP TABLE a", "TRUNCATE a", "CREATE TABLE a (x int)", "VACUUM", "nonsense (("])
def test_what_is_not_understood_says_so(text: str) -> None:
    assert not shapes.of(text, "postgresql").known


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a, count(*), max(b), lower(c) FROM t GROUP BY a ORDER BY a LIMIT 3",
        "SELECT CASE WHEN a = 1 AND b IS NULL THEN 1 END FROM t WHERE EXISTS (SELECT 1 FROM u)",
    ],
)
def test_a_plain_query_is_steady(text: str) -> None:
    assert shapes.of(text, "postgresql").steady


@pytest.mark.parametrize(
    "text",
    [
        "SELECT now()",
        "SELECT a FROM t WHERE b < CURRENT_TIMESTAMP",
        "SELECT random()",
        "SELECT clock_timestamp(), localtimestamp",
        "SELECT gen_random_uuid()",
        "SELECT strftime('%s', 'now') FROM t",
        "SELECT nextval('s')",
        "SELECT pg_advisory_lock(1)",
        "SELECT my_function(a) FROM t",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a INTO u FROM t",
        "DELETE FROM t",
        "WITH gone AS (DELETE FROM a RETURNING id) SELECT * FROM gone",
    ],
)
def test_clocks_chance_locks_and_writes_are_not(text: str) -> None:
    assert not shapes.of(text, "postgresql").steady


def test_counting_leaves_out_order_and_limit() -> None:
    counting = shapes.counting("SELECT a FROM t WHERE b = ? ORDER BY a LIMIT ?", "sqlite")
    assert counting == "SELECT count(*) FROM (SELECT a FROM t WHERE b = ?) AS counted"
    assert shapes.counting("DELETE FROM t", "sqlite") is None
