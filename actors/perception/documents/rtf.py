"""Rich Text Format (1.9.1) to Markdown: headings by outline level, lists, tables, page breaks. Pictures and objects go.

A tokenizer and a stack of groups; no nesting is too deep for it, since it does not recurse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from actors import messages
from actors.perception.documents import encodings, hygiene, kinds, sources, tables

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.IGNORECASE
)
_SKIPPED = frozenset({
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"objdata", b"themedata",
    b"colorschememapping", b"datastore", b"latentstyles", b"listtable", b"listoverridetable", b"rsidtbl",
    b"generator", b"header", b"footer", b"headerl", b"headerr", b"headerf", b"footerl", b"footerr", b"footerf",
    b"xmlnstbl", b"fldinst", b"pntext", b"pntxta", b"pntxtb", b"wgrffmtfilter", b"filetbl", b"revtbl", b"bkmkstart",
    b"bkmkend", b"nonshppict", b"mmathPr", b"falt", b"panose", b"listname",
})  # fmt: skip
_LETTERS = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"tab": " ", b"emdash": "—", b"endash": "–", b"bullet": "•",
    b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_CHARSETS = {
    0: "cp1252", 128: "cp932", 129: "cp949", 134: "gbk", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_FONT = re.compile(rb"\\f(\d{1,6})\b[^{}]{0,200}?\\fcharset(\d{1,3})")
_STYLE = re.compile(rb"\{\s*\\s(\d{1,5})\b[^{}]{0,300}?heading (\d)", re.IGNORECASE)
_INFO = re.compile(rb"\{\\(title|author|subject|keywords)\s+([^{}\\]{1,500})")


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits."""

    skipped: bool = False
    hidden: bool = False
    fallback: int = 1
    """Bytes that stand in for a Unicode letter and are not read (`\\uc`)."""
    charset: str = "cp1252"


@dataclass
class _Paragraph:
    level: int = 0
    listed: bool = False
    in_table: bool = False


@dataclass
class _Writer:
    """Gathers paragraphs, cells and rows into blocks and pages."""

    pages: list[list[str]] = field(default_factory=lambda: [[]])
    text: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    paragraph: _Paragraph = field(default_factory=_Paragraph)

    def end_paragraph(self) -> None:
        if self.paragraph.in_table:
            self.text.append(" ")
            return
        text = hygiene.line(_whole(self.text))
        self.text.clear()
        self.end_table()
        if not text:
            return
        bullet = text[:1] in "•·▪" and len(text) > 1
        if self.paragraph.level:
            text = "#" * self.paragraph.level + " " + text
        elif self.paragraph.listed or bullet:
            text = "- " + (text[1:].lstrip() if bullet else text)
        blocks = self.pages[-1]
        if text.startswith("- ") and blocks and blocks[-1].startswith("- "):
            blocks[-1] += "\n" + text
        else:
            blocks.append(text)

    def end_cell(self) -> None:
        self.cells.append(hygiene.line(_whole(self.text)))
        self.text.clear()

    def end_row(self) -> None:
        if self.cells:
            self.rows.append(self.cells)
        self.cells = []

    def end_table(self) -> None:
        if self.cells:
            self.end_row()
        if self.rows:
            self.pages[-1].append(tables.markdown(self.rows))
        self.rows = []

    def end_page(self) -> None:
        self.end_paragraph()
        self.pages.append([])


def read(source: sources.Source) -> messages.Parsed:
    """Read an RTF file."""
    data = source.data.lstrip()
    headings = {int(style): min(int(level), 6) for style, level in _STYLE.findall(data[:200_000])}
    fonts = {int(font): _CHARSETS.get(int(charset), "") for font, charset in _FONT.findall(data[:200_000])}
    writer = _Writer()
    _run(data, writer, headings, fonts)
    writer.paragraph.in_table = False
    writer.end_paragraph()
    writer.end_table()
    pages = sources.Pages(source.limits)
    for blocks in writer.pages:
        pages.add("\n\n".join(filter(None, blocks)))
    facts = {key.decode(): value.decode("cp1252", "replace").strip() for key, value in _INFO.findall(data[:50_000])}
    return pages.parsed(kinds.RTF.media_type, facts.pop("title", ""), facts)


def _run(data: bytes, writer: _Writer, headings: dict[int, int], fonts: dict[int, str]) -> None:
    state, stack = _State(), list[_State]()
    default = "cp1252"
    skip = 0
    pending = bytearray()
    star = False

    def flush() -> None:
        if pending:
            writer.text.append(pending.decode(state.charset or default, "replace"))
            pending.clear()

    for token in _TOKEN.finditer(data):
        word, argument, byte, symbol, brace, plain = token.groups()
        number = int(argument) if argument else None
        if (byte is None and plain is None) or state.skipped:
            flush()
        if brace == b"{":
            stack.append(state)
        elif brace == b"}":
            state = stack.pop() if stack else state
        elif state.skipped:
            continue
        elif plain is not None or byte is not None:
            raw = plain if plain is not None else bytes([int(byte, 16)])
            taken = min(skip, len(raw))
            skip -= taken
            if not state.hidden:
                pending += raw[taken:]
        elif symbol is not None:
            star = symbol == b"*"
            if not state.hidden and symbol in {b"~", b"_", b"\\", b"{", b"}"}:
                writer.text.append({b"~": " ", b"_": "-"}.get(symbol, symbol.decode("latin-1")))
            continue
        elif word is not None:
            if word in _SKIPPED or star:
                state = replace(state, skipped=True)
            elif word == b"u" and number is not None:
                if not state.hidden:
                    writer.text.append(_letter(number))
                skip = state.fallback
            elif word == b"uc":
                state = replace(state, fallback=min(max(number or 0, 0), 16))
            elif word == b"v":
                state = replace(state, hidden=number != 0)
            elif word == b"ansicpg":
                default = encodings.charset(f"cp{number}") or default
                state = replace(state, charset=default)
            elif word == b"f" and number is not None:
                state = replace(state, charset=fonts.get(number) or default)
            elif word == b"plain":
                state = replace(state, hidden=False)
            else:
                _control(word, number, writer, headings)
        star = False
    flush()


def _control(word: bytes, number: int | None, writer: _Writer, headings: dict[int, int]) -> None:
    """Act on a word that shapes paragraphs."""
    paragraph = writer.paragraph
    if word == b"pard":
        writer.paragraph = _Paragraph()
    elif word == b"outlinelevel" and number is not None:
        paragraph.level = number + 1 if 0 <= number < 6 else 0
    elif word == b"s" and number in headings:
        paragraph.level = headings[number]
    elif word in {b"ls", b"pnlvlblt", b"pnlvlbody"}:
        paragraph.listed = True
    elif word == b"intbl":
        paragraph.in_table = True
    elif word == b"cell":
        writer.end_cell()
    elif word == b"row":
        writer.end_row()
    elif word == b"page":
        writer.end_page()
    elif word in {b"par", b"sect"}:
        writer.end_paragraph()
    elif word in _LETTERS:
        writer.text.append(_LETTERS[word])


def _letter(number: int) -> str:
    """Return the UTF-16 unit of a `\\u` word, which is signed; a letter beyond the first plane comes as two."""
    return chr(number % 65536)


def _whole(parts: list[str]) -> str:
    """Return the parts as one text, surrogate halves joined and lone ones dropped."""
    return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
