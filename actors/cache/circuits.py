"""When to stop asking a server that does not answer, and when to ask again. Pure: no clock, no server.

The circuit breaker of Nygard, "Release It!" (2007): closed → failures → open → pause → one probe → closed or open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILURES = 3
"""In a row, after which the circuit opens."""
PAUSE_S = 1.0
"""How long it stays open before the next probe."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of a server."""

    failures: int = 0
    """In a row."""
    refused_until: float = 0.0
    """Time before which nobody may ask; means something only with enough failures."""


def admit(circuit: Circuit, now: float, probe_s: float) -> tuple[bool, Circuit]:
    """Whether a call may go out now. An open circuit lets one probe out, which has `probe_s` seconds to answer."""
    if circuit.failures < FAILURES:
        return True, circuit
    if now < circuit.refused_until:
        return False, circuit
    return True, replace(circuit, refused_until=now + probe_s)


def settle(circuit: Circuit, answered: bool, now: float) -> Circuit:
    """What is known after a call."""
    if answered:
        return Circuit()
    return Circuit(circuit.failures + 1, now + PAUSE_S)
