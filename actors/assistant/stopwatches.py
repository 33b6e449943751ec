"""Measures the stages of one question. Knows the clock only by argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

MS_PER_S = 1000.0


class Stopwatch:
    """Adds up milliseconds by stage; the sum of its laps is the receipt's ground."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._laps: dict[str, float] = {}

    @contextmanager
    def lap(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to `stage`."""
        began = self._clock()
        try:
            yield
        finally:
            self._laps[stage] = self._laps.get(stage, 0.0) + (self._clock() - began) * MS_PER_S

    def ms(self, stage: str) -> float:
        """Milliseconds spent in `stage` so far."""
        return self._laps.get(stage, 0.0)

    @property
    def total_ms(self) -> float:
        """Milliseconds since the watch was made."""
        return (self._clock() - self._started) * MS_PER_S
