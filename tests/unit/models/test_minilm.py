"""The graph that is built here is the model its authors published, and it appears whole or not at all."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from actors import errors
from actors.models import compiling, minilm, processors

# Cosines that sentence-transformers (torch, float32) gives for these pairs.
PAIRS = [
    ("A man is eating food.", "A man is eating a piece of bread.", 0.75),
    ("A man is eating food.", "A monkey is playing drums.", 0.08),
]


def _package() -> compiling.Package:
    source = minilm.folder()
    assert source is not None
    return compiling.Package(minilm.NAME, source, minilm.SHA256)


@pytest.fixture(scope="module")
def model(model_cache: Path) -> minilm.MiniLM:
    return minilm.MiniLM(model_cache)


@pytest.mark.parametrize(("one", "other", "cosine"), PAIRS)
def test_known_pairs_are_as_near_as_published(model: minilm.MiniLM, one: str, other: str, cosine: float) -> None:
    rows = model.encode([one, other])
    assert rows[0] @ rows[1] == pytest.approx(cosine, abs=0.04)


def test_int8_stays_close_to_float32(model: minilm.MiniLM, tmp_path: Path) -> None:
    import onnxruntime

    exact = onnxruntime.InferenceSession(str(compiling.compiled(_package(), tmp_path, "float32")))
    texts = ["What does the warranty cover?", "The pump must be serviced every 500 hours.", "Vienna is a city."]
    for text, row in zip(texts, (model.encode([text])[0] for text in texts), strict=True):
        ids = np.array([model._tokenizer.encode(text).ids], np.int64)
        (reference,) = exact.run(["embedding"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        assert reference[0] @ row > 0.98


def test_a_text_over_256_tokens_is_seen_up_to_there(model: minilm.MiniLM) -> None:
    start = "the pump hums " * 100
    np.testing.assert_allclose(model.encode([start]), model.encode([start + "and the cat sleeps"]), atol=1e-6)


def _compile(cache: Path) -> str:
    return str(compiling.compiled(_package(), cache, "int8"))


def test_processes_that_race_get_one_whole_file(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = set(pool.map(_compile, [tmp_path, tmp_path]))
    assert len(made) == 1
    assert [file.name for file in tmp_path.glob("*.onnx")] == [Path(made.pop()).name]
    assert not list(tmp_path.glob(".making-*"))
    assert minilm.MiniLM(tmp_path).encode(["whole"]).shape == (1, minilm.DIMENSIONS)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(errors.Unavailable, match="install the model package again"):
        compiling.compiled(compiling.Package("x", tmp_path, minilm.SHA256), tmp_path / "cache", "int8")
    assert not list((tmp_path / "cache").glob("*.onnx"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.Unavailable, match="cannot be written"):
        compiling.compiled(_package(), tmp_path / "file" / "cache", "int8")


@pytest.mark.parametrize(
    ("flags", "machine", "saturates"),
    [
        ({"avx2"}, "x86_64", True),
        ({"avx512f", "avx512bw"}, "x86_64", True),
        ({"avx512f", "avx512_vnni"}, "x86_64", False),
        ({"avx2", "avx_vnni"}, "AMD64", False),
        (set(), "aarch64", False),
    ],
)
def test_who_needs_seven_bits(flags: set[str], machine: str, saturates: bool) -> None:
    assert processors.saturates(frozenset(flags), machine) is saturates


def test_flags_are_the_first_cores(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(
        "processor\t: 0\nflags\t\t: fpu avx2 avx_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n"
    )
    assert processors.flags(tmp_path / "cpuinfo") == {"fpu", "avx2", "avx_vnni"}
    assert processors.flags(tmp_path / "none") == frozenset()


def test_a_gpu_takes_floats() -> None:
    gpu = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert minilm.precision(gpu, saturates=True) == "float32"
    assert minilm.precision(["CPUExecutionProvider"], saturates=True) == "int8-7bit"
    assert minilm.precision(["CPUExecutionProvider"], saturates=False) == "int8"


def test_seven_bits_mean_the_same(model: minilm.MiniLM, tmp_path: Path) -> None:
    import onnxruntime

    narrow = onnxruntime.InferenceSession(str(compiling.compiled(_package(), tmp_path, "int8-7bit")))
    text = "The pump must be serviced every 500 hours."
    ids = np.array([model._tokenizer.encode(text).ids], np.int64)
    (row,) = narrow.run(["embedding"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    assert row[0] @ model.encode([text])[0] > 0.97
