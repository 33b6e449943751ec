"""Which embedding engine serves here, and why. The only place that compares engines by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actors import errors, messages, settings
from actors.models import encoders, hashing, lanes, minilm, static, tokens

Name = Literal["minilm", "wordllama", "hashing"]


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded embedding model and its tokenizer."""

    embeddings: lanes.Lanes
    tokens: tokens.Tokens


def choose(wanted: str, *, minilm_installed: bool) -> Name:
    """Return the engine that the setting means on this machine."""
    if wanted == "minilm" or (wanted == "auto" and minilm_installed):
        return "minilm"
    return "hashing" if wanted == "hashing" else "wordllama"


def chosen(wanted: str) -> Name:
    """Return the engine that the setting means here and now."""
    return choose(wanted, minilm_installed=minilm.folder() is not None)


def identity(wanted: str) -> tuple[str, int]:
    """Return name and dimensions of the engine that the setting means here, without loading it."""
    sizes = {
        "minilm": (minilm.NAME, minilm.DIMENSIONS),
        "wordllama": (static.NAME, static.DIMENSIONS),
        "hashing": (hashing.NAME, hashing.DIMENSIONS),
    }
    return sizes[chosen(wanted)]


def load(options: settings.Embeddings, cache: Path) -> Engine:
    """Load the engine; `cache` is a folder for files made from model packages. Raises Unavailable.

    The first load of MiniLM in a cache folder takes seconds: it makes the quantised graph.
    """
    name = chosen(options.engine)
    return Engine(lanes.Lanes(_encoder(name, options, cache), options.batch), tokenizer(name))


def tokenizer(name: Name) -> tokens.Tokens:
    """Load only the tokenizer of an engine: megabytes, not the model. Raises Unavailable."""
    if name == "hashing":
        return tokens.Words()
    if name == "minilm" and (model := minilm.folder()):
        return tokens.Subwords(model / "tokenizer.json")
    if name == "wordllama" and (package := static.folder()):
        return tokens.Subwords(static.tokenizer_file(package))
    raise errors.Unavailable(f"The package of {name} is not installed.", "model_missing")


def capability(wanted: str) -> messages.Capability:
    """Say which engine serves and, if it is not the best one or not there, what to install."""
    name = chosen(wanted)
    if name == "hashing":
        return messages.Capability("embeddings", hashing.NAME, True, "Words only, no meaning: for tests.")
    if name == "minilm":
        ready = minilm.folder() is not None
        detail = "384 dimensions, ONNX Runtime." if ready else "Its package is not installed."
        return messages.Capability("embeddings", minilm.NAME, ready, detail, "" if ready else minilm.REMEDY)
    ready = static.folder() is not None
    detail = "256 dimensions, a table of tokens: finds less than MiniLM." if ready else "Its package is not installed."
    remedy = "" if wanted == "wordllama" and ready else f"For MiniLM: {minilm.REMEDY}"
    return messages.Capability("embeddings", static.NAME, ready, detail, remedy if ready else static.REMEDY)


def _encoder(name: Name, options: settings.Embeddings, cache: Path) -> encoders.Encoder:
    if name == "hashing":
        return hashing.Hashing()
    if name == "wordllama":
        return static.WordLlama()
    return minilm.MiniLM(cache, options.threads, options.batch)
