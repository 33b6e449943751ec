"""A 100-page PDF: from the first byte of the upload until it is found, beside the least work that needs.

The least work: PyMuPDF's bare text extraction, plus embedding the same windows with the same engine on the same
machine, nothing else. Bar: at most 1.5 × that. `python -m tests.bench.pdfs`. Text: ../shared/data, never stored.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx
import pymupdf

from actors import knobs, messages, settings
from actors.library import chunking, windows
from actors.models import engines
from actors.perception.documents import readers
from tests import installations
from tests.bench import reports

CORPUS = installations.ROOT.parent / "shared" / "data" / "general" / "corpus.jsonl"
PAGES = 100
PASSAGES_PER_PAGE = 4
ROUNDS = 3
BAR = 1.5


def main() -> None:
    """Measure the least work and the upload in turn, each round with other text."""
    ratios, rows = [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        installation = installations.start(home, "--no-console", CONSILIUM_DOCUMENTS__LAYOUT="false")
        try:
            engine = engines.load(settings.Embeddings(), home / "models")
            for turn in range(ROUNDS):
                file = home / f"hundred-{turn}.pdf"
                _make(file, turn)
                least = asyncio.run(_least(file, engine))
                took = _upload(installation.api_url, file)
                ratios.append(took / sum(least))
                rows.append({"extraction_s": least[0], "embedding_s": least[1], "searchable_s": took})
        finally:
            installations.stop(installation)
    ratio = statistics.median(ratios)
    reports.save(
        "pdf",
        [
            reports.Bar("searchable / (extraction + embedding)", ratio, f"≤ {BAR}", ratio <= BAR),
            *(
                reports.Bar(name, statistics.median(row[name] for row in rows), "")
                for name in ("extraction_s", "embedding_s", "searchable_s")
            ),
        ],
        {"rounds": rows},
    )


def _make(file: Path, turn: int) -> None:
    lines = CORPUS.read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines[turn * PAGES * PASSAGES_PER_PAGE :]]
    with pymupdf.open() as document:
        for number in range(PAGES):
            page = document.new_page()
            text = "\n\n".join(texts[number * PASSAGES_PER_PAGE : (number + 1) * PASSAGES_PER_PAGE])
            page.insert_textbox(pymupdf.Rect(50, 50, 545, 790), text, fontsize=9)
        document.save(file)


async def _least(file: Path, engine: engines.Engine) -> tuple[float, float]:
    began = time.perf_counter()
    with pymupdf.open(file) as document:
        for page in document:
            page.get_text()
    extraction = time.perf_counter() - began
    reader = readers.Readers(settings.Documents())
    parsed: messages.Parsed = await reader.read(file, file.name, "application/pdf", None)
    await reader.close()
    texts = [
        text for chunk in chunking.cut(parsed.pages, engine.tokens, knobs.Chunking()) for text in windows.texts(chunk)
    ]
    began = time.perf_counter()
    await engine.embeddings.embed(texts)
    return extraction, time.perf_counter() - began


def _upload(url: str, file: Path) -> float:
    with httpx.Client(base_url=url, timeout=120) as client:
        began = time.perf_counter()
        answer = client.post("/v1/documents", files={"file": (file.name, file.read_bytes())})
        document = answer.raise_for_status().json()
        while document["status"] == "processing":
            time.sleep(0.02)
            document = client.get(f"/v1/documents/{document['id']}").raise_for_status().json()
        found = client.post("/v1/search", json={"query": "the", "k": 1, "filter": {"documents": [document["id"]]}})
        took = time.perf_counter() - began
        assert document["status"] == "ready", document
        assert found.raise_for_status().json()["data"], "ready, but not found"
    return took


if __name__ == "__main__":
    main()
