"""A window seen together with what stands above it. Arrays in, arrays out: knows vectors, no text.

A sentence often leaves out what its heading says. The sum of both vectors, at unit length, says both (measured in
docs/retrieval.md), and the window alone can be had back from it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float16]


def joined(windows: Rows, contexts: Rows) -> Rows:
    """Return the unit rows along window + context, both (n, dimensions); a context of zeros changes nothing."""
    sums = windows.astype(np.float32) + contexts.astype(np.float32)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(lengths, 1e-6), np.float16)


def apart(rows: Rows, contexts: Rows) -> Rows:
    """Return the windows that `joined` with these contexts, both (n, dimensions), made the rows.

    With |window| = 1 and row = (window + context) / s: s² − 2s·(row·context) + |context|² − 1 = 0.
    """
    seen, above = rows.astype(np.float32), contexts.astype(np.float32)
    along = np.einsum("nd,nd->n", seen, above)
    lengths = along + np.sqrt(np.maximum(along**2 + 1 - np.einsum("nd,nd->n", above, above), 0))
    return np.asarray(seen * lengths[:, None] - above, np.float16)
