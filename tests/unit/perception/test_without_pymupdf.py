"""An installation without PyMuPDF (NOTICE says how) reads everything else, and says of PDF what lacks."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib.util, sys
sys.modules["pymupdf"] = None
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "pymupdf" else found(name, package)
from actors import errors
from actors.perception.documents import registry, sources
limits = sources.Limits(10, 10_000, 10_000_000)
print(registry.read(sources.Source(b"# Title\\n\\nText.", "a.md", limits, "", None)).pages[0].markdown)
try:
    registry.read(sources.Source(b"%PDF-1.7\\n", "a.pdf", limits, "", None))
except errors.Unsupported as error:
    print(error)
"""


def test_other_formats_are_read_and_pdf_is_refused_by_name() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert "# Title" in said
    assert "PDF needs the package pymupdf" in said
