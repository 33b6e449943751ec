"""Makes the example documents: `python examples/make.py [folder]`.

Knows their content and how they look; knows nothing of Consilium. The same bytes come out each time,
so a changed file in a commit means changed content.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import markdown_it
import openpyxl
import pptx
import pymupdf
from docx.document import Document as Docx
from docx.shared import Pt, RGBColor
from markdown_it.tree import SyntaxTreeNode
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet
from pptx.util import Inches
from pptx.util import Pt as SlidePt

SOURCES = Path(__file__).parent / "sources"
WHEN = datetime(2026, 1, 15, 9, 0, 0)

# ── the manual ───────────────────────────────────────────────────────────────────────────────────

PAPER = pymupdf.paper_rect("a4")
FRAME = pymupdf.Rect(PAPER.x0 + 62, PAPER.y0 + 70, PAPER.x1 - 62, PAPER.y1 - 74)
RUST, INK, SAND, STEEL = (0.48, 0.18, 0.11), (0.13, 0.16, 0.18), (0.94, 0.91, 0.86), (0.78, 0.8, 0.81)
EDITION = "Edition 4 · January 2026 · Document AE2-UM-EN"


def manual() -> bytes:
    """Return the product manual: a cover, then the HTML laid out by MuPDF, then furniture on each page."""
    body = BytesIO()
    writer = pymupdf.DocumentWriter(body)
    style = (SOURCES / "manual.css").read_text()
    # One story per chapter: MuPDF's own page breaks never end (they are taken again on the next page).
    for chapter in re.split(r"(?=<h1>)", (SOURCES / "manual.html").read_text()):
        story = pymupdf.Story(chapter, user_css=style)
        more = True
        while more:
            device = writer.begin_page(PAPER)
            more, _ = story.place(FRAME)
            story.draw(device)
            writer.end_page()
    writer.close()
    book = pymupdf.open("pdf", body.getvalue())
    chapters = [
        [1, line["spans"][0]["text"], page.number + 2]
        for page in book
        for block in page.get_text("dict")["blocks"]
        for line in block.get("lines", ())
        if line["spans"][0]["size"] > 18
    ]
    for page in book:
        furnish(page)
        for legend in page.search_for("Figure 1: "):
            draw_machine(page, pymupdf.Rect(172, legend.y0 - 200, 423, legend.y0 - 10), callouts=True)
    cover(book.new_page(0, PAPER.width, PAPER.height), chapters)
    book.set_toc(chapters)
    book.set_metadata(
        {
            "title": "Norwell Arden E2: user manual",
            "author": "Norwell Appliances",
            "subject": "Installation, use and care",
            "creationDate": f"D:{WHEN:%Y%m%d%H%M%S}Z",
            "modDate": f"D:{WHEN:%Y%m%d%H%M%S}Z",
        }
    )
    book.subset_fonts()
    return bytes(book.tobytes(garbage=4, deflate=True, deflate_fonts=True, use_objstms=1, no_new_id=True))


def furnish(page: pymupdf.Page) -> None:
    """Draw header and footer. The cover comes in front later, so numbers are two ahead of indices."""
    page.draw_line((FRAME.x0, 52), (FRAME.x1, 52), color=STEEL, width=0.6)
    page.insert_text((FRAME.x0, 45), "Norwell Arden E2", fontsize=8.5, color=RUST, fontname="hebo")
    page.insert_text((FRAME.x1 - 52, 45), "User manual", fontsize=8.5, color=INK)
    page.draw_line((FRAME.x0, PAPER.y1 - 50), (FRAME.x1, PAPER.y1 - 50), color=STEEL, width=0.6)
    page.insert_text((FRAME.x0, PAPER.y1 - 36), EDITION, fontsize=8, color=INK)
    page.insert_text((FRAME.x1 - 12, PAPER.y1 - 36), str(page.number + 2), fontsize=9, color=INK, fontname="hebo")


def cover(page: pymupdf.Page, chapters: Sequence[Sequence[Any]]) -> None:
    """Draw the title page with the machine and the contents."""
    page.draw_rect(pymupdf.Rect(0, 0, PAPER.width, 330), color=None, fill=SAND)
    page.draw_rect(pymupdf.Rect(0, 330, PAPER.width, 336), color=None, fill=RUST)
    page.insert_text((62, 76), "NORWELL", fontsize=13, fontname="hebo", color=RUST)
    page.insert_text((62, 150), "Arden E2", fontsize=42, fontname="hebo", color=INK)
    page.insert_text((62, 182), "Dual-boiler espresso machine", fontsize=14, color=INK)
    page.insert_text((62, 228), "User manual", fontsize=18, color=RUST)
    page.insert_text((62, 250), "Installation, use and care", fontsize=11, color=INK)
    draw_machine(page, pymupdf.Rect(338, 78, 548, 312), callouts=False)
    page.insert_text((62, 384), "Contents", fontsize=15, fontname="hebo", color=INK)
    for row, (_, title, number) in enumerate([[1, "About this manual", 2], *chapters]):
        y = 412 + 24 * row
        page.insert_text((62, y), title, fontsize=11, color=INK)
        page.insert_text((PAPER.x1 - 78, y), f"{number:>2}", fontsize=11, color=INK)
        page.draw_line((62, y + 7), (PAPER.x1 - 62, y + 7), color=SAND, width=0.8)
    page.insert_text((62, PAPER.y1 - 60), f"Original instructions · {EDITION}", fontsize=9, color=INK)


def draw_machine(page: pymupdf.Page, box: pymupdf.Rect, *, callouts: bool) -> None:
    """Draw the front of the machine into `box`, with numbered callouts if they are wanted."""

    def at(x: float, y: float) -> pymupdf.Point:
        return pymupdf.Point(box.x0 + x * box.width, box.y0 + y * box.height)

    def plate(x0: float, y0: float, x1: float, y1: float, fill: tuple[float, ...], radius: float | None = None) -> None:
        page.draw_rect(pymupdf.Rect(at(x0, y0), at(x1, y1)), color=INK, fill=fill, width=0.9, radius=radius)

    white, dark = (1, 1, 1), (0.25, 0.28, 0.3)
    plate(0.10, 0.04, 0.90, 0.09, STEEL)
    plate(0.06, 0.09, 0.94, 0.40, white, 0.06)
    plate(0.14, 0.40, 0.86, 0.86, (0.93, 0.94, 0.94))
    plate(0.04, 0.86, 0.96, 0.96, STEEL, 0.2)
    plate(0.38, 0.15, 0.62, 0.29, dark, 0.1)
    page.insert_text(at(0.435, 0.245), "93.0", fontsize=box.width * 0.06, color=(0.98, 0.8, 0.5), fontname="hebo")
    page.draw_circle(at(0.70, 0.22), box.width * 0.035, color=INK, fill=STEEL)
    for x in (0.17, 0.28):
        page.draw_circle(at(x, 0.22), box.width * 0.042, color=INK, fill=white)
        page.draw_line(at(x, 0.22), at(x + 0.025, 0.19), color=RUST, width=1)
    plate(0.38, 0.40, 0.62, 0.49, STEEL)
    plate(0.40, 0.49, 0.60, 0.54, dark)
    plate(0.47, 0.54, 0.53, 0.60, dark)
    page.draw_line(at(0.50, 0.52), at(0.50, 0.70), color=RUST, width=box.width * 0.02)
    page.draw_polyline([at(0.83, 0.40), at(0.83, 0.50), at(0.88, 0.74)], color=INK, width=2)
    page.draw_polyline([at(0.24, 0.40), at(0.24, 0.58)], color=INK, width=2.4)
    if not callouts:
        return
    left, right = -0.16, 1.14
    lines = [
        ((0.30, 0.065), (left, 0.03)),
        ((0.52, 0.17), (right, 0.06)),
        ((0.40, 0.45), (left, 0.44)),
        ((0.86, 0.66), (right, 0.62)),
        ((0.24, 0.55), (left, 0.62)),
        ((0.12, 0.91), (left, 0.90)),
        ((0.92, 0.14), (right, 0.28)),
        ((0.14, 0.24), (left, 0.24)),
    ]
    for number, (spot, mark) in enumerate(lines, start=1):
        page.draw_line(at(*mark), at(*spot), color=RUST, width=0.7)
        page.draw_circle(at(*mark), 8, color=RUST, fill=white, width=0.9)
        centre = at(*mark)
        page.insert_text((centre.x - 2.6, centre.y + 3.2), str(number), fontsize=9, fontname="hebo", color=RUST)


# ── the policy ───────────────────────────────────────────────────────────────────────────────────


def policy() -> bytes:
    """Return the travel policy as DOCX, from its Markdown."""
    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    for level, size in ((1, 16), (2, 13)):
        heading = document.styles[f"Heading {level}"]
        heading.font.size, heading.font.color.rgb = Pt(size), RGBColor(0x7A, 0x2F, 0x1D)
    properties = document.core_properties
    properties.title, properties.author = "Travel and Expense Policy", "Norwell Appliances, Finance"
    properties.created = properties.modified = WHEN
    tree = SyntaxTreeNode(markdown_it.MarkdownIt().enable("table").parse((SOURCES / "policy.md").read_text()))
    for node in tree.children:
        write_block(document, node)
    return saved(document.save)


def write_block(document: Docx, node: SyntaxTreeNode) -> None:
    """Append one Markdown block to the document."""
    if node.type == "heading":
        document.add_heading(plain(node), level=int(node.tag[1]) - 1)
    elif node.type == "paragraph":
        document.add_paragraph(plain(node))
    elif node.type in ("bullet_list", "ordered_list"):
        style = "List Bullet" if node.type == "bullet_list" else "List Number"
        for item in node.children:
            document.add_paragraph(plain(item), style=style)
    elif node.type == "table":
        rows = [[plain(cell) for cell in row.children] for part in node.children for row in part.children]
        table = document.add_table(rows=0, cols=len(rows[0]), style="Light Grid Accent 2")
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text


def plain(node: SyntaxTreeNode) -> str:
    """Return a node's text without marks."""
    return "".join(leaf.content for leaf in node.walk() if leaf.type in ("text", "code_inline"))


# ── the prices ───────────────────────────────────────────────────────────────────────────────────

MACHINES = [
    ("Article", "Model", "Description", "Price EUR", "Delivery"),
    ("10-0210", "Arden E1", "Single boiler, vibration pump", 1190.0, "in stock"),
    ("10-0220", "Arden E2", "Dual boiler, rotary pump, display", 2390.0, "in stock"),
    ("10-0221", "Arden E2 Black", "As E2, matt black housing", 2490.0, "2 weeks"),
    ("10-0230", "Arden E2 Pro", "As E2, fixed water connection", 2790.0, "4 weeks"),
    ("10-0310", "Tarn G1", "Burr grinder, 64 mm", 549.0, "in stock"),
    ("10-0320", "Tarn G2", "Burr grinder, 83 mm, weighing", 899.0, "3 weeks"),
]
PARTS = [
    ("Article", "Code", "Part", "Fits", "Price EUR", "Pack"),
    ("20-1001", "WF-20", "Water filter cartridge", "E1, E2", 14.9, 1),
    ("20-1002", "WF-20 Plus", "Water filter cartridge for very hard water", "E1, E2", 18.5, 1),
    ("20-1010", "DS-1", "Descaling solution, 500 ml", "all", 12.9, 1),
    ("20-1011", "CT-3", "Cleaning tablets", "all", 16.5, 40),
    ("20-1100", "GG-58", "Group gasket, silicone", "E1, E2", 9.8, 2),
    ("20-1101", "SS-58", "Shower screen with screw", "E1, E2", 17.4, 1),
    ("20-1150", "FM-2", "Flow meter", "E2", 38.0, 1),
    ("20-1160", "RP-9", "Rotary pump with fittings", "E2", 189.0, 1),
    ("20-1200", "BB-18", "Precision basket, 18 g", "E1, E2", 29.0, 1),
]
SERVICE = [
    ("Code", "Service", "Price EUR", "Includes"),
    ("S-10", "Safety inspection", 119.0, "Electrical test, pressure test, report"),
    ("S-20", "Full service", 249.0, "Inspection, gaskets, descaling, calibration"),
    ("S-30", "Descaling in the workshop", 89.0, "Descaling solution, return within 5 days"),
    ("S-40", "Visit by a technician, first hour", 138.0, "Travel within 50 km"),
    ("S-41", "Visit by a technician, each further half hour", 52.0, "Labour only"),
    ("S-50", "Loan machine, per week", 35.0, "Delivery and collection"),
]
TERMS = [
    ("Term", "Rule"),
    ("Validity", "Prices are valid from 1 January to 31 December 2026 and exclude VAT."),
    ("Shipping", "Orders above 150 euros are delivered free of charge; below, shipping costs 6.90 euros."),
    ("Trade discount", "Retailers receive 22 % on machines and 30 % on parts."),
    ("Payment", "Invoices are due within 30 days; 2 % discount for payment within 10 days."),
]


def prices() -> bytes:
    """Return the price list as XLSX, one sheet for each kind of article."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = "Norwell price list 2026", "Norwell Appliances"
    book.properties.created = WHEN
    for title, rows in (("Machines", MACHINES), ("Parts", PARTS), ("Service", SERVICE), ("Terms", TERMS)):
        fill_sheet(book.create_sheet(title), rows)
    return saved(book.save)


def fill_sheet(sheet: Worksheet, rows: Sequence[Sequence[Any]]) -> None:
    """Write the rows and make them readable: header, widths, money with two decimals."""
    for row in rows:
        sheet.append(row)
    for column, cell in enumerate(sheet[1], start=1):
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="7A2F1D")
        cell.alignment = Alignment(horizontal="left")
        texts = [str(row[column - 1]) for row in rows]
        sheet.column_dimensions[cell.column_letter].width = min(60, max(map(len, texts)) + 3)
        if cell.value == "Price EUR":
            for below in sheet[cell.column_letter][1:]:
                below.number_format = "#,##0.00"
    sheet.freeze_panes = "A2"


# ── the slides ───────────────────────────────────────────────────────────────────────────────────

SLIDES: list[tuple[str, list[str]]] = [
    (
        "Why machines come back",
        [
            "1,840 machines were repaired in 2025, 6 % fewer than in 2024.",
            "Scale was the cause of 41 % of all repairs.",
            "Worn gaskets came second with 17 %, blocked steam tips third with 11 %.",
            "The average repair took 3.4 working days.",
        ],
    ),
    (
        "The visit in six steps",
        [
            "Read the serial number and the error memory.",
            "Measure water hardness and compare it with the setting.",
            "Check brew pressure: 9 bar, tolerance 0.5 bar.",
            "Replace gasket and shower screen after 12 months.",
            "Run the electrical safety test.",
            "Show the customer how to backflush.",
        ],
    ),
    (
        "Goals for 2026",
        [
            "Bring the share of scale damage below 30 %.",
            "Send a filter reminder with every firmware from 3.2 on.",
            "Answer every service call within four hours.",
        ],
    ),
]


def slides() -> bytes:
    """Return the training slides as PPTX."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    properties = deck.core_properties
    properties.title, properties.author = "Service training 2026", "Norwell Service"
    properties.created = properties.modified = WHEN
    first = deck.slides.add_slide(deck.slide_layouts[6])
    box = first.shapes.add_textbox(Inches(1), Inches(2.6), Inches(11), Inches(2)).text_frame
    box.text = "Service training 2026"
    box.paragraphs[0].font.size, box.paragraphs[0].font.bold = SlidePt(48), True
    box.add_paragraph().text = "Norwell Service · for technicians in the field"
    for title, lines in SLIDES:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.shapes.title.width = slide.placeholders[1].width = Inches(12.2)
        frame = slide.placeholders[1].text_frame
        frame.text = lines[0]
        for line in lines[1:]:
            frame.add_paragraph().text = line
    return saved(deck.save)


# ── the same bytes each time ─────────────────────────────────────────────────────────────────────


def saved(save: Callable[[BytesIO], object]) -> bytes:
    """Return what `save` writes, without the clock in it: zip entries and core properties carry `WHEN`."""
    raw, still = BytesIO(), BytesIO()
    save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", f"{WHEN:%Y-%m-%dT%H:%M:%SZ}".encode(), data)
            target.writestr(zipfile.ZipInfo(name, WHEN.timetuple()[:6]), data, zipfile.ZIP_DEFLATED, 9)
    return still.getvalue()


def documents() -> Iterator[tuple[str, bytes]]:
    """Yield every example as (file name, bytes)."""
    yield "arden-e2-manual.pdf", manual()
    yield "travel-policy.docx", policy()
    yield "price-list-2026.xlsx", prices()
    yield "service-training.pptx", slides()
    yield "firmware-3.2.md", (SOURCES / "release-note.md").read_bytes()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, data in documents():
        (folder / name).write_bytes(data)
        print(f"{len(data) / 1000:7.1f} kB  {name}")
