"""CSV and its relatives to one Markdown table. Guesses the delimiter from how evenly it cuts the first lines."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator

from actors import errors, messages
from actors.perception.documents import encodings, kinds, sources, tables

DELIMITERS = ",;\t|"
SAMPLE_LINES = 50
SAMPLE_CHARS = 64 * 1024


def read(source: sources.Source) -> messages.Parsed:
    """Read a delimited table; its first row is the header."""
    text = encodings.decode(source.data, source.media_type).lstrip("\ufeff")
    stated, text = _stated(text)
    delimiter = stated or ("\t" if source.suffix in {".tsv", ".tab"} else delimiter_of(text))
    pages = sources.Pages(source.limits)
    pages.add(tables.markdown(_rows(text, delimiter, source.limits.chars)))
    return pages.parsed(kinds.CSV.media_type)


def delimiter_of(text: str) -> str:
    """Return the delimiter that gives most lines the same number of fields, and more than one."""
    sample = text[:SAMPLE_CHARS]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = Counter(
            len(row)
            for row in itertools.islice(csv.reader(io.StringIO(sample), delimiter=delimiter), SAMPLE_LINES)
            if row
        )
        if not widths:
            continue
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]))
        score = (lines / widths.total()) * (1 + min(width, 50) / 50) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _stated(text: str) -> tuple[str, str]:
    """Return the delimiter that Excel's `sep=;` line states, and the text behind that line."""
    first, _, rest = text.partition("\n")
    first = first.strip().lower()
    return (first[4:], rest) if len(first) == 5 and first.startswith("sep=") else ("", text)


def _rows(text: str, delimiter: str, chars: int) -> Iterator[list[str]]:
    csv.field_size_limit(chars)
    try:
        yield from csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter)
    except csv.Error as broken:
        raise errors.TooLarge(
            f"One field holds more than {chars:,} characters (documents.chars).", "too_many_characters", "file"
        ) from broken
