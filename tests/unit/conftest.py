"""Unit tests run without Ray: one that starts it fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_ray() -> Iterator[None]:
    """Look without importing it: the import alone takes seconds."""
    yield
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        ray.shutdown()
        pytest.fail("a unit test started Ray; move it to tests/cluster")
