"""The cache as its users see it: look near, then far, then deep; else make, once, and keep. Knows no kind by name.

What is found is served only if nothing that it stands on has changed (`ledgers`); a miss in one tier is filled from
the next on the way back. A tier that does not answer costs a bounded time and is left out until it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import cachetools

from actors import errors, messages
from actors.cache import far_tiers, flights, keys, ledgers, lifetimes, near_tier, shapes, tallies, values, views

T = TypeVar("T")

log = logging.getLogger(__name__)

CHANGES = 10_000
"""Keys whose changes are remembered, for `adaptive` lifetimes."""


class Tiers:
    """The caches of one process and the way to those it shares. Belongs to one event loop."""

    def __init__(
        self,
        kinds: Mapping[str, shapes.Shape],
        dear_ms: float,
        coherence: ledgers.Coherence,
        clocks: shapes.Clocks,
        far: far_tiers.FarTiers,
    ) -> None:
        self._shapes = dict(kinds)
        self._dear_ms = dear_ms
        self._coherence = coherence
        self._clocks = clocks
        self._far = far
        self._near = {name: near_tier.NearTier(shape.near_bytes, clocks.now) for name, shape in kinds.items()}
        self._flights = flights.Flights()
        self._changes: cachetools.LRUCache[str, int] = cachetools.LRUCache(CHANGES)
        self.tallies = {name: tallies.Tally() for name in kinds}
        self._mourners: list[Callable[[str, str, int], None]] = []
        coherence.listen(self._hear)

    def near(self, key: keys.Key[T]) -> shapes.Found[T] | None:
        """Return what L1 has, if that can be told without waiting."""
        began = self._clocks.elapsed()
        name = key.kind.name
        shelf = self._near[name]
        entry = shelf.get(key.digest)
        if entry is None:
            return None
        if entry.tags:
            view = self._coherence.near()
            if view is None or view.verdict(entry.stamp, entry.tags) != "true":
                return None
        policy = self._shapes[name].policy
        if policy.strategy in ("sliding", "adaptive"):
            history = _history(entry, self._changes.get(key.digest, 0))
            entry.expires_at = entry.made_at + lifetimes.lifetime_s(policy, history)
        self.tallies[name].hit("L1", self._clocks.elapsed() - began, entry.cost_ms)
        return _found(entry, "L1")

    async def get(self, key: keys.Key[T]) -> shapes.Found[T] | None:
        """Return the value from the nearest tier that has it; None when none does."""
        return (await self.get_many([key]))[0]

    async def get_many(self, wanted: Sequence[keys.Key[T]]) -> list[shapes.Found[T] | None]:
        """Return a value, or None, for each key: one round trip per tier for all of them."""
        began = self._clocks.elapsed()
        found: list[shapes.Found[T] | None] = [self.near(key) for key in wanted]
        for at, key in enumerate(wanted):
            if found[at] is None:
                found[at] = await self._renewed(key, began)
        for tier in ("L2", "L3"):
            missing = [at for at, one in enumerate(found) if one is None and self._asked(wanted[at], tier)]
            if not missing:
                continue
            load = self._far.load if tier == "L2" else self._far.load_deep
            frames = await load([_id(wanted[at]) for at in missing])
            for at, data in zip(missing, frames, strict=True):
                if data is not None:
                    found[at] = await self._taken(wanted[at], data, tier, began)
        return found

    def set(self, key: keys.Key[T], made: shapes.Made[T], cost_ms: float, token: str | None = None) -> shapes.Found[T]:
        """Keep a value in every tier it belongs to; the far ones behind the caller. `token` holds a lease on it."""
        now = self._clocks.now()
        fresh = lifetimes.History(now, now, 0, cost_ms, self._changes.get(key.digest, 0))
        ttl_s = lifetimes.lifetime_s(made.lives or self._shapes[key.kind.name].policy, fresh)
        if made.stamp is None or not made.kept or ttl_s <= 0:
            if token is not None:
                self._far.release(_id(key), token)
            return shapes.Found(made.value, "MISS", None, now, now)
        frame = values.Frame(b"", made.tags, made.stamp, now, now + ttl_s, cost_ms)
        entry = self._shelve(key, made.value, frame, made.stamp)
        dear = self._shapes[key.kind.name].deep and cost_ms >= self._dear_ms
        self._far.put(_id(key), frame, lambda: key.kind.pack(made.value), token, dear)
        return _found(entry, "MISS")

    async def get_or_make(
        self,
        key: keys.Key[T],
        make: shapes.Make[T],
        wish: messages.Wish = "default",
        refresh: shapes.Make[T] | None = None,
    ) -> shapes.Found[T]:
        """Return the value from a tier, or make it: one caller makes, the others wait for him.

        `refresh` makes it anew before its time is over, behind a caller. Raises what `make` raises, and NotFound for
        the wish `only` when no tier has it.
        """
        if wish == "bypass":
            made = await make()
            now = self._clocks.now()
            return shapes.Found(made.value, "BYPASS", None, now, now)
        began = self._clocks.elapsed()
        if wish == "refresh":
            return await self._make(key, make, None)
        found = self.near(key)
        if found is not None:
            if refresh is not None:
                self.refresh_early(key, refresh)
            return found
        if wish != "only":
            return await self._joined(key, make, began)
        found = await self.get(key)
        if found is None:
            raise errors.NotFound("No cache has an answer to this, and `only` lets none be made.", "not_cached")
        return found

    def mourn(self, told: Callable[[str, str, int], None]) -> None:
        """Call `told` with kind, digest and hits of each entry of L1 that a change takes."""
        self._mourners.append(told)

    async def stamp(self) -> int | None:
        """Return the position before which everything that is read from now on is true; None: unknown, keep nothing."""
        try:
            return (await self._coherence.view(self._clocks.elapsed())).position
        except errors.Unavailable:
            return None

    async def invalidate(self, tags: Collection[str]) -> int:
        """Drop what stands on these tags, everywhere, before returning; return how many entries were met.

        Raises Unavailable when the ledger does not take the change: then nothing may be acknowledged.
        """
        met = sum(len(shelf.standing_on(tags)) for shelf in self._near.values())
        erasing = asyncio.create_task(self._far.erase(tags))
        try:
            await self._coherence.announce(tags)
        finally:
            erased = await erasing
        for shelf in self._near.values():
            for digest, _ in shelf.standing_on(tags):
                shelf.drop(digest, "erased")
        return met + erased

    def shelves(self) -> Mapping[str, near_tier.NearTier]:
        """L1, by kind."""
        return self._near

    async def standing_on(self, tag: str, limit: int) -> list[str]:
        """Return ids of entries in L2 that stand on a tag; [] when it does not answer."""
        if self._far.redis is not None:
            with contextlib.suppress(errors.Unavailable):
                return await self._far.redis.standing_on(tag, limit)
        return []

    async def settled(self) -> None:
        """Wait until what was kept has reached the far tiers."""
        await self._far.settled()

    async def close(self) -> None:
        """Finish what is being written, and let go of everything."""
        await self._flights.close()
        await self._far.close()
        await self._coherence.close()

    # ── looking ──────────────────────────────────────────────────────────────────────────────────

    async def _renewed(self, key: keys.Key[T], began: float) -> shapes.Found[T] | None:
        """Return what L1 has after asking the ledger."""
        shelf = self._near[key.kind.name]
        entry = shelf.peek(key.digest)
        if entry is None:
            return None
        try:
            stamp = await self._true(entry.stamp, entry.tags, began)
        except errors.Unavailable:
            return None
        if stamp is None:
            self._condemn(key.kind.name, key.digest)
            return None
        entry.stamp = stamp
        self.tallies[key.kind.name].hit("L1", self._clocks.elapsed() - began, entry.cost_ms)
        return _found(entry, "L1")

    async def _taken(self, key: keys.Key[T], data: bytes, tier: str, began: float) -> shapes.Found[T] | None:
        """Return the value of a frame if it is whole, true and of this time; keep it near."""
        tally = self.tallies[key.kind.name]
        try:
            frame = values.decode(data)
            stamp = await self._true(frame.stamp, frame.tags, began)
            if stamp is None:
                tally.stale += 1
                return None
            value = key.kind.unpack(frame.payload)
        except ValueError as error:
            log.warning("%s of %s cannot be read: %s", tier, key.kind.name, error)
            return None
        except errors.Unavailable:
            return None
        if frame.expires_at <= self._clocks.now():
            return None
        entry = self._shelve(key, value, frame, stamp)
        tally.hit(tier, self._clocks.elapsed() - began, frame.cost_ms)
        if tier == "L3":
            self._far.put_back(_id(key), data, frame)
        return _found(entry, tier)

    def _asked(self, key: keys.Key[Any], tier: str) -> bool:
        return tier == "L2" or self._shapes[key.kind.name].deep

    async def _true(self, stamp: int, tags: Collection[str], began: float) -> int | None:
        """Return the position up to which a value is true, None when something changed. Raises Unavailable."""
        if not tags:
            return stamp
        view = await self._coherence.view(began)
        verdict = view.verdict(stamp, tags)
        if verdict == "true" or (verdict == "unknown" and await self._coherence.true(stamp, tags)):
            return max(stamp, view.position)
        return None

    # ── making ───────────────────────────────────────────────────────────────────────────────────

    async def _joined(self, key: keys.Key[T], make: shapes.Make[T], began: float) -> shapes.Found[T]:
        """Wait for whoever looks for it or makes it, or be the one."""
        while (near := self.near(key)) is None:
            flight = self._flights.joined(_id(key))
            if flight is None:
                leading = self._flights.lead(_id(key), lambda: self._lead(key, make), self._clocks.elapsed())
                return await asyncio.shield(leading)
            self.tallies[key.kind.name].joined += 1
            found: shapes.Found[T] = await asyncio.shield(flight.task)
            if flight.began >= began or await self._still(found, began):
                return found
        return near

    async def _still(self, found: shapes.Found[Any], began: float) -> bool:
        """Whether a value is true for a caller who came when its making had begun: things may have changed between."""
        if found.lineage is None:
            return False
        try:
            return await self._true(found.lineage.stamp, found.lineage.tags, began) is not None
        except errors.Unavailable:
            return False

    async def _lead(self, key: keys.Key[T], make: shapes.Make[T]) -> shapes.Found[T]:
        found = await self.get(key)
        if found is not None:
            return found
        redis = self._far.redis
        if redis is None or not self._shapes[key.kind.name].leased:
            return await self._make(key, make, None)
        began = self._clocks.elapsed()
        token, found = await flights.leased(redis, _id(key), lambda data: self._taken(key, data, "L2", began))
        if found is not None:
            return found
        if token is None:
            return await self._make(key, make, None)
        async with flights.held(redis, _id(key), token):
            return await self._make(key, make, token)

    async def _make(self, key: keys.Key[T], make: shapes.Make[T], token: str | None) -> shapes.Found[T]:
        stamp, began = await self.stamp(), self._clocks.elapsed()
        made = await make()
        took = self._clocks.elapsed() - began
        self.tallies[key.kind.name].made(took)
        oldest = min((at for at in (stamp, made.stamp) if at is not None), default=None)
        known = 0 if not made.tags else None if stamp is None else oldest
        return self.set(key, dataclasses.replace(made, stamp=known), took * 1000, token)

    def refresh_early(self, key: keys.Key[T], refresh: shapes.Make[T]) -> None:
        """Perhaps make a value anew behind the callers, the likelier the nearer its end and the dearer it was."""
        entry = self._near[key.kind.name].peek(key.digest)
        if entry is None or self._flights.joined(_id(key)) is not None:
            return
        if lifetimes.early(_history(entry), entry.expires_at, self._clocks.now(), self._clocks.chance()):
            self.tallies[key.kind.name].refreshed += 1
            self._flights.lead(_id(key), lambda: self._make(key, refresh, None), self._clocks.elapsed())

    # ── keeping ──────────────────────────────────────────────────────────────────────────────────

    def _shelve(self, key: keys.Key[T], value: T, frame: values.Frame, stamp: int) -> near_tier.Entry:
        size = key.kind.weigh(value) + near_tier.OVERHEAD
        entry = near_tier.Entry(
            value, frame.tags, stamp, frame.made_at, frame.expires_at, frame.cost_ms, size, frame.made_at
        )
        self._near[key.kind.name].put(key.digest, entry)
        return entry

    # ── forgetting ───────────────────────────────────────────────────────────────────────────────

    def _hear(self, view: views.View) -> None:
        """Forget what a change made stale: it would not be served, but it takes room."""
        for name, shelf in self._near.items():
            for digest, entry in shelf.entries():
                if view.verdict(entry.stamp, entry.tags) == "stale":
                    self._condemn(name, digest)

    def _condemn(self, name: str, digest: str) -> None:
        entry = self._near[name].drop(digest, "changed")
        if entry is None:
            return  # gone already: the change was heard while the ledger was asked about it
        for told in self._mourners:
            told(name, digest, entry.hits)
        self._changes[digest] = self._changes.get(digest, 0) + 1


def _id(key: keys.Key[Any]) -> str:
    return f"{key.kind.name}:{key.digest}"


def _history(entry: near_tier.Entry, changes: int = 0) -> lifetimes.History:
    return lifetimes.History(entry.made_at, entry.asked_at, entry.hits, entry.cost_ms, changes)


def _found(entry: near_tier.Entry, tier: str) -> shapes.Found[Any]:
    return shapes.Found(entry.value, tier, messages.Lineage(entry.tags, entry.stamp), entry.made_at, entry.expires_at)
