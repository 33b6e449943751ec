"""Files made to harm: each is refused with a word for it, or read without what was meant to harm."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import docx
import pytest

from actors import errors
from actors.perception.documents import docx as word_reader
from actors.perception.documents import sources
from tests.unit.perception import making

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def refused(data: bytes, name: str = "file", **options: object) -> tuple[str, str]:
    with pytest.raises(errors.CallerError) as caught:
        making.read(data, name, **options)
    assert caught.value.message
    return type(caught.value).__name__, caught.value.code


def word_with(document_xml: str | bytes) -> bytes:
    return making.zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": document_xml})


def test_no_bytes() -> None:
    assert refused(b"", "empty.pdf") == ("Unreadable", "empty")


@pytest.mark.parametrize("data", [b" \n\t\n ", "\ufeff".encode(), b"<html><body><script>x</script></body></html>"])
def test_no_text(data: bytes) -> None:
    assert refused(data, "a.html" if b"<" in data else "a.txt") == ("Unreadable", "empty")


def test_zip_bombs_are_refused_before_they_are_unpacked() -> None:
    bomb = making.zipped({"word/document.xml": b" " * (40 << 20)})
    assert len(bomb) < 100_000
    assert refused(bomb) == ("TooLarge", "unpacked_too_large")


def test_a_member_that_lies_about_its_size() -> None:
    honest = making.zipped({"mimetype": "x", "word/document.xml": b"<a>" + b"x" * 200_000 + b"</a>"})
    lying = honest.replace(struct.pack("<I", 200_007), struct.pack("<I", 100))
    assert lying != honest
    assert refused(lying)[0] in {"TooLarge", "Unreadable"}


def test_very_many_members() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(20_010):
            archive.writestr(f"{number}", b"")
    assert refused(out.getvalue()) == ("TooLarge", "unpacked_too_large")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]><w:document xmlns:w="{W}"><w:body>&l9;</w:body></w:document>'
    assert refused(word_with(text.encode(encoding))) == ("Unreadable", "malformed")


def test_files_outside_are_never_read() -> None:
    text = f"""<!DOCTYPE d SYSTEM "file:///etc/passwd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>
      <w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>"""
    assert refused(word_with(text)) == ("Unreadable", "malformed")
    hidden = text.replace("<!DOCTYPE", "<!--" + " " * 70_000 + "--><!DOCTYPE")  # behind what the prolog scan sees
    with pytest.raises(errors.Unreadable):
        making.read(word_with(hidden))


def test_paths_cannot_leave_the_archive() -> None:
    container = '<container><rootfile full-path="../../../../etc/passwd"/></container>'
    book = making.zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": container})
    assert refused(book) == ("Unreadable", "malformed")


@pytest.mark.parametrize("depth", [300, 100_000])
def test_deep_xml(depth: int) -> None:
    text = f'<w:document xmlns:w="{W}"><w:body>' + "<w:sdt>" * depth + "</w:sdt>" * depth + "</w:body></w:document>"
    assert refused(word_with(text))[0] == "Unreadable"


def test_deep_html_is_read_as_far_as_it_goes() -> None:
    text = "<html><body>" + "<div><ul><li>" * 50_000 + "bottom"
    try:
        assert "bottom" in making.text(text.encode(), "a.html")
    except errors.Unreadable as error:
        assert error.code in {"too_costly", "malformed", "empty"}


def test_tables_that_span_the_universe() -> None:
    cell = '<td rowspan="65534" colspan="1000">x</td>'
    page = f"<html><table>{f'<tr>{cell * 50}</tr>' * 30}</table></html>"
    assert refused(page.encode(), "a.html") == ("TooLarge", "too_many_cells")


def test_a_merged_range_over_the_whole_sheet() -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
        '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>y</t></is></c></row>'
        '</sheetData><mergeCells><mergeCell ref="A1:XFD1048575"/></mergeCells></worksheet>'
    )
    book = making.zipped(
        {
            "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            '<sheets><sheet name="s" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<R><Relationship Id="r1" Target="worksheets/s.xml"/></R>',
            "xl/worksheets/s.xml": sheet,
        }
    )
    assert refused(book) == ("TooLarge", "too_many_cells")


def test_external_parts_are_not_followed() -> None:
    def build(document: docx.document.Document) -> None:
        document.add_paragraph("text")
        document.part.relate_to("http://127.0.0.1:9/track.png", "http://x/image", is_external=True)

    assert making.text(making.word(build)) == "text"


def test_loops_in_the_page_tree() -> None:
    loop = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 3/Kids[2 0 R 2 0 R]>>endobj\n"
        b"trailer<</Root 1 0 R>>"
    )
    assert refused(loop) == ("Unreadable", "damaged")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx"])
def test_truncated_files(kind: str, share: float) -> None:
    whole = {
        "pdf": making.pdf([(72, 90, "text", 10, "helv")]),
        "docx": making.word(lambda document: document.add_paragraph("text")),
        "xlsx": making.workbook(),
    }[kind]
    part = whole[: int(len(whole) * share)]
    try:
        assert making.text(part, f"cut.{kind}") == "text"  # MuPDF mends what it can
    except errors.Unreadable as error:
        assert error.code in {"damaged", "malformed", "empty"}


def test_the_bytes_decide_not_the_name() -> None:
    assert making.read(making.pdf([(72, 90, "text", 10, "helv")]), "x.docx").media_type == "application/pdf"
    assert making.read(making.workbook(), "x.csv").media_type.endswith("spreadsheetml.sheet")
    assert refused(bytes(range(256)) * 8, "x.docx") == ("Unreadable", "damaged")
    assert refused(bytes(range(256)) * 8, "x.bin") == ("Unsupported", "unsupported_type")
    assert refused(b"\x89PNG\r\n\x1a\n" + bytes(100), "x.pdf") == ("Unsupported", "unsupported_type")
    assert refused(making.zipped({"a.txt": "text"}), "x.zip") == ("Unsupported", "unsupported_type")
    assert refused(b"PK\x03\x04" + bytes(50), "x.docx") == ("Unreadable", "damaged")


def test_controls_and_surrogates_are_dropped() -> None:
    text = "a\0b\x07c\u202egnp.exe\u2066 d\ufb01e\r\nf\x1b[31m e\u0301".encode() + b" \xed\xa0\x80 g"
    assert making.text(text.replace(b" \xed\xa0\x80", b""), "t.txt") == "abcgnp.exe dfie\nf[31m é g"
    rtf = making.text(rb"{\rtf1\ansi x\u-10179?\u-8704?y \u-10179?z}")
    assert rtf == "x😀y z"


def test_one_huge_line() -> None:
    line = b"x" * 3_000_000
    assert refused(line, "t.csv") == ("TooLarge", "too_many_characters")
    assert refused(line, "t.txt") == ("TooLarge", "too_many_characters")


def test_too_many_pages() -> None:
    assert refused(b"\f".join([b"x"] * 300), "t.txt") == ("TooLarge", "too_many_pages")
    assert refused(making.pdf(*[[]] * 201)) == ("TooLarge", "too_many_pages")


def test_mail_in_mail_in_mail_ends() -> None:
    inner = making.mail("From: a@b.c", "Subject: deep", "", "bottom")
    for level in range(30):
        inner = making.mail(
            "From: a@b.c", "Subject: s", "MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="B{level}"', "",
            f"--B{level}", "Content-Type: message/rfc822", "Content-Disposition: attachment", "", inner.decode(),
            f"--B{level}--", "",
        )  # fmt: skip
    assert len(making.read(inner, "m.eml").pages) <= 3


def test_encrypted_mail_and_locked_books_are_not_for_us() -> None:
    sealed = making.mail(
        "From: a@b.c", "MIME-Version: 1.0", 'Content-Type: multipart/encrypted; boundary="B"', "", "--B--"
    )
    assert refused(sealed, "m.eml") == ("Unsupported", "encrypted_message")
    locked = making.zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": "<container/>",
            "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>',
        }
    )
    assert refused(locked) == ("Unsupported", "locked")


@pytest.mark.parametrize(
    "text", [rb"{\rtf1" + b"{" * 200_000 + b"x", rb"{\rtf1 x" + b"}" * 200_000, rb"{\rtf1\u" + b"9" * 400]
)
def test_unbalanced_rich_text(text: bytes) -> None:
    try:
        making.read(text)
    except errors.Unreadable as error:
        assert error.code in {"empty", "damaged"}


def test_style_and_list_loops_end() -> None:
    styles = f'<w:styles xmlns:w="{W}">' + "".join(
        f'<w:style w:styleId="{a}"><w:name w:val="{a}"/><w:basedOn w:val="{b}"/></w:style>' for a, b in ("ab", "ba")
    )
    paragraph = '<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>'
    body = f'<w:document xmlns:w="{W}"><w:body>{paragraph}</w:body></w:document>'
    data = making.zipped({"word/document.xml": body, "word/styles.xml": styles + "</w:styles>"})
    assert word_reader.read(sources.Source(data, "d.docx", making.LIMITS)).pages[0].markdown == "x"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<!---->" * 500 + b"x", "a.html"),
        (b"x" + b" " * 1_000_000 + b"y", "a.txt"),
        (rb"{\rtf1{\s1" + b" " * 1_000_000 + b"x", "a.rtf"),
        (rb"{\rtf1" + rb"\f1" * 300_000 + b" x}", "a.rtf"),
        (b"<p>" + b"<b> </b>" * 100_000 + b"x", "a.html"),
        (b"---\n" * 200_000, "a.md"),
        (b"<script" * 100_000, "a.md"),
        (b"From: a\n" * 100_000, "a.eml"),
    ],
)
def test_no_text_takes_more_than_linear_time(data: bytes, name: str) -> None:
    begin = time.process_time()
    try:
        making.read(data, name)
    except errors.CallerError as error:
        assert error.code in {"empty", "malformed", "too_many_characters"}
    assert time.process_time() - begin < 10
