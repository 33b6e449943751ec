"""Real documents against what others say is in them, and hostile ones against what may happen to them.

Recall is the share of the truth's words (with repetition) that are in our text, precision the share of our words that
are in the truth; cells is the share of the truth's table cells that are cells here. The floors are just under what was
seen; `docs/documents.md` has the figures and why some are not 1.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from actors import errors, messages, settings
from actors.perception.documents import readers

DATA = Path(__file__).parents[3] / "shared" / "data" / "documents"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="evaluation data (../shared/data) is not here")


class Floor(NamedTuple):
    recall: float
    precision: float
    cells: float = 0.0


FIRST = {
    "2305.03393v1-pg9.pdf": Floor(0.96, 0.97),
    "right_to_left_01.pdf": Floor(0.93, 0.94),
    "amt_handbook_sample.pdf": Floor(0.99, 0.95),
    "SPARSE-2024-INV-1234_borderless_table.pdf": Floor(0.99, 0.99, 0.99),
    "scotus-transcript-p1.pdf": Floor(0.99, 0.99),
    "crazyones.pdf": Floor(0.99, 0.99),
    "r6-user-password.pdf": Floor(1.0, 1.0),
    "password.pdf": Floor(1.0, 1.0),
    "word_sample.docx": Floor(0.99, 0.99, 0.99),
    "docx_rich_cells.docx": Floor(0.97, 0.98, 0.99),
    "docx_checkboxes.docx": Floor(0.99, 0.99, 0.99),
    "equations.docx": Floor(0.85, 0.97),
    "powerpoint_sample.pptx": Floor(0.99, 0.83, 0.99),
    "pptx_chart.pptx": Floor(0.86, 0.78, 0.99),
    "xlsx_01.xlsx": Floor(0.69, 0.99, 0.74),
    "xlsx_06_edge_cases_.xlsx": Floor(0.99, 0.99, 0.99),
    "legacy_sample.xls": Floor(0.99, 0.90, 0.92),
    "text_document_01.odt": Floor(0.98, 0.98),
    "epub_purvis_poetry.epub": Floor(0.99, 0.99),
    "csv-semicolon.csv": Floor(0.99, 0.99, 0.99),
    "wiki_duck.html": Floor(0.96, 0.99, 0.55),
}
LAYOUT = {
    "2305.03393v1-pg9.pdf": Floor(0.96, 0.98),
    "amt_handbook_sample.pdf": Floor(0.99, 0.94),
    "SPARSE-2024-INV-1234_borderless_table.pdf": Floor(0.99, 0.99, 0.99),
    "right_to_left_01.pdf": Floor(0.93, 0.94),
}
REFUSED = {
    "MEDRPT-2024-PAT-3847_medical_report_scan.pdf": "no_text",
    "skew.pdf": "no_text",
    "table-multi-row-column-cells.pdf": "no_text",
    "legacy_sample.doc": "unsupported_type",
    "fake-email.msg": "unsupported_type",
}
HOSTILE = {
    "PDFBOX-3148-2-fuzzed.pdf": "damaged",
    "Pages-tree-refs.pdf": "damaged",
    "bug1020226.pdf": "damaged",
    "empty.pdf": "empty",
    "fake-encrypted.eml": "encrypted_message",
    "hugemono.pdf": "no_text",
    "invalid.pdf": "damaged",
    "password_protected.xlsx": "password_required",
    "poppler-395-0-fuzzed.pdf": "damaged",
    "poppler-91414-0-53.pdf": "damaged",
}
HARMLESS = {
    "bomb_giant.pdf": "GIANT JBIG2 BOMB",
    "copy-protected.pdf": "LayoutParser",
    "docx_external_image.docx": "This paragraph comes after the external image.",
    "evaljs.pdf": "Execute",
    "example-with-scripts.html": "Russian",
    "fake-power-point-malformed.pptx": "Test Slide",
    "xref_command_missing.pdf": "Reduced test-case",
}


def entries() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "manifest.jsonl").read_text().splitlines()] if DATA.is_dir() else []


TRUTHS = {Path(entry["file"]).name: entry for entry in entries() if not entry.get("hostile")}


@pytest.fixture
async def pool() -> AsyncIterator[readers.Readers]:
    made = readers.Readers(settings.Documents())
    yield made
    await made.close()


def words(text: str) -> Counter[str]:
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"<!--.*?-->", "", unicodedata.normalize("NFKC", text)))
    return Counter(re.findall(r"[^\W_]+", text.lower()))


def cells(text: str) -> Counter[str]:
    rows = re.findall(r"^\|(.*)\|\s*$", re.sub(r"<!--.*?-->", "", text), re.MULTILINE)
    found = Counter(re.sub(r"\W+", "", cell).lower() for row in rows for cell in re.split(r"(?<!\\)\|", row))
    del found[""]
    return found


def share(of: Counter[str], among: Counter[str]) -> float:
    return (of & among).total() / of.total() if of else 1.0


def check(parsed: messages.Parsed, name: str, floor: Floor) -> None:
    truth = (DATA / TRUTHS[name]["truth"]).read_text()
    text = "\n".join(page.markdown for page in parsed.pages)
    seen = Floor(share(words(truth), words(text)), share(words(text), words(truth)), share(cells(truth), cells(text)))
    print(f"{name}: recall {seen.recall:.3f}, precision {seen.precision:.3f}, cells {seen.cells:.3f}")
    assert all(got >= least for got, least in zip(seen, floor, strict=True)), seen


def test_every_file_is_accounted_for() -> None:
    known = {
        *FIRST,
        *REFUSED,
        "cython.pdf",
        "eml_with_attachment.eml",
        "fake-doc.rtf",
        "form.pdf",
        "prefilled_f1040.pdf",
    }
    known |= {"korean-text-with-tables.pdf", "nics-background-checks-2015-11.pdf"}
    assert known == set(TRUTHS)
    assert {*HOSTILE, *HARMLESS} == {path.name for path in (DATA / "hostile").iterdir()}


async def test_first_passes(pool: readers.Readers) -> None:
    for name, floor in FIRST.items():
        check(await pool.read(DATA / "files" / name, name, password=TRUTHS[name]["password"]), name, floor)
    assert len(pool.pids) == 1


async def test_layout_passes(pool: readers.Readers) -> None:
    for name, floor in LAYOUT.items():
        check(await pool.read_layout(DATA / "files" / name, TRUTHS[name]["password"]), name, floor)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("form.pdf", "foo"),
        ("prefilled_f1040.pdf", "Department of the Treasury"),
        (
            "korean-text-with-tables.pdf",
            "| 온라인쇼핑몰 | 삼성카드 쇼핑, G마켓, 옥션, 11번가, 인터파크, 쿠팡, 티몬, 위메프 |",
        ),
        ("nics-background-checks-2015-11.pdf", "| Alabama | 18,870 | 23,022 | 22,650 | 859 | 1,178 |"),
        ("cython.pdf", "### 1.3 Integrating multiple modules"),
        ("eml_with_attachment.eml", "This is a test attachment file."),
        ("fake-doc.rtf", "| Column 1 | Column 2 |\n|-|-|\n| Row 1, Cell 1 | Row 1, Cell 2 |"),
    ],
)
async def test_files_without_a_whole_truth(pool: readers.Readers, name: str, said: str) -> None:
    parsed = await pool.read(DATA / "files" / name, name)
    assert said in "\n".join(page.markdown for page in parsed.pages)


@pytest.mark.parametrize("folder", ["files", "hostile"])
async def test_what_cannot_be_read_is_refused_with_a_word_for_it(pool: readers.Readers, folder: str) -> None:
    for name, code in (REFUSED if folder == "files" else HOSTILE).items():
        with pytest.raises(errors.CallerError) as caught:
            await pool.read(DATA / folder / name, name)
        assert caught.value.code == code, name
        assert len(caught.value.message) > 20
    assert len(pool.pids) == 1  # nothing broke the process


async def test_what_is_harmless_without_its_sting_is_read(pool: readers.Readers) -> None:
    for name, said in HARMLESS.items():
        parsed = await pool.read(DATA / "hostile" / name, name)
        text = "\n".join(page.markdown for page in parsed.pages)
        assert said in text, name
        assert not re.search(r"<script|javascript:|app\.alert|function\s*\(", text), name
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), name
    assert len(pool.pids) == 1


async def test_an_encrypted_workbook_of_excel_2007(pool: readers.Readers) -> None:
    path = DATA / "hostile" / "password_protected.xlsx"
    parsed = await pool.read(path, path.name, password="123")
    assert "| Row 1 Column 1 | Row 1 Column 2 |" in parsed.pages[0].markdown
