"""L3: what was dear to make, kept as opaque bytes for a while. Knows neither what they mean nor when they are true."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from actors.database import cache_tables, engines

_ENTRIES = cache_tables.entries
_TAGS = cache_tables.entry_tags


class Entries:
    """Repository of cache entries. Every method is one transaction."""

    def __init__(self, database: engines.Database) -> None:
        self._database = database

    async def load(self, ids: Sequence[str], now: float) -> dict[str, bytes]:
        """Return the frames that are there and not expired. Raises Unavailable."""
        query = sa.select(_ENTRIES.c.id, _ENTRIES.c.frame).where(_ENTRIES.c.id.in_(ids), _ENTRIES.c.expires_at > now)
        async with self._database.reading() as connection:
            return {row.id: row.frame for row in await connection.execute(query)}

    async def store(self, id: str, frame: bytes, tags: Collection[str], *, expires_at: float, now: float) -> None:
        """Keep a frame, and drop those whose time is over. Raises Unavailable."""
        row = {"id": id, "frame": frame, "expires_at": expires_at}
        async with self._database.writing() as connection:
            await connection.execute(
                sa.delete(_ENTRIES).where(sa.or_(_ENTRIES.c.expires_at <= now, _ENTRIES.c.id == id))
            )
            await connection.execute(sa.insert(_ENTRIES), row)
            if tags:
                await connection.execute(sa.insert(_TAGS), [{"tag": tag, "entry_id": id} for tag in sorted(set(tags))])

    async def erase(self, tags: Collection[str]) -> int:
        """Delete what stands on any of these tags; return how many. Raises Unavailable."""
        standing = sa.select(_TAGS.c.entry_id).where(_TAGS.c.tag.in_(sorted(tags)))
        async with self._database.writing() as connection:
            return (await connection.execute(sa.delete(_ENTRIES).where(_ENTRIES.c.id.in_(standing)))).rowcount
