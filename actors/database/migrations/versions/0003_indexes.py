"""Indexes on the few rows that are asked for among many: buried documents, unfinished tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_UNFINISHED = sa.text("status IN ('queued', 'running')")
_BURIED = sa.text("buried_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_documents_buried", "documents", ["buried_at"], sqlite_where=_BURIED, postgresql_where=_BURIED)
    op.create_index(
        "ix_tasks_unfinished", "tasks", ["created_at", "id"], sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED
    )
    op.drop_index("ix_tasks_status_created_at", "tasks")


def downgrade() -> None:
    op.create_index("ix_tasks_status_created_at", "tasks", ["status", "created_at"])
    op.drop_index("ix_tasks_unfinished", "tasks")
    op.drop_index("ix_documents_buried", "documents")
