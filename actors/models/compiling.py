"""Turns a model package's weights into a graph file that ONNX Runtime loads at once. Knows files; knows no inference.

The file is made once per cache folder and named after everything that shaped it, so a stale one is never taken.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
from safetensors.numpy import load_file

from actors import errors
from actors.models import graphs

RECIPE = 1
"""Grows with every change of the graph or of how it is quantised."""

Precision = Literal["float32", "int8", "int8-7bit"]
"""`int8-7bit` leaves one bit of the weights unused, for processors whose 8-bit sums saturate."""


@dataclass(frozen=True, slots=True)
class Package:
    """A model as its package carries it."""

    name: str
    folder: Path
    """Holds `config.json` and `model.safetensors`."""
    sha256: str
    """What `model.safetensors` must hash to."""


def compiled(package: Package, cache: Path, precision: Precision) -> Path:
    """Return the graph file, made first if this cache folder has none.

    Processes that race wait for the first one; the file appears whole or not at all.
    Raises Unavailable when the weights are not the ones we know or the folder cannot be written.
    """
    target = cache / f"{package.name}-{precision}-{_fingerprint(package, precision)}.onnx"
    if target.exists():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(target.with_suffix(".lock")):
            if not target.exists():
                _compile(package, target, precision)
    except OSError as error:
        raise errors.Unavailable(
            f"The embedding model cannot be written to {cache}: {error.strerror}.", "model_cache"
        ) from error
    return target


def _fingerprint(package: Package, precision: Precision) -> str:
    parts = (package.sha256, str(RECIPE), precision, onnxruntime.__version__)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _compile(package: Package, target: Path, precision: Precision) -> None:
    _verify(package)
    # Needed once per machine, heavy in every process: imported only where a graph is really made.
    import onnx

    config = json.loads((package.folder / "config.json").read_text(encoding="utf-8"))
    shape = graphs.Shape(
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        hidden=config["hidden_size"],
        epsilon=config["layer_norm_eps"],
    )
    tensors = load_file(package.folder / "model.safetensors")
    model = graphs.build(
        {name: tensor.astype(np.float32) for name, tensor in tensors.items() if tensor.dtype.kind == "f"}, shape
    )
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as folder:
        made = Path(folder) / "model.onnx"
        onnx.save(model, str(made))
        if precision != "float32":
            made = _quantised(made, reduce_range=precision == "int8-7bit")
        made.replace(target)


def _verify(package: Package) -> None:
    with (package.folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != package.sha256:
        raise errors.Unavailable(
            f"The weights of {package.name} are not the ones this version knows (sha256 {digest[:12]}…); "
            "install the model package again.",
            "model_checksum",
        )


def _quantised(source: Path, *, reduce_range: bool) -> Path:
    """Weights to int8, one scale per output channel: cosine .993 to float32, against .958 with one scale per tensor."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target = source.with_name("quantised.onnx")
    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=reduce_range,
        # Shape inference does not know the fused operators, so the quantiser has to be told their type.
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    return target
