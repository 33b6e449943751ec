"""The layout pass in its own process of low priority: `python -m …layout_process OWNER MEMORY_BYTES`. One file."""

from __future__ import annotations

import os
import sys
import time

from actors.perception.documents import cages, pdf_layout, serving, wire

NICE = 10
"""How far below first passes and answers the models run."""


def main() -> None:
    """Answer one request and end."""
    os.nice(NICE)
    incoming, outgoing = cages.pipes(int(sys.argv[1]))
    cages.close(int(sys.argv[2]))
    wire.send(outgoing, {"ready": True})
    request = wire.receive(incoming)
    if request is None:
        return
    deadline = time.monotonic() + float(request["seconds"])

    def progress(done: int, total: int) -> None:
        wire.send(outgoing, {"progress": [done, total]})

    serving.answer(outgoing, lambda: pdf_layout.read(serving.source(request), progress, deadline))


if __name__ == "__main__":
    main()
