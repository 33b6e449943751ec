"""A BERT encoder as an ONNX graph, from its weights alone. Knows the architecture; knows no files and no torch.

Input `input_ids` and `attention_mask`, int64 (batch, tokens); output `embedding`, float32 (batch, hidden), rows of unit
length: the mean over the unmasked tokens, as Reimers & Gurevych 2019 pool it. Attention, skip connections and GELU are
ONNX Runtime's fused operators (domain com.microsoft).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = Mapping[str, npt.NDArray[np.float32]]

FUSED = "com.microsoft"
OPSET = 20
IR_VERSION = 10


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of an encoder."""

    layers: int
    heads: int
    hidden: int
    epsilon: float


class _Graph:
    """Nodes and constants in the order they are made."""

    def __init__(self) -> None:
        # Building happens once per machine; every later start would pay for this import in seconds and memory.
        import onnx

        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, name: str, values: npt.ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        array = np.ascontiguousarray(values, dtype=dtype)
        self._constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], *, output: str = "", domain: str = "", **attributes: Any) -> str:
        output = output or f"t{len(self._nodes)}"
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(
            self._onnx.helper.make_node(kind, list(inputs), [output], name=name, domain=domain, **attributes)
        )
        return output

    def model(self, hidden: int) -> Any:
        make, kinds = self._onnx.helper, self._onnx.TensorProto
        inputs = [
            make.make_tensor_value_info(name, kinds.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [make.make_tensor_value_info("embedding", kinds.FLOAT, ["batch", hidden])]
        graph = make.make_graph(self._nodes, "encoder", inputs, outputs, self._constants)
        opsets = [make.make_opsetid("", OPSET), make.make_opsetid(FUSED, 1)]
        model = make.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        # Tells the quantiser that there is nothing to prepare; it would warn on the root logger otherwise.
        make.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
        return model


def build(weights: Weights, shape: Shape) -> Any:
    """Return an `onnx.ModelProto`. Weights go by Hugging Face's names for `BertModel`; KeyError when one lacks."""
    graph = _Graph()
    x = _embed(graph, weights, shape)
    mask = graph.node("Cast", ["attention_mask"], to=6)  # int32, as the fused attention wants it
    for layer in range(shape.layers):
        x = _layer(graph, weights, shape, x=x, mask=mask, prefix=f"encoder.layer.{layer}.")
    _pool(graph, x)
    return graph.model(shape.hidden)


def _embed(graph: _Graph, weights: Weights, shape: Shape) -> str:
    """Word + position + the first segment's embedding, normalised."""
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    places = graph.constant("places", weights["embeddings.position_embeddings.weight"] + segment)
    words = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    zero, one, two = (graph.constant(f"axis{n}", [n], np.int64) for n in range(3))
    length = graph.node("Slice", [graph.node("Shape", ["input_ids"]), one, two])
    x = graph.node("Add", [graph.node("Gather", [words, "input_ids"]), graph.node("Slice", [places, zero, length])])
    scale = graph.constant("embeddings.scale", weights["embeddings.LayerNorm.weight"])
    bias = graph.constant("embeddings.bias", weights["embeddings.LayerNorm.bias"])
    return graph.node("LayerNormalization", [x, scale, bias], axis=-1, epsilon=shape.epsilon)


def _layer(graph: _Graph, weights: Weights, shape: Shape, *, x: str, mask: str, prefix: str) -> str:
    """Self-attention, then the feed-forward network, each with its skip connection (Vaswani et al. 2017)."""
    parts = [prefix + f"attention.self.{part}." for part in ("query", "key", "value")]
    qkv = graph.constant(prefix + "qkv", np.concatenate([weights[part + "weight"].T for part in parts], axis=1))
    qkv_bias = graph.constant(prefix + "qkv.bias", np.concatenate([weights[part + "bias"] for part in parts]))

    def matrix(name: str) -> str:
        return graph.constant(prefix + name, weights[prefix + name].T)

    def vector(name: str) -> str:
        return graph.constant(prefix + name, weights[prefix + name])

    def join(y: str, x: str, dense: str) -> str:
        norm = dense.replace("dense", "LayerNorm")
        inputs = [y, x, vector(f"{norm}.weight"), vector(f"{norm}.bias"), vector(f"{dense}.bias")]
        return graph.node("SkipLayerNormalization", inputs, domain=FUSED, epsilon=shape.epsilon)

    y = graph.node("Attention", [x, qkv, qkv_bias, mask], domain=FUSED, num_heads=shape.heads)
    x = join(graph.node("MatMul", [y, matrix("attention.output.dense.weight")]), x, "attention.output.dense")
    y = graph.node("MatMul", [x, matrix("intermediate.dense.weight")])
    y = graph.node("BiasGelu", [y, vector("intermediate.dense.bias")], domain=FUSED)
    return join(graph.node("MatMul", [y, matrix("output.dense.weight")]), x, "output.dense")


def _pool(graph: _Graph, x: str) -> str:
    """Mean over the unmasked tokens, then unit length."""
    mask = graph.node("Unsqueeze", [graph.node("Cast", ["attention_mask"], to=1), "axis2"])
    total = graph.node("ReduceSum", [graph.node("Mul", [x, mask]), "axis1"], keepdims=0)
    mean = graph.node("Div", [total, graph.node("ReduceSum", [mask, "axis1"], keepdims=0)])
    return graph.node("LpNormalization", [mean], output="embedding", axis=-1, p=2)
