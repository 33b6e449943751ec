"""Plans of both databases as the same few steps, and what can be concluded from them. Pure: runs nothing.

https://sqlite.org/eqp.html · https://www.postgresql.org/docs/current/using-explain.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

LARGE = 1000
"""Rows above which reading a whole table is worth a word."""
SELECTIVE = 0.1
"""A scan that keeps a larger share of the rows than this is the right plan."""
WORK_MEMORY_BYTES = 4 * 1024 * 1024
"""PostgreSQL's default `work_mem`: what a sort may take before it goes to disk."""

_SQLITE = re.compile(r"(SCAN|SEARCH) (?:TABLE )?(\S+)(?: AS \S+)?(?: USING (.*))?")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan."""

    kind: Literal["scan", "search", "sort", "other"]
    """`scan` reads every row of the table or index, `search` goes by an index's order."""
    table: str = ""
    index: str = ""
    made: bool = False
    """Whether the index was made for this one query and thrown away."""
    kept: float | None = None
    """Rows that the planner thinks are kept; None where it does not say (SQLite)."""
    width_bytes: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that an index, or another query, would mend."""

    kind: Literal["full_scan", "missing_index", "sort_on_disk", "n_plus_one"]
    table: str
    message: str


def sqlite(details: Sequence[tuple[int, str]], aliases: Mapping[str, str]) -> tuple[Step, ...]:
    """Read `parent` and `detail` of EXPLAIN QUERY PLAN, which names a table by its alias in the statement."""
    return tuple(_sqlite_step(parent, detail, aliases) for parent, detail in details)


def postgresql(plan: Mapping[str, Any]) -> tuple[Step, ...]:
    """Read the `Plan` object of EXPLAIN (FORMAT JSON)."""
    return tuple(_postgresql_steps(plan, 0))


def advise(
    steps: Sequence[Step], rows: Mapping[str, int], partial: Collection[str] = (), matching: int | None = None
) -> tuple[Advice, ...]:
    """Say what is wrong with a plan over tables of so many rows.

    `partial` are indexes that hold some rows only: to read all of one is what it is for.
    `matching` are the rows that the statement would give without its limit, where that is known: who asks for most
    of a table has to read it.
    """
    found = [advice for step in steps for advice in _judged(step, rows, matching) if step.index not in partial]
    return tuple(dict.fromkeys(found))


def _judged(step: Step, rows: Mapping[str, int], matching: int | None) -> Iterator[Advice]:
    held = rows.get(step.table, 0)
    if step.made:
        yield Advice("missing_index", step.table, f"an index on {step.table} is made for each call ({step.text})")
    elif step.kind == "scan" and held >= LARGE:
        kept = matching if step.kept is None else max(step.kept, matching or 0)
        if kept is None or kept < held * SELECTIVE:
            through = f" through {step.index}" if step.index else ""
            few = "" if kept is None else f" to keep {kept:.0f}"
            yield Advice("full_scan", step.table, f"all {held} rows of {step.table} are read{through}{few}")
    elif step.kind == "sort":
        # SQLite sorts in memory too, but says not how much: what the statement returns is the least it sorted.
        most = (step.kept or matching or 0) * step.width_bytes if step.width_bytes else 0
        if most > WORK_MEMORY_BYTES or (not step.width_bytes and (matching or 0) >= LARGE):
            yield Advice("sort_on_disk", step.table, f"a sort of {step.kept or matching:.0f} rows may go to disk")


def _sqlite_step(parent: int, detail: str, aliases: Mapping[str, str]) -> Step:
    if detail.startswith("USE TEMP B-TREE FOR ORDER BY"):
        # Inside a subquery it sorts what belongs to one row of the outer one.
        return Step("other" if parent else "sort", text=detail)
    matched = _SQLITE.match(detail)
    if matched is None:
        return Step("other", text=detail)
    verb, table, using = matched.groups()
    words = (using or "").removeprefix("AUTOMATIC ").removeprefix("PARTIAL ").removeprefix("COVERING ").split()
    index = words[1] if len(words) > 1 and words[0] == "INDEX" else ""
    automatic = (using or "").startswith("AUTOMATIC")
    kind: Literal["search", "scan"] = "search" if verb == "SEARCH" else "scan"
    return Step(kind, aliases.get(table, table), index, made=automatic, text=detail)


def _postgresql_steps(node: Mapping[str, Any], depth: int) -> Iterator[Step]:
    name, table, index = node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", "")
    conditions = [f"{key}: {node[key]}" for key in ("Index Cond", "Filter", "Sort Key") if key in node]
    about = " ".join(filter(None, [table, f"using {index}" if index else "", f"({node['Plan Rows']} rows)"]))
    text = "  " * depth + " · ".join([f"{name} {about}", *conditions])
    searched = "Index Cond" in node or "Recheck Cond" in node
    kind: Literal["scan", "search", "sort", "other"] = "other"
    if name == "Sort":
        kind = "sort"
    elif table and name.endswith("Scan"):
        kind = "search" if searched else "scan"
    yield Step(kind, table, index, kept=float(node["Plan Rows"]), width_bytes=node["Plan Width"], text=text)
    for child in node.get("Plans", ()):
        yield from _postgresql_steps(child, depth + 1)
