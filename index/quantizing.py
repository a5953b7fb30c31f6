"""A fused ONNX graph whose projections run in integers, on any CPU with the same result.

Weights and activations are uint8: of the pairs of types that ONNX Runtime multiplies this is the one that neither
saturates on a CPU without VNNI instructions (int8 weights do there, and answers go missing) nor is slower on one with
them. tests/bench/embedding.py prints how near the vectors stay to fp32.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Inputs = Mapping[str, NDArray[np.int64]]
# Activations are rounded by one scale a tensor, so a few large channels would drown the rest: SmoothQuant (Xiao et
# al. 2023) moves this share of their size into the weights.
_SMOOTHING = 0.7
_LEAST = 1e-5
_LEAST_FACTOR = 1e-2


def quantize(file: Path, sample: Sequence[Inputs]) -> None:
    """Rewrite the graph in `file`; `sample` are inputs that its activations are measured on."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    graph = onnx.load(str(file))
    weights = {weight.name: weight for weight in graph.graph.initializer}
    products = [node for node in graph.graph.node if node.op_type == "MatMul" and node.input[1] in weights]
    # The products that narrow take what an activation function gives, where a few tokens are far larger than the
    # rest. No scale a tensor does them justice, so they stay in fp32.
    rounded = [node for node in products if weights[node.input[1]].dims[0] <= weights[node.input[1]].dims[1]]
    _smooth(graph, rounded, weights, sample)
    quantize_dynamic(
        graph,
        str(file),
        weight_type=QuantType.QUInt8,
        per_channel=True,
        nodes_to_quantize=[node.name for node in rounded],
        # Fused nodes are in no standard, so their outputs have no type that could be inferred.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def _smooth(
    graph: onnx.ModelProto,
    products: Iterable[onnx.NodeProto],
    weights: Mapping[str, onnx.TensorProto],
    sample: Sequence[Inputs],
) -> None:
    """Divide the inputs of the products by factors a channel, and multiply their weights by them."""
    readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in products:
        readers[node.input[0]].append(node)
    sizes = _sizes(graph, list(readers), sample)
    for source, nodes in readers.items():
        values = [numpy_helper.to_array(weights[node.input[1]]) for node in nodes]
        rows = np.maximum(np.max([np.abs(value).max(axis=1) for value in values], axis=0), _LEAST)
        factors = np.maximum(sizes[source], _LEAST) ** _SMOOTHING / rows ** (1 - _SMOOTHING)
        factors = np.maximum(factors, _LEAST_FACTOR).astype(np.float32)
        smooth, divisors = f"{source}/smooth", f"{source}/divisors"
        graph.graph.initializer.append(numpy_helper.from_array(1 / factors, divisors))
        place = next(i for i, node in enumerate(graph.graph.node) if node in nodes)
        graph.graph.node.insert(place, onnx.helper.make_node("Mul", [source, divisors], [smooth], name=smooth))
        for node, value in zip(nodes, values, strict=True):
            weights[node.input[1]].CopyFrom(numpy_helper.from_array(value * factors[:, None], node.input[1]))
            node.input[0] = smooth


def _sizes(graph: onnx.ModelProto, names: Sequence[str], sample: Sequence[Inputs]) -> dict[str, NDArray[np.float32]]:
    """Return float32[channels] a tensor: the largest size of each of its channels on the sample."""
    import onnxruntime  # noqa: PLC0415

    probe = onnx.ModelProto()
    probe.CopyFrom(graph)
    probe.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in names)
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    runs = [[np.abs(tensor).max(axis=(0, 1)) for tensor in session.run(list(names), inputs)] for inputs in sample]
    return {name: np.max(found, axis=0) for name, found in zip(names, zip(*runs, strict=True), strict=True)}
