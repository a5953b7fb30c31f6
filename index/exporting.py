"""Turn a sentence-transformers folder into an ONNX model that serves without torch.

Run as a program of its own, so that no process that serves or builds ever imports torch:
`python -m index.exporting MODEL_FOLDER TARGET_FOLDER NAME PRECISION`. The target holds `model.onnx`, with the
outputs `vectors` (float32[batch, dimensions], pooled and normalized as the model does it) and `tokens`
(float32[batch, sequence, dimensions]), `tokenizer.json`, `token_scale.npy` and `embedder.json`.
"""

import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.digests import digest

if TYPE_CHECKING:
    import torch

MODEL, TOKENIZER, SCALE, CARD = "model.onnx", "tokenizer.json", "token_scale.npy", "embedder.json"
# Where int8 loses, and what is done about it (tests/bench/embedding.py prints the cosines to fp32). Activations are
# rounded by one scale a tensor, so a few large channels drown the rest: SmoothQuant (Xiao et al. 2023) moves their
# size into the weights. The projections back down, whose inputs are the most uneven, get a scale a block of 64.
_SMOOTHING = 0.7
_BLOCK = 64
_SAMPLE = Path(__file__).with_name("sample.txt")
_SCALE_QUANTILE = 0.995
_SCALE_MIN = 1e-6


def main() -> None:
    """Export as the arguments say."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    source, target, name, precision = sys.argv[1:5]
    export(Path(source), Path(target), name, precision)


def export(source: Path, target: Path, name: str, precision: str) -> None:
    """Write the folder `target`. `precision` is `int8` or `fp32`."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, and only here

    model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    if precision == "int8":
        _smooth(model)
    _write_graph(model, target / MODEL)
    if precision == "int8":
        _quantize(target / MODEL)
    limit = int(model.max_seq_length or 512)
    model.tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    np.save(target / SCALE, _token_scale(target, limit))
    card: dict[str, Any] = {
        "name": name,
        "sequence": limit,
        "dimensions": model.get_embedding_dimension(),
        "checksums": {f: digest(target / f) for f in (MODEL, TOKENIZER, SCALE)},
    }
    (target / CARD).write_text(json.dumps(card, indent=1), encoding="utf-8")


def _smooth(model: Any) -> None:  # noqa: ANN401 - a torch module
    """Divide the inputs of every projection by their size on the sample, and multiply its weights by it."""
    import torch  # noqa: PLC0415

    class Smoothed(torch.nn.Module):
        def __init__(self, inner: "torch.nn.Linear", sizes: "torch.Tensor") -> None:
            super().__init__()
            columns = inner.weight.abs().amax(0).clamp(min=1e-5)
            factors = (sizes.clamp(min=1e-5) ** _SMOOTHING / columns ** (1 - _SMOOTHING)).clamp(min=1e-2)
            inner.weight.data *= factors
            self.inner, self.factors = inner, torch.nn.Parameter(1 / factors)

        def forward(self, x: "torch.Tensor") -> Any:  # noqa: ANN401
            return self.inner(x * self.factors)

    sizes: dict[str, torch.Tensor] = {}
    layers = {n: m for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and ".layer." in n}
    hooks = [layer.register_forward_hook(_note_size(sizes, name)) for name, layer in layers.items()]
    model.encode(_SAMPLE.read_text(encoding="utf-8").splitlines())
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, Smoothed(layer, sizes[name]))


def _note_size(sizes: "dict[str, torch.Tensor]", name: str) -> Any:  # noqa: ANN401 - a hook of torch's
    def note(_module: Any, inputs: Any, _output: Any) -> None:  # noqa: ANN401
        largest = inputs[0].detach().abs().flatten(0, -2).amax(0)
        sizes[name] = largest.maximum(sizes.get(name, largest))

    return note


def _write_graph(model: Any, file: Path) -> None:  # noqa: ANN401 - a torch module
    import torch  # noqa: PLC0415

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: "torch.Tensor", attention_mask: "torch.Tensor") -> tuple[Any, Any]:
            out = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(out["sentence_embedding"], dim=1), out["token_embeddings"]

    ids = torch.ones(2, 8, dtype=torch.long)
    batch_and_sequence = {0: "batch", 1: "sequence"}
    # The newer exporter (dynamo=True) gives a graph that runs and returns noise for this model (torch 2.13).
    torch.onnx.export(
        Pooled().eval(),
        (ids, ids),
        str(file),
        dynamo=False,
        opset_version=17,
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors", "tokens"],
        dynamic_axes={
            "input_ids": batch_and_sequence,
            "attention_mask": batch_and_sequence,
            "vectors": {0: "batch"},
            "tokens": batch_and_sequence,
        },
    )


def _quantize(file: Path) -> None:
    import onnx  # noqa: PLC0415
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer  # noqa: PLC0415

    graph = onnx.load(str(file))
    shapes = {weight.name: tuple(weight.dims) for weight in graph.graph.initializer}
    products = {n.name: shapes[n.input[1]] for n in graph.graph.node if n.op_type == "MatMul" and n.input[1] in shapes}
    others = [name for name, (fan_in, fan_out) in products.items() if fan_in <= fan_out]
    # Accuracy level 4: activations are rounded to int8 in the same blocks, so the product runs in integers.
    blocks = MatMulNBitsQuantizer(
        graph, bits=8, block_size=_BLOCK, is_symmetric=True, accuracy_level=4, nodes_to_exclude=others
    )
    blocks.process()
    blocks.model.save_model_to_file(str(file), use_external_data_format=False)
    quantize_dynamic(
        str(file), str(file), weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul"]
    )


def _token_scale(folder: Path, limit: int) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Return float32[dimensions]: the size below which 99.5% of the values of a token vector lie.

    It is taken from the sample, so it belongs to the model and to no corpus: codes of two builds can be mixed.
    """
    import onnxruntime  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    session = onnxruntime.InferenceSession(str(folder / MODEL), providers=["CPUExecutionProvider"])
    found = []
    for line in _SAMPLE.read_text(encoding="utf-8").splitlines():
        ids = np.array([tokenizer.encode(line).ids[:limit]], dtype=np.int64)
        (tokens,) = session.run(["tokens"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        found.append(tokens[0] / np.linalg.norm(tokens[0], axis=1, keepdims=True))
    tokens = np.concatenate(found)
    scale: np.ndarray[tuple[int], np.dtype[np.float32]] = np.quantile(np.abs(tokens), _SCALE_QUANTILE, axis=0)
    return np.maximum(scale, _SCALE_MIN).astype(np.float32)


if __name__ == "__main__":
    main()
