"""First passes in a guarded process: `python -m actors.perception.documents.reader_process OWNER MEMORY_BYTES`.

Takes requests from standard input, one after the other, until it closes. Knows no settings but what a request says.
"""

from __future__ import annotations

import sys

# The layout models cost 60 MB and half a second at import; the layout pass runs in its own process.
sys.modules["pymupdf.layout"] = None  # type: ignore[assignment]

from actors.perception.documents import cages, registry, serving, wire  # noqa: E402


def main() -> None:
    """Serve until the owner closes the pipe."""
    incoming, outgoing = cages.pipes(int(sys.argv[1]))
    cages.close(int(sys.argv[2]))
    wire.send(outgoing, {"ready": True})
    while (request := wire.receive(incoming)) is not None:
        serving.answer(outgoing, lambda taken=request: registry.read(serving.source(taken)))  # type: ignore[misc]


if __name__ == "__main__":
    main()
