"""The examples hold what their questions promise, and are made the same each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pymupdf

EXAMPLES = Path(__file__).parents[3] / "examples"
QUESTIONS = json.loads((EXAMPLES / "questions.json").read_text())
LIGATURES = str.maketrans({"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"})


def text(name: str, page: int) -> str:
    if name.endswith(".xlsx"):
        sheet = openpyxl.load_workbook(EXAMPLES / name).worksheets[page - 1]
        cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
        return " ".join(f"{cell:,.2f}" if isinstance(cell, int | float) else str(cell) for cell in cells)
    with pymupdf.open(EXAMPLES / name) as document:
        return " ".join(document[page - 1].get_text().translate(LIGATURES).split())


def test_each_answer_stands_on_its_page() -> None:
    looked = 0
    for entry in QUESTIONS:
        assert (EXAMPLES / entry["document"]).exists()
        if entry["document"].endswith((".pdf", ".xlsx")):
            assert entry["answer"] in text(entry["document"], entry["page"]), entry["question"]
            looked += 1
    assert looked >= 7


def test_they_are_small_and_made_the_same_each_time(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        subprocess.run([sys.executable, EXAMPLES / "make.py", folder], check=True, capture_output=True)
    first, second = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders)
    assert first == second
    assert set(first) == {entry["document"] for entry in QUESTIONS}
    assert sum((EXAMPLES / name).stat().st_size for name in first) < 400_000
