"""Text to index terms, the same for passages and questions.

Knows English. Knows no query syntax: whatever a question contains is words, never operators.
"""

from __future__ import annotations

from collections import Counter

import tantivy

LONGEST = 64
"""Bytes above which a word is noise (base64, hashes) and not indexed."""

ANALYZER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(LONGEST))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stopword("english"))
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)
"""Words of letters and digits, folded, without stop words, stemmed (Porter 2)."""


def terms(question: str, most: int) -> Counter[str]:
    """Return the question's first `most` distinct terms, each with how often it stands there."""
    counts: Counter[str] = Counter()
    for term in ANALYZER.analyze(question):
        if term in counts or len(counts) < most:
            counts[term] += 1
    return counts
