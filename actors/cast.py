"""Everything a caller can reach, wired by `local` or `cluster`. Knows roles, not how they run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from actors import knobs, messages, settings
from actors.assistant import assistants
from actors.cache import tiers
from actors.database import documents, engines, files, readings, tasks
from actors.library import intakes
from actors.models import embeddings, tokens


class Search(Protocol):
    """Finds passages."""

    async def search(self, query: messages.Query) -> list[messages.Evidence]:
        """Return at most `query.k` passages, best first."""
        ...

    async def recall(self, query: messages.Query, tenant: str, wish: messages.Wish = "default") -> messages.Recall:
        """Search as a tenant, as the caches are wished; say also from where the passages come."""
        ...


@dataclass(frozen=True)
class Cast:
    """One installation, as its callers see it."""

    settings: settings.Settings
    knobs: knobs.Knobs
    database: engines.Database
    documents: documents.Documents
    readings: readings.Readings
    tasks: tasks.Tasks
    files: files.Files
    intake: intakes.Intake
    library: Search
    embeddings: embeddings.Embeddings
    tokens: tokens.Tokens
    """The embedding model's own."""
    assistant: assistants.Assistant
    journal: assistants.Journal
    cache: tiers.Tiers
    capabilities: Callable[[], Awaitable[list[messages.Capability]]]
    """What each engine says of itself, now."""
    ready: Callable[[], Awaitable[dict[str, bool]]]
    """For each part that a question needs: whether it answers."""
