"""Which tables a statement reads or writes, and whether its answer may be kept. Asks SQLAlchemy's constructs.

The key of a construct is the one SQLAlchemy's own dogpile example keeps answers under: `_generate_cache_key`.
https://docs.sqlalchemy.org/en/20/orm/examples.html#module-examples.dogpile_caching
"""

from __future__ import annotations

import functools
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.sql import dml, elements, functions, visitors

from actors.database import drivers, shapes, tables

KEPT = 1000
"""Statements whose tables are remembered; then all are forgotten."""

_PURE = (functions.count, functions.max, functions.min, functions.sum, functions.coalesce)
_CONSTANT = re.compile(r"'[^']*'|\d+|\*")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A read query whose answer depends on these tables and its key alone."""

    key: Hashable
    """Statement and parameters."""
    tables: frozenset[str]


_facts: dict[Hashable, frozenset[str] | None] = {}
_writes: dict[str, frozenset[str]] = {}


def recognised(query: sa.Executable, dialect: str) -> Recognised | None:
    """Return what a query's answer may be kept under; None when it may not be kept."""
    if isinstance(query, sa.TextClause):
        shape = shapes.of(query.text, dialect)
        if not shape.steady or not shape.reads <= tables.TRUTH:
            return None
        return Recognised((query.text, _frozen(query.compile().params)), shape.reads)
    found = query._generate_cache_key() if isinstance(query, sa.Select) else None
    if found is None:
        return None
    if found.key not in _facts:
        if len(_facts) >= KEPT:
            _facts.clear()
        _facts[found.key] = _read(query) if isinstance(query, sa.Select) else None
    read = _facts[found.key]
    if read is None:
        return None
    return Recognised((found.key, tuple(_frozen(bound.effective_value) for bound in found.bindparams)), read)


def watch(engine: sa.Engine) -> None:
    """Note in each writing connection's option which tables it writes."""
    event.listen(engine, "after_cursor_execute", _note)


def _note(
    connection: sa.Connection, _cursor: object, text: str, _parameters: object, context: Any, _many: bool
) -> None:
    writes: set[str] | None = connection.get_execution_options().get(drivers.WRITES)
    if writes is None:
        return
    if text not in _writes:
        if len(_writes) >= KEPT:
            _writes.clear()
        compiled = context.compiled
        if compiled is None or isinstance(compiled.statement, sa.TextClause):
            _writes[text] = _written_by_text(text, connection.dialect.name)
        else:
            _writes[text] = frozenset(_written(compiled.statement))
    writes |= _writes[text]


def _read(query: sa.Select[Any]) -> frozenset[str] | None:
    """Tables of a query; None when its answer is a matter of more than them."""
    if query._for_update_arg is not None:
        return None
    named = set()
    for node in visitors.iterate(query):
        if isinstance(node, dml.UpdateBase | elements.TextClause):
            return None
        if isinstance(node, functions.FunctionElement) and not isinstance(node, _PURE):
            return None
        if isinstance(node, elements.ColumnClause) and node.is_literal and not _CONSTANT.fullmatch(node.name):
            return None
        for table in (node, getattr(node, "table", None)):
            while isinstance(table, sa.Alias):
                table = table.element
            if isinstance(table, sa.Table):
                named.add(table.name)
    return frozenset(named) if named and named <= tables.TRUTH else None


def _written(statement: Any) -> Iterator[str]:
    if isinstance(statement, sa.schema.ExecutableDDLElement):
        yield from tables.TRUTH
        return
    for node in visitors.iterate(statement):
        if not isinstance(node, dml.UpdateBase):
            continue
        table = node.table
        if not isinstance(table, sa.Table):
            yield from tables.TRUTH
            continue
        yield table.name
        if isinstance(node, dml.Delete):
            yield from _following(table.name, None)
        elif isinstance(node, dml.Update):
            changed = {getattr(column, "name", column) for column in (getattr(node, "_values", None) or ())}
            yield from _following(table.name, frozenset(changed) or None)


def _written_by_text(text: str, dialect: str) -> frozenset[str]:
    shape = shapes.of(text, dialect)
    if not shape.known:
        return tables.TRUTH  # whatever it is
    return shape.writes.union(*(_following(name, None) for name in shape.writes))


@functools.lru_cache(maxsize=KEPT)
def _following(name: str, changed: frozenset[str] | None) -> frozenset[str]:
    """Tables that a delete, or an update of these columns (None: any), changes by cascade."""
    found: set[str] = set()
    for table in tables.metadata.tables.values():
        for constraint in table.foreign_key_constraints:
            referred = {element.column.name for element in constraint.elements}
            follows = constraint.referred_table.name == name and (changed is None or referred & changed)
            if follows and table.name != name:
                found |= {table.name} | _following(table.name, None)
    return frozenset(found)


def _frozen(value: Any) -> Hashable:
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return tuple((key, _frozen(each)) for key, each in sorted(value.items()))
    return type(value), value  # 1, 1.0 and True are different parameters
