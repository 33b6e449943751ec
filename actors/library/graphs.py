"""usearch, loaded so that it harms nobody, and how our graphs are made. Knows no rows and no passages.

usearch's wheel carries a whole C++ standard library whose symbols win over the system's, process-wide. Whatever C++
comes after it then dies at import (ONNX Runtime, PyMuPDF, PyArrow: usearch 2.26). The system's library, loaded for all
beforehand, wins instead.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

if sys.platform == "linux":
    with contextlib.suppress(OSError):
        ctypes.CDLL("libstdc++.so.6", mode=ctypes.RTLD_GLOBAL)

from usearch import index as usearch

Graph = usearch.Index

CONNECTIVITY = 16
EXPANSION_ADD = 96
EXPANSION_SEARCH = 128


def empty(dimensions: int) -> Graph:
    """Return a graph without rows: HNSW over 8-bit integers."""
    return Graph(
        ndim=dimensions,
        metric="cos",
        dtype="i8",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION_SEARCH,
    )
