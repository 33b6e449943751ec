"""A library of any size, made by the database itself: quick, and alike on both."""

from __future__ import annotations

from actors.database import engines

PER_DOCUMENT = 20
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
_SHOWN = "'file ' || i || '.pdf', 'k' || i, 's' || i, 7, 'application/pdf', '{{}}'"


async def fill(database: engines.Database, documents: int, per_document: int = PER_DOCUMENT) -> None:
    """Make so many committed documents with so many pages and chunks each, and one finished task."""
    one = _NUMBERS.format(last=documents - 1)
    many = _NUMBERS.format(last=documents * per_document - 1)
    statements = [
        f"""INSERT INTO documents (id, name, key, sha256, size, media_type, metadata, status, pages, chunks, version,
            revision, layout, created_at, updated_at) {one} SELECT 'doc_' || i, {_SHOWN.format()}, 'ready',
            {per_document}, {per_document}, 1, 1, 'none', i, i FROM n""",
        f"""INSERT INTO revisions (document_id, revision, kind, name, key, sha256, size, media_type, metadata, layout,
            embedding, pages, chunks, staged_at, committed_at) {one} SELECT 'doc_' || i, 1, 'index', {_SHOWN.format()},
            'none', 'model-a', {per_document}, {per_document}, i, i FROM n""",
        f"""INSERT INTO pages (document_id, revision, number, label, markdown) {many}
            SELECT 'doc_' || (i / {per_document}), 1, i % {per_document} + 1, '', 'Page ' || i || '. Text of it.'
            FROM n""",
        f"""INSERT INTO chunks (document_id, revision, ordinal, page, heading, text, start, "end", sentences, vectors)
            {many} SELECT 'doc_' || (i / {per_document}), 1, i % {per_document}, i % {per_document} + 1, '["Top"]',
            'Text ' || i || '.', 0, 10, '[[0,10]]', {{vector}} FROM n""",
        f"""INSERT INTO tasks (id, kind, document_id, status, stage, progress, attempts, created_at, updated_at) {one}
            SELECT 'task_' || i, 'index', 'doc_' || i, 'succeeded', 'done', 1, 1, i, i FROM n""",
    ]
    async with database.writing() as connection:
        postgresql = connection.dialect.name == "postgresql"
        vector = "'\\x003c003c003c003c'::bytea" if postgresql else "x'003c003c003c003c'"
        for statement in statements:
            text = statement.replace("{vector}", vector)
            await connection.exec_driver_sql(text.replace("'{}'", "'{}'::json") if postgresql else text)
    async with database.writing() as connection:
        await connection.exec_driver_sql("ANALYZE")
