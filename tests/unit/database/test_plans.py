"""Plans of both databases become the same steps, and bad ones the right advice."""

from __future__ import annotations

import pytest

from actors.database import plans

ROWS = {"documents": 5000, "tasks": 20}


def _sqlite(*details: str) -> tuple[plans.Step, ...]:
    return plans.sqlite([(0, detail) for detail in details], {"d": "documents"})


@pytest.mark.parametrize(
    ("detail", "kind", "table", "index"),
    [
        ("SCAN documents", "scan", "documents", ""),
        ("SCAN TABLE documents", "scan", "documents", ""),
        ("SCAN d USING COVERING INDEX ix_name", "scan", "documents", "ix_name"),
        ("SEARCH documents USING INDEX ix_name (name=?)", "search", "documents", "ix_name"),
        ("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)", "search", "t", ""),
        ("USE TEMP B-TREE FOR ORDER BY", "sort", "", ""),
        ("CORRELATED SCALAR SUBQUERY 1", "other", "", ""),
    ],
)
def test_sqlite_steps(detail: str, kind: str, table: str, index: str) -> None:
    (step,) = _sqlite(detail)
    assert (step.kind, step.table, step.index, step.text) == (kind, table, index, detail)


def test_postgresql_steps() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "documents", "Plan Rows": 3, "Plan Width": 8, "Filter": "(x)"}
    found = {"Node Type": "Index Scan", "Relation Name": "tasks", "Index Name": "pk", "Index Cond": "(id = 1)"}
    tree = {
        "Node Type": "Sort",
        "Plan Rows": 9,
        "Plan Width": 4,
        "Sort Key": ["a"],
        "Plans": [scan, found | {"Plan Rows": 1, "Plan Width": 8}],
    }
    steps = plans.postgresql(tree)
    assert [(step.kind, step.table, step.index, step.kept) for step in steps] == [
        ("sort", "", "", 9),
        ("scan", "documents", "", 3),
        ("search", "tasks", "pk", 1),
    ]


def test_a_scan_of_a_large_table_that_keeps_little_is_advised_against() -> None:
    (advice,) = plans.advise(_sqlite("SCAN d"), ROWS, matching=3)
    assert (advice.kind, advice.table) == ("full_scan", "documents")
    assert "5000 rows" in advice.message
    assert plans.advise(_sqlite("SCAN d"), ROWS)[0].kind == "full_scan"


@pytest.mark.parametrize(
    ("detail", "matching"), [("SCAN d", 4000), ("SCAN tasks", 1), ("SEARCH d USING INDEX ix_name (name=?)", 1)]
)
def test_a_scan_that_is_right_is_not(detail: str, matching: int) -> None:
    assert plans.advise(_sqlite(detail), ROWS, matching=matching) == ()


def test_reading_all_of_a_partial_index_is_what_it_is_for() -> None:
    steps = _sqlite("SCAN d USING INDEX ix_few")
    assert plans.advise(steps, ROWS, partial={"ix_few"}) == ()
    assert plans.advise(steps, ROWS) != ()


def test_an_index_made_for_one_call_is_missing() -> None:
    (advice,) = plans.advise(_sqlite("SEARCH d USING AUTOMATIC COVERING INDEX (name=?)"), {})
    assert (advice.kind, advice.table) == ("missing_index", "documents")


def test_a_sort_is_advised_against_when_it_goes_to_disk() -> None:
    small = plans.Step("sort", kept=1000, width_bytes=100)
    large = plans.Step("sort", kept=1_000_000, width_bytes=100)
    assert plans.advise([small], {}) == ()
    assert [advice.kind for advice in plans.advise([large], {})] == ["sort_on_disk"]
    assert plans.advise(_sqlite("USE TEMP B-TREE FOR ORDER BY"), {}, matching=10) == ()
    assert [one.kind for one in plans.advise(_sqlite("USE TEMP B-TREE FOR ORDER BY"), {}, matching=5000)] == [
        "sort_on_disk"
    ]
    inner = plans.sqlite([(7, "USE TEMP B-TREE FOR ORDER BY")], {})
    assert plans.advise(inner, {}, matching=5000) == ()
