"""What a statement is, from its text: its shape without values, the tables it reads and writes. Parsed by sqlglot.

SQLAlchemy's own constructs know their tables better (see `statements`); this is for text, and for people to read.
"""

from __future__ import annotations

import functools
import hashlib
import logging
from dataclasses import dataclass

import sqlglot
from sqlglot import errors as sqlglot_errors
from sqlglot import expressions as exp

KEPT = 2048
"""Statements whose parse is remembered: milliseconds each."""
CHARS = 100_000
"""Statements longer than this are not parsed."""

_VALUES = (exp.Literal, exp.Parameter, exp.Placeholder, exp.Boolean)
_HOLE = exp.Var(this="?")
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)
_PURE = (
    exp.Connector,
    exp.Cast,
    exp.Case,
    exp.If,
    exp.Exists,
    exp.Count,
    exp.Max,
    exp.Min,
    exp.Sum,
    exp.Avg,
    exp.Coalesce,
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.Abs,
)
"""Functions whose answer is a matter of the tables alone; any other is taken to be a clock or a die."""

# It says on its own log what it cannot parse; `Shape.known` says so here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Shape:
    """A statement without its values."""

    digest: str
    """Twelve hex digits; the same for statements that differ in values and in lengths of lists only."""
    text: str
    reads: frozenset[str]
    writes: frozenset[str]
    known: bool
    """Whether it was understood: nothing may be concluded from one that was not."""
    steady: bool
    """Whether the same tables give the same answer: a query without locks, clocks, chance, unknown functions."""


@functools.lru_cache(maxsize=KEPT)
def of(statement: str, dialect: str) -> Shape:
    """Return the shape of one statement; `dialect` is SQLAlchemy's name for it."""
    spoken = _spoken(dialect)
    try:
        tree = sqlglot.parse_one(statement, read=spoken) if len(statement) <= CHARS else None
    except sqlglot_errors.SqlglotError:
        tree = None
    if tree is None or isinstance(tree, exp.Command):
        return Shape(_digest(statement), statement[:1000], frozenset(), frozenset(), known=False, steady=False)
    written = {
        table.name
        for change in tree.find_all(*_CHANGES)
        for table in [change.this.find(exp.Table) if change.this is not None else None]
        if table is not None
    }
    local = {cte.alias for cte in tree.find_all(exp.CTE)}
    named = {table.name for table in tree.find_all(exp.Table)} - local
    query = isinstance(tree, exp.Query) and not any(tree.find_all(*_CHANGES, exp.Into))
    steady = query and tree.find(exp.Lock) is None and all(isinstance(one, _PURE) for one in tree.find_all(exp.Func))
    text = _without_values(tree).sql(dialect=spoken, normalize=True)
    understood = query or bool(written) or isinstance(tree, exp.Transaction | exp.Commit | exp.Rollback)
    return Shape(_digest(text), text, frozenset(named), frozenset(written), known=understood, steady=steady)


def aliases(statement: str, dialect: str) -> dict[str, str]:
    """Return what the statement calls its tables: alias to name."""
    try:
        tree = sqlglot.parse_one(statement[:CHARS], read=_spoken(dialect))
    except sqlglot_errors.SqlglotError:
        return {}
    return {table.alias: table.name for table in tree.find_all(exp.Table) if table.alias}


def counting(statement: str, dialect: str) -> str | None:
    """Return the statement that counts what a query would give without its limit; None when it is no query."""
    tree = sqlglot.parse_one(statement, read=_spoken(dialect))
    if not isinstance(tree, exp.Select):
        return None
    for clause in ("limit", "offset", "order", "locks"):
        tree.set(clause, None)
    return f"SELECT count(*) FROM ({tree.sql(dialect=_spoken(dialect))}) AS counted"


def _spoken(dialect: str) -> str:
    return "postgres" if dialect == "postgresql" else dialect


def _without_values(tree: exp.Expr) -> exp.Expr:
    tree = tree.transform(lambda node: _HOLE.copy() if isinstance(node, _VALUES) else node)
    for cast in list(tree.find_all(exp.Cast)):
        if cast.this == _HOLE:
            cast.replace(cast.this)
    for among in tree.find_all(exp.In):
        if among.expressions and all(one == _HOLE for one in among.expressions):
            among.set("expressions", [_HOLE.copy()])
    for values in tree.find_all(exp.Values):
        values.set("expressions", values.expressions[:1])
    return tree


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
