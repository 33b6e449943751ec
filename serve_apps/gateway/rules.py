"""Which HTTP responses are kept, for how long, and what ends that. Read from a file and checked before anything starts.

[{"route": "/v1/models", "ttl": 60, "strategy": "time", "vary": [], "invalidate_on": []}]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Literal

import pydantic

from actors.cache import lifetimes, tags

Event = Literal["document", "library"]


class Rule(pydantic.BaseModel):
    """How the answers of one GET route are kept."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    route: str
    """The route's template, as /docs shows it."""
    ttl: float = pydantic.Field(gt=0, le=4 * 3600)
    """Seconds."""
    strategy: Literal["time", "user", "adaptive", "none"] = "time"
    """`time`: all callers share it. `user`: one for each `Authorization`. `adaptive`: shared, and longer for what is
    hot and dear. `none`: never kept."""
    vary: tuple[str, ...] = ()
    """Request headers that decide the answer too, in lower case."""
    invalidate_on: tuple[Event, ...] = ()
    """`document`: the one that `{document_id}` names changes. `library`: any document does."""

    @property
    def policy(self) -> lifetimes.Policy:
        """Its lifetime."""
        return lifetimes.Policy("adaptive" if self.strategy == "adaptive" else "fixed", self.ttl)

    def tags(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        """What an answer with these path parameters stands on."""
        names = {"document": tags.document(parameters.get("document_id", "")), "library": tags.LIBRARY}
        return tuple(names[event] for event in self.invalidate_on)


DEFAULT = (
    Rule(route="/v1/documents/{document_id}/pages/{number}", ttl=1800, vary=("accept",), invalidate_on=("document",)),
    Rule(route="/v1/models", ttl=300),
)
"""What is kept when the operator says nothing."""

_RULES = pydantic.TypeAdapter(tuple[Rule, ...])
_PARAMETER = re.compile(r"{(\w+)(?::path)?}")


def loaded(file: Path | None, routes: Collection[str]) -> tuple[Rule, ...]:
    """Return the rules of a file, or the default ones. Raises ValueError that says what is wrong with them."""
    try:
        rules = DEFAULT if file is None else _RULES.validate_json(file.read_bytes())
    except OSError as error:
        raise ValueError(f"cache.rules_file: {error}") from error
    for rule in rules:
        if rule.route not in routes:
            raise ValueError(f"cache.rules_file: there is no GET route {rule.route}")
        if "document" in rule.invalidate_on and "{document_id}" not in rule.route:
            raise ValueError(f"cache.rules_file: {rule.route} names no {{document_id}} that could change")
    return rules


class Matcher:
    """Finds the rule of a path."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._plain: dict[str, Rule] = {}
        self._patterns: list[tuple[re.Pattern[str], Rule]] = []
        for rule in rules:
            if rule.strategy == "none":
                continue
            if "{" not in rule.route:
                self._plain[rule.route] = rule
            else:
                pattern = _PARAMETER.sub(r"(?P<\1>[^/]+)", rule.route)
                self._patterns.append((re.compile(pattern), rule))

    def match(self, path: str) -> tuple[Rule, Mapping[str, str]] | None:
        """Return the rule and the path's parameters, if there is one."""
        plain = self._plain.get(path)
        if plain is not None:
            return plain, {}
        for pattern, rule in self._patterns:
            if found := pattern.fullmatch(path):
                return rule, found.groupdict()
        return None
