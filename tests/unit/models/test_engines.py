"""Which engine serves, and what it says of itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from actors import errors, settings
from actors.models import engines, minilm, static


@pytest.mark.parametrize(
    ("wanted", "installed", "engine"),
    [
        ("auto", True, "minilm"),
        ("auto", False, "wordllama"),
        ("minilm", False, "minilm"),
        ("wordllama", True, "wordllama"),
        ("hashing", True, "hashing"),
    ],
)
def test_what_a_setting_means(wanted: str, installed: bool, engine: str) -> None:
    assert engines.choose(wanted, minilm_installed=installed) == engine


def test_the_installed_engine_is_ready() -> None:
    ready = engines.capability("auto")
    assert (ready.name, ready.engine, ready.ready, ready.remedy) == ("embeddings", minilm.NAME, True, "")


@pytest.fixture
def without_minilm(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation whose package path lacks MiniLM."""
    for name in (minilm.PACKAGE,):
        monkeypatch.setattr(sys, "path", [entry for entry in sys.path if not (Path(entry) / name).is_dir()])
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("without_minilm")
def test_what_is_missing_is_named(tmp_path: Path) -> None:
    missing = engines.capability("minilm")
    assert not missing.ready
    assert "requirements/models.txt" in missing.remedy
    with pytest.raises(errors.Unavailable, match=r"requirements/models\.txt"):
        engines.load(settings.Embeddings(engine="minilm"), tmp_path)


@pytest.mark.usefixtures("without_minilm")
def test_finding_is_not_importing() -> None:
    assert minilm.folder() is None
    assert minilm.PACKAGE not in sys.modules


def test_wordllama_is_read_not_imported() -> None:
    assert static.WordLlama().encode(["a"]).shape == (1, static.DIMENSIONS)
    assert static.PACKAGE not in sys.modules
