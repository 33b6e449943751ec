"""The BM25 side of a shard, on tantivy in memory. Knows passages by number; knows no vectors and no documents' names.

Nothing that is added or removed is seen before `publish`; `commit` does the slow part of it beforehand.
BM25 has tantivy's k1 = 1.2, b = 0.75. Statistics are the shard's own, as in every sharded engine that asks once.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import tantivy

from actors.library import places, words

Numbers = npt.NDArray[np.int64]

HEAP = 64_000_000
"""Bytes of tantivy's write buffer, filled only by large loads: the fewer segments, the faster a search."""
NARROW = 256
"""Documents up to which a filter is asked of tantivy (1 µs each); a broader one is tried on its best passages first."""


class Postings:
    """Passages by number, each belonging to a numbered document."""

    def __init__(self) -> None:
        self._schema = (
            tantivy.SchemaBuilder()
            .add_unsigned_field("passage", fast=True, indexed=True)
            .add_unsigned_field("document", indexed=True)
            .add_text_field("text", tokenizer_name="words", index_option="freq")
            .build()
        )
        self._index = tantivy.Index(self._schema)
        self._index.register_tokenizer("words", words.ANALYZER)
        self._index.config_reader("manual")
        self._writer = self._index.writer(HEAP, 1)
        self._searcher = self._index.searcher()

    def add(self, document: int, passages: Iterable[tuple[int, str]]) -> None:
        """Add passages of a document."""
        for number, text in passages:
            fields = tantivy.Document()
            fields.add_unsigned("passage", number)
            fields.add_unsigned("document", document)
            fields.add_text("text", text)
            self._writer.add_document(fields)

    def remove(self, document: int) -> None:
        """Remove all passages of a document."""
        # delete_documents_by_term finds nothing in unsigned fields (tantivy 0.27).
        self._writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, "document", document))

    def commit(self) -> None:
        """Write down all changes without showing them: milliseconds."""
        self._writer.commit()

    def rollback(self) -> None:
        """Forget what was not committed."""
        self._writer.rollback()

    def publish(self) -> None:
        """Show all committed changes to searches, at once."""
        self._index.reload()
        self._searcher = self._index.searcher()

    def best(self, terms: Counter[str], count: int, documents: Numbers | None = None) -> dict[int, float]:
        """Return the `count` passages of highest BM25 with their scores, best first; only of `documents` if given."""
        query = self._any(terms)
        if documents is None:
            return self._search(query, count)
        if len(documents) > NARROW:
            asked = 4 * count
            found = self._search(query, asked)
            allowed = set(documents.tolist())
            kept = {one: score for one, score in found.items() if places.split(one)[0] in allowed}
            if len(found) < asked or len(kept) >= count:
                return dict(itertools.islice(kept.items(), count))
        return self._search(self._among(query, documents), count)

    def mass(self, terms: Counter[str]) -> float:
        """Return the sum of the terms' idf: the BM25 of a passage of average length that has each of them once."""
        count = self._searcher.num_docs
        found = {term: self._searcher.doc_freq("text", term) for term in terms}
        return sum(
            times * math.log1p((max(count - found[term], 0) + 0.5) / (found[term] + 0.5))
            for term, times in terms.items()
        )

    def _any(self, terms: Counter[str]) -> tantivy.Query:
        clauses = []
        for term, times in terms.items():
            clause = tantivy.Query.term_query(self._schema, "text", term, index_option="freq")
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(clause, times) if times > 1 else clause))
        return tantivy.Query.boolean_query(clauses)

    def _among(self, query: tantivy.Query, documents: Numbers) -> tantivy.Query:
        allowed = tantivy.Query.term_set_query(self._schema, "document", documents.tolist())
        # A filter must not add to the score.
        silent = tantivy.Query.const_score_query(allowed, 0.0)
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, silent)])

    def _search(self, query: tantivy.Query, count: int) -> dict[int, float]:
        hits = self._searcher.search(query, count, count=False).hits
        numbers = self._searcher.fast_field_values("passage", [address for _, address in hits])
        return {int(number or 0): score for number, (score, _) in zip(numbers, hits, strict=True)}
