from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("other", ["onnxruntime", "pymupdf"])
def test_other_native_libraries_survive_ours(other):
    """In a process of its own: the wheel's C++ library used to end it with a segmentation fault."""
    code = f"import actors.library.indexes, {other}; print('alive')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr
