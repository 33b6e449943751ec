"""The breaker's rules, without a clock or a server."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.cache import circuits

PROBE_S = 0.5


def broken(now: float) -> circuits.Circuit:
    circuit = circuits.Circuit()
    for _ in range(circuits.FAILURES):
        circuit = circuits.settle(circuit, False, now)
    return circuit


def test_single_failures_do_not_open_it() -> None:
    circuit = circuits.Circuit()
    for now in range(20):
        circuit = circuits.settle(circuit, now % circuits.FAILURES == 0, float(now))
        assert circuits.admit(circuit, float(now), PROBE_S)[0]


def test_an_open_circuit_lets_one_probe_out_after_its_pause() -> None:
    circuit = broken(10.0)
    assert not circuits.admit(circuit, 10.0 + circuits.PAUSE_S - 0.01, PROBE_S)[0]
    admitted, probing = circuits.admit(circuit, 10.0 + circuits.PAUSE_S, PROBE_S)
    assert admitted
    assert not circuits.admit(probing, 10.0 + circuits.PAUSE_S, PROBE_S)[0]
    assert circuits.settle(probing, True, 11.2) == circuits.Circuit()
    assert not circuits.admit(circuits.settle(probing, False, 11.2), 11.2 + circuits.PAUSE_S / 2, PROBE_S)[0]


def test_a_probe_that_never_came_back_is_followed_by_another() -> None:
    _, probing = circuits.admit(broken(10.0), 20.0, PROBE_S)
    assert circuits.admit(probing, 20.0 + PROBE_S, PROBE_S)[0]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.2)), max_size=200))
def test_a_dead_server_is_asked_seldom_and_a_live_one_always(steps: list[tuple[bool, float]]) -> None:
    circuit, now, asked = broken(0.0), 0.0, 0
    for _, pause in steps:
        now += pause
        admitted, circuit = circuits.admit(circuit, now, PROBE_S)
        if admitted:
            asked += 1
            circuit = circuits.settle(circuit, False, now)
    assert asked <= now / circuits.PAUSE_S
    circuit = circuits.settle(circuit, True, now)
    assert all(circuits.admit(circuit, now, PROBE_S)[0] for _ in steps)
