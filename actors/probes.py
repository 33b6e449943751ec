"""Asks parts whether they answer. Knows neither parts nor Ray."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

Probe = Callable[[], Awaitable[object]]
"""Returns anything when the part answers, raises when it does not."""

TIMEOUT_S = 2.0

log = logging.getLogger(__name__)


async def ask(probes: Mapping[str, Probe], timeout_s: float = TIMEOUT_S) -> dict[str, bool]:
    """Ask all side by side; a part that takes longer than `timeout_s` does not answer."""
    answers = await asyncio.gather(
        *(asyncio.wait_for(probe(), timeout_s) for probe in probes.values()), return_exceptions=True
    )
    for name, answer in zip(probes, answers, strict=True):
        if isinstance(answer, BaseException):
            log.info("%s does not answer: %r", name, answer)
    return {name: not isinstance(answer, BaseException) for name, answer in zip(probes, answers, strict=True)}
