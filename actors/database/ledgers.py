"""Numbers changes in the order of their commits. Knows tags as strings, and nothing of who stands on them.

One row holds the last number. Whoever takes the next one holds that row until the commit, so numbers and commits are
in the same order; of a sequence, a smaller number could commit after a larger one had been read.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from actors import messages
from actors.database import cache_tables, engines

_CLOCK = cache_tables.clock
_CHANGES = cache_tables.changes

MOST = 10_000
"""Changes that one reading gives; more are not news but a new beginning."""


class Ledger:
    """The ledger of changes. Every method is one transaction, where the truth is written: no replica will do."""

    def __init__(self, database: engines.Database) -> None:
        self._database = database

    async def record(self, tags: Collection[str]) -> int:
        """Number a change of all these tags; return its position. Raises Unavailable."""
        async with self._database.writing() as connection:
            taken = await connection.execute(
                sa.update(_CLOCK).values(position=_CLOCK.c.position + 1).returning(_CLOCK.c.position)
            )
            position: int = taken.scalar_one()
            if tags:
                rows = [{"tag": tag, "position": position} for tag in sorted(set(tags))]
                insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
                upsert = insert(_CHANGES)
                upsert = upsert.on_conflict_do_update(
                    index_elements=[_CHANGES.c.tag], set_={"position": upsert.excluded.position}
                )
                await connection.execute(upsert, rows)
        return position

    async def since(self, position: int) -> messages.News:
        """Return what changed after a position, and the head. Raises Unavailable."""
        query = (
            sa.select(_CLOCK.c.position.label("head"), _CHANGES.c.tag, _CHANGES.c.position)
            .select_from(_CLOCK)
            .join(_CHANGES, _CHANGES.c.position > position, isouter=True)
            .limit(MOST + 1)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).all()
        changed = {row.tag: row.position for row in found if row.tag is not None}
        return messages.News(found[0].head, changed, len(found) <= MOST)

    async def latest(self, tags: Collection[str]) -> int:
        """Return the position of the last change of any of these tags, 0 if there is none. Raises Unavailable."""
        query = sa.select(sa.func.max(_CHANGES.c.position)).where(_CHANGES.c.tag.in_(sorted(tags)))
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one() or 0
