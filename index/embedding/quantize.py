"""Quantize the matrix products of a fused ONNX graph to 8-bit integers that saturate on no CPU.

Weights and activations are uint8: signed weights saturate on CPUs without VNNI instructions, which then find fewer
answers. tests/bench/embedding.py prints how near the vectors stay to fp32.

ONNX Runtime quantizes an activation with one scale for the whole tensor, so a few large channels or tokens would leave
few levels for all others. Each token is therefore divided by its largest value before a product and the result
multiplied by it, except behind a normalization, where all tokens have about the same size. Part of each channel's size
moves into the weights (SmoothQuant, Xiao et al. 2023), except for products with fewer outputs than inputs: their input
comes from an activation function, and on MiniLM smoothing it costs more precision than it gains.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.helper import make_node, make_tensor_value_info
from onnxruntime import InferenceSession
from onnxruntime.quantization import QuantType, quantize_dynamic

Inputs = Mapping[str, NDArray[np.int64]]
_SHARE = 0.7
_LEAST = 1e-5
_LEAST_FACTOR = 1e-2
_SMALLEST = "smallest"


def quantize(file: Path, sample: Sequence[Inputs]) -> None:
    """Quantize the graph in `file`; the sizes of its channels are measured on the inputs in `sample`."""
    model = onnx.load(str(file))
    weights = {weight.name: weight for weight in model.graph.initializer}
    readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            readers[node.input[0]].append(node)
    normalized = {node.output[0] for node in model.graph.node if node.op_type.endswith("LayerNormalization")}
    uses = Counter(product.input[1] for products in readers.values() for product in products)
    sizes = _sizes(model, list(readers), sample)
    model.graph.initializer.append(numpy_helper.from_array(np.array([_LEAST], dtype=np.float32), _SMALLEST))
    for source, products in readers.items():
        read = [weights[product.input[1]] for product in products]
        # Weights that several layers share cannot absorb different channel sizes.
        if all(weight.dims[0] <= weight.dims[1] and uses[weight.name] == 1 for weight in read):
            _smooth(model.graph, products, read, sizes[source])
        if source not in normalized:
            _scale_tokens(model.graph, products)
    quantize_dynamic(
        model,
        str(file),
        weight_type=QuantType.QUInt8,
        per_channel=True,
        nodes_to_quantize=[product.name for products in readers.values() for product in products],
        # Fused nodes are not part of the ONNX standard, so the types of their outputs cannot be inferred.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def _sizes(model: onnx.ModelProto, names: Sequence[str], sample: Sequence[Inputs]) -> dict[str, NDArray[np.float32]]:
    """Return float32[channels] for each tensor: the largest absolute value of each channel on the sample."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    session = InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    runs = [session.run(list(names), inputs) for inputs in sample]
    return {
        name: np.max([np.abs(tensor).reshape(-1, tensor.shape[-1]).max(axis=0) for tensor in found], axis=0)
        for name, found in zip(names, zip(*runs, strict=True), strict=True)
    }


def _smooth(
    graph: onnx.GraphProto,
    products: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto],
    sizes: NDArray[np.float32],
) -> None:
    """Divide the channels of the products' input by factors and multiply the rows of the weights by them."""
    source = products[0].input[0]
    values = [numpy_helper.to_array(weight) for weight in weights]
    rows = np.max([np.abs(value).max(axis=1) for value in values], axis=0)
    factors = np.maximum(sizes, _LEAST) ** _SHARE / np.maximum(rows, _LEAST) ** (1 - _SHARE)
    factors = np.maximum(factors, _LEAST_FACTOR).astype(np.float32)
    for weight, value in zip(weights, values, strict=True):
        weight.CopyFrom(numpy_helper.from_array(value * factors[:, None], weight.name))
    smooth, divisors = f"{source}/smooth", f"{source}/divisors"
    graph.initializer.append(numpy_helper.from_array(1 / factors, divisors))
    _insert(graph, _position(graph, products[0]), make_node("Mul", [source, divisors], [smooth], name=smooth))
    for product in products:
        product.input[0] = smooth


def _scale_tokens(graph: onnx.GraphProto, products: Sequence[onnx.NodeProto]) -> None:
    """Divide each token of the products' input by its largest absolute value and multiply the results by it."""
    source = products[0].input[0]
    sizes, raw, largest, level = (f"{source}/{part}" for part in ("sizes", "raw", "largest", "level"))
    _insert(
        graph,
        _position(graph, products[0]),
        make_node("Abs", [source], [sizes], name=sizes),
        make_node("ReduceMax", [sizes], [raw], name=raw, axes=[-1], keepdims=1),
        make_node("Max", [raw, _SMALLEST], [largest], name=largest),
        make_node("Div", [source, largest], [level], name=level),
    )
    for product in products:
        result, scaled = product.output[0], f"{product.output[0]}/scaled"
        product.input[0], product.output[0] = level, scaled
        after = make_node("Mul", [scaled, largest], [result], name=scaled)
        _insert(graph, _position(graph, product) + 1, after)


def _position(graph: onnx.GraphProto, node: onnx.NodeProto) -> int:
    return [other.name for other in graph.node].index(node.name)


def _insert(graph: onnx.GraphProto, position: int, *nodes: onnx.NodeProto) -> None:
    for node in reversed(nodes):
        graph.node.insert(position, node)
