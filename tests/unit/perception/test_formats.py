"""Each format keeps headings, lists, tables, pages and labels. The files are made here, with real writers."""

from __future__ import annotations

from pathlib import Path

import docx
import pymupdf
import pytest
from docx.enum.text import WD_BREAK
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from actors import errors
from tests.unit.perception import making


def _manual(document: docx.document.Document) -> None:
    document.core_properties.title = "The manual"
    document.core_properties.author = "A. Writer"
    document.add_heading("Manual", 0)
    document.add_heading("Setup", 1)
    document.add_paragraph("Put it on a table.")
    document.add_paragraph("Unpack", style="List Number")
    document.add_paragraph("Plug in", style="List Number")
    document.add_paragraph("red", style="List Bullet")
    document.add_paragraph("deep red", style="List Bullet 2")
    table = document.add_table(rows=3, cols=3)
    for row, texts in enumerate([["Part", "Size", "Size"], ["Bolt | nut", "4", "5"], ["", "6", "7"]]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2)).text = "Size"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "Bolt | nut"
    document.add_paragraph("Last words").add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("On page two", style="Quote")


def test_word_keeps_structure_and_pages() -> None:
    parsed = making.read(making.word(_manual))
    assert (parsed.title, parsed.properties["author"], len(parsed.pages)) == ("The manual", "A. Writer", 2)
    assert parsed.pages[0].markdown == (
        "# Manual\n\n## Setup\n\nPut it on a table.\n\n1. Unpack\n2. Plug in\n- red\n  - deep red\n\n"
        "| Part | Size | Size |\n|-|-|-|\n| Bolt \\| nut | 4 | 5 |\n| Bolt \\| nut | 6 | 7 |\n\nLast words"
    )
    assert parsed.pages[1].markdown == "> On page two"


def test_word_leaves_out_what_is_deleted_or_hidden() -> None:
    def build(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph("kept ")
        paragraph.add_run("hidden").font.hidden = True
        run = paragraph.add_run("deleted")._r
        gone = run.makeelement("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}del", {})
        run.addprevious(gone)
        gone.append(run)
        document.add_paragraph("# not a heading")

    assert making.text(making.word(build)) == "kept\n\n\\# not a heading"


def test_slides_are_pages_with_titles_notes_tables_and_charts() -> None:
    def build(show: object) -> None:
        slide = show.slides.add_slide(show.slide_layouts[1])  # type: ignore[attr-defined]
        slide.shapes.title.text = "Quarter"
        frame = slide.placeholders[1].text_frame
        frame.text = "First"
        nested = frame.add_paragraph()
        nested.text, nested.level = "Second", 1
        slide.notes_slide.notes_text_frame.text = "Say hello."
        other = show.slides.add_slide(show.slide_layouts[5])  # type: ignore[attr-defined]
        other.shapes.title.text = "Figures"
        table = other.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
        for place, text in enumerate(["a", "b", "1", "2"]):
            table.cell(place // 2, place % 2).text = text
        data = CategoryChartData()
        data.categories = ["Q1", "Q2"]
        data.add_series("Ducks", (10, 20.5))
        other.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(3), data)

    parsed = making.read(making.slides(build))
    assert [page.label for page in parsed.pages] == ["Quarter", "Figures"]
    assert parsed.pages[0].markdown == "# Quarter\n\n- First\n  - Second\n\n## Speaker notes\n\nSay hello."
    assert parsed.pages[1].markdown == (
        "# Figures\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n|  | Ducks |\n|-|-|\n| Q1 | 10 |\n| Q2 | 20.5 |"
    )


def test_sheets_are_pages_with_values_as_shown() -> None:
    parsed = making.read(making.workbook())
    assert [page.label for page in parsed.pages] == ["Prices | 2026", "Other"]
    assert parsed.pages[0].markdown == (
        "# Prices | 2026\n\nSpring list\n\n"
        "| Part | Price | Share | From |\n|-|-|-|-|\n"
        "| Bolt \\| M4 | 1,234.50 € | 12.50% | 2025-12-09 |\n| Bolt \\| M4 | 2 | 0.5 | 2025-12-10 06:00 |\n\n"
        "| Note |\n|-|\n| beside |"
    )
    assert "nobody" not in repr(parsed)
    assert parsed.pages[1].markdown == "# Other\n\nTRUE"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'a;b\n1;2,5\n"x;|y";3\n', "t.csv"),
        ("a\tb\n1\t2,5\nx;|y\t3\n".encode("utf-16"), "t.tsv"),
        ("sep=;\r\na;b\r\n1;2,5\r\nx;|y;3\r\n".replace("x;|y", '"x;|y"').encode(), "t.csv"),
    ],
)
def test_delimiters_and_encodings_are_found(data: bytes, name: str) -> None:
    assert making.text(data, name) == "| a | b |\n|-|-|\n| 1 | 2,5 |\n| x;\\|y | 3 |"


def test_a_web_page_without_its_scripts() -> None:
    page = """<!doctype html><html><head><title>Care &amp; feeding</title><style>p{}</style></head><body>
      <nav><a href=x>menu</a></nav><h1>Ducks<script>alert(1)</script></h1>
      <p>They <b>swim</b>.<br>And fly.</p><p style="display: none">hidden</p><!-- said nothing -->
      <ul><li>one<ol><li>deep</li></ol></li><li>two</li></ul>
      <table><tr><th>a<th colspan=2>b</tr><tr><td rowspan=2>1<td>2<td>3|4</tr><tr><td>5<td>6</tr></table>
      <pre>x = 1\n  y</pre><blockquote>said</blockquote><a href="javascript:evil()">link</a></body></html>"""
    parsed = making.read(page.encode(), "p.html")
    assert parsed.title == "Care & feeding"
    assert parsed.pages[0].markdown == (
        "# Ducks\n\nThey swim.\nAnd fly.\n\n- one\n  1. deep\n- two\n\n"
        "| a | b | b |\n|-|-|-|\n| 1 | 2 | 3\\|4 |\n| 1 | 5 | 6 |\n\n```\nx = 1\n  y\n```\n\n> said\n\nlink"
    )


def test_a_web_page_in_its_own_encoding() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body><p>Привет, мир</p></body></html>'
    assert making.text(page.encode("cp1251"), "p.html") == "Привет, мир"


def test_book_chapters_are_pages_in_the_order_of_the_spine() -> None:
    opf = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
      <dc:title>The book</dc:title><dc:creator>A. Writer</dc:creator></metadata><manifest>
      <item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>
      <item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/>
      <item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
      </manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
    book = making.zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/c.opf"/></rootfiles></container>',
            "OPS/c.opf": opf,
            "OPS/text/one.xhtml": "<html><body><h2>I</h2><p>Begin.</p></body></html>",
            "OPS/two.xhtml": "<html><body><h2>Second</h2><p>End.</p></body></html>",
            "OPS/nav.xhtml": '<html><body><nav><a href="text/one.xhtml#x">One</a></nav></body></html>',
        }
    )
    parsed = making.read(book)
    assert (parsed.title, parsed.properties["author"]) == ("The book", "A. Writer")
    assert [(page.label, page.markdown) for page in parsed.pages] == [
        ("One", "## I\n\nBegin."),
        ("Second", "## Second\n\nEnd."),
    ]


def test_mail_with_attachments() -> None:
    message = making.mail(
        "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>", "To: a@example.org", "Subject: Prices", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="B"', "", "--B", "Content-Type: text/plain; charset=iso-8859-1",
        "Content-Transfer-Encoding: quoted-printable", "", "Sch=F6ne Gr=FC=DFe", "--B",
        'Content-Type: text/csv; name="p.csv"', 'Content-Disposition: attachment; filename="p.csv"', "", "a,b", "1,2",
        "--B", 'Content-Type: image/png; name="x.png"', 'Content-Disposition: attachment; filename="x.png"',
        "Content-Transfer-Encoding: base64", "", "iVBORw0KGgoAAAANSUhEUgAA", "--B--", "",
    )  # fmt: skip
    parsed = making.read(message, "m.eml")
    assert parsed.title == "Prices"
    assert [page.label for page in parsed.pages] == ["Message", "p.csv"]
    assert "Jörg" in parsed.pages[0].markdown
    assert "Schöne Grüße" in parsed.pages[0].markdown
    assert "- x.png (image/png)" in parsed.pages[0].markdown
    assert parsed.pages[1].markdown == "| a | b |\n|-|-|\n| 1 | 2 |"


def test_rich_text() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}{\info{\title The title}}"
        rb"{\*\generator x}\pard\outlinelevel0 Heading\par\pard Caf\'e9 \u8364?5 {\v hidden}{\f1\'cf\'f0}\par"
        rb"\trowd\pard\intbl a\cell b\cell\row\intbl 1\cell 2\cell\row\pard\page Next {\pict 0102}page\par}"
    )
    parsed = making.read(data)
    assert parsed.title == "The title"
    assert [page.markdown for page in parsed.pages] == [
        "# Heading\n\nCafé €5 Пр\n\n| a | b |\n|-|-|\n| 1 | 2 |",
        "Next page",
    ]


def test_open_document_text() -> None:
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:text>'
        '<text:h text:outline-level="2">Part</text:h><text:p>a<text:s text:c="2"/>b</text:p>'
        "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deep</text:p>"
        "</text:list-item></text:list></text:list-item></text:list>"
        '<table:table><table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>h</text:p>'
        "</table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell>"
        "<table:table-cell><text:p>2</text:p></table:table-cell></table:table-row></table:table>"
        "</office:text></office:body></office:document-content>"
    )
    data = making.zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})
    assert making.text(data) == "## Part\n\na b\n\n- one\n  - deep\n\n| h | h |\n|-|-|\n| 1 | 2 |"


def test_markdown_keeps_its_code_and_loses_its_scripts() -> None:
    data = (
        b"---\ntitle: Notes\nauthor: Me\n---\nTop\n===\n\ntext <script>evil()</script>\n\n"
        b"```\n<script>shown</script>\n```"
    )
    parsed = making.read(data, "n.md")
    assert (parsed.title, parsed.properties) == ("Notes", {"author": "Me"})
    assert parsed.pages[0].markdown == "# Top\n\ntext\n\n```\n<script>shown</script>\n```"


def test_text_pages_end_at_form_feeds() -> None:
    assert [page.markdown for page in making.read("één\fdeux".encode("cp1252"), "t.txt").pages] == ["één", "deux"]


PAGE = [
    (72, 90, "The device", 20, "helv"),
    (72, 130, "It measures pres-", 10, "helv"),
    (72, 142, "sure and temperature in one housing of stainless steel that is made", 10, "helv"),
    (72, 154, "to last.", 10, "helv"),
    (72, 190, "• first", 10, "helv"),
    (72, 202, "• second", 10, "helv"),
    (72, 240, "Part", 10, "helv"),
    (200, 240, "Size", 10, "helv"),
    (72, 252, "Bolt", 10, "helv"),
    (200, 252, "M4", 10, "helv"),
]


def test_pdf_headings_paragraphs_lists_and_tables() -> None:
    parsed = making.read(making.pdf(PAGE))
    assert parsed.pages[0].markdown == (
        "# The device\n\nIt measures pressure and temperature in one housing of stainless steel that is made to last."
        "\n\n- first\n- second\n\n| Part | Size |\n|-|-|\n| Bolt | M4 |"
    )
    assert parsed.layout == "pending"


def test_pdf_running_heads_go_and_pages_stay() -> None:
    pages = [
        [(72, 30, "Manual of everything", 9, "helv"), (72, 100 + number, f"Text {number}.", 10, "helv"),
         (300, 820, str(number), 9, "helv")]
        for number in range(1, 5)
    ]  # fmt: skip
    parsed = making.read(making.pdf(*pages))
    assert [page.markdown for page in parsed.pages] == [f"Text {number}." for number in range(1, 5)]
    assert parsed.layout == "none"


@pytest.mark.parametrize(
    "method", [pymupdf.PDF_ENCRYPT_RC4_40, pymupdf.PDF_ENCRYPT_AES_128, pymupdf.PDF_ENCRYPT_AES_256]
)
def test_encrypted_pdfs_open_with_their_password(method: int) -> None:
    data = making.pdf([(72, 90, "secret", 10, "helv")], encryption=method, user_pw="geheim", owner_pw="boss")
    assert making.text(data, password="geheim") == "secret"
    with pytest.raises(errors.PasswordNeeded) as required:
        making.read(data)
    with pytest.raises(errors.PasswordNeeded) as wrong:
        making.read(data, password="wrong")
    assert (required.value.code, wrong.value.code) == ("password_required", "password_wrong")


def test_a_pdf_that_only_forbids_copying_is_read() -> None:
    data = making.pdf(
        [(72, 90, "open", 10, "helv")],
        encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="boss", permissions=pymupdf.PDF_PERM_ACCESSIBILITY,
    )  # fmt: skip
    assert making.text(data) == "open"


def test_a_scan_is_told_from_a_blank_page() -> None:
    document = pymupdf.open()
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 8, 8))
    document.new_page().insert_image(pymupdf.Rect(0, 0, 100, 100), pixmap=picture)
    with pytest.raises(errors.Unreadable) as scan:
        making.read(document.tobytes())
    with pytest.raises(errors.Unreadable) as blank:
        making.read(making.pdf([]))
    assert (scan.value.code, blank.value.code) == ("no_text", "empty")


def test_an_encrypted_workbook_opens_with_its_password() -> None:
    """`agile.xlsx` is `making.workbook()`, encrypted by msoffcrypto-tool as Office 2010 and later do it."""
    data = (Path(__file__).parent / "agile.xlsx").read_bytes()
    assert making.text(data, password="geheim").startswith("# Prices | 2026\n\nSpring list")
    with pytest.raises(errors.PasswordNeeded) as required:
        making.read(data)
    with pytest.raises(errors.PasswordNeeded) as wrong:
        making.read(data, password="wrong")
    assert (required.value.code, wrong.value.code) == ("password_required", "password_wrong")
    with pytest.raises(errors.Unreadable) as cut:
        making.read(data[:6000], password="geheim")
    assert cut.value.code == "damaged"
