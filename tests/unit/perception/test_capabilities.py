"""What can be read is told truthfully, and without loading an engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from actors.perception.documents import capabilities, kinds, registry


def test_what_is_ready_and_what_is_not() -> None:
    told = {one.name: one for one in capabilities.capabilities()}
    assert told["documents.pdf"].ready
    assert told["documents.pdf"].engine.startswith("pymupdf 2")
    assert not told["documents.scans"].ready
    assert told["documents.legacy"].remedy


def test_telling_loads_no_engine() -> None:
    code = (
        "import sys; from actors.perception.documents import capabilities as c, readers; c.capabilities();"
        "print('pymupdf' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.stdout.strip() == "False", done.stderr


def test_every_kind_has_a_reader() -> None:
    assert {*registry.READERS, *registry.UNLOCKERS} == set(kinds.KINDS)
