"""Export a sentence-transformers folder as an ONNX model that runs without torch.

It runs as a program, so that no process that serves or builds imports torch:
`python -m index.embedding.export MODEL_FOLDER TARGET_FOLDER NAME PRECISION`. The target folder then holds `model.onnx`,
`tokenizer.json` and `embedder.json`. The model's outputs are `vectors` (float32[batch, dimensions],
pooled and normalized as the model does it) and `tokens` (float32[batch, sequence, directions], unit rows).
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.embedding.prompts import NO_PROMPTS, Prompts, declared_prompts
from index.embedding.runtime import MODEL, TOKENIZER, quiet, write_card

if TYPE_CHECKING:
    import torch

    from index.embedding.quantize import Inputs

Vectors = NDArray[np.float32]
CARD = "embedder.json"
VECTORS, TOKENS = "vectors", "tokens"
_WHOLE = "tokens/whole"
SAMPLE = Path(__file__).with_name("sample.txt")
# The width of ColBERT's token vectors. With all 384 directions of MiniLM the ranks of one or two questions of
# tests/bench/quality.py differ.
_DIRECTIONS = 128


def main() -> None:
    """Export the model that the command line names."""
    quiet()
    source, target, name, precision = sys.argv[1:5]
    export(Path(source), Path(target), name, precision)


def export(source: Path, target: Path, name: str, precision: str) -> None:
    """Export the model in `source` into the folder `target`. `precision` is `int8` or `fp32`."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds, and this module is imported to serve

    from index.embedding.quantize import quantize  # noqa: PLC0415 - this module is imported to serve

    # Only the nodes of the eager implementation of attention can be fused.
    plain = {"attn_implementation": "eager"}
    model = SentenceTransformer(str(source), device="cpu", local_files_only=True, model_kwargs=plain)
    limit = int(model.max_seq_length or 512)
    model.tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    _write_graph(model, target / MODEL)
    module: Any = model[0]
    fuse(target / MODEL, module.auto_model.config)
    sample = _inputs(target, limit)
    directions = _directions(target / MODEL, sample)
    if precision == "int8":
        quantize(target / MODEL, sample)
    _narrow(target / MODEL, directions)
    card: dict[str, Any] = {
        "name": name,
        "sequence": limit,
        "dimensions": model.get_embedding_dimension(),
        "prompts": asdict(_prompts(source, model)),
    }
    write_card(target, CARD, card, [MODEL, TOKENIZER])


def _prompts(source: Path, model: Any) -> Prompts:  # noqa: ANN401 - a torch module
    """Return the prompts of the model. Raises ValueError if its pooling leaves out their tokens."""
    found = declared_prompts(source)
    if found != NO_PROMPTS and not all(getattr(module, "include_prompt", True) for module in model):
        raise ValueError("its pooling leaves out the prompt, which an export cannot do")
    return found


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
    # The newer exporter (dynamo=True) exports this model as a graph that runs but returns noise (torch 2.13).
    torch.onnx.export(
        Pooled().eval(),
        (ids, ids),
        str(file),
        dynamo=False,
        opset_version=17,
        input_names=["input_ids", "attention_mask"],
        output_names=[VECTORS, TOKENS],
        dynamic_axes={
            "input_ids": batch_and_sequence,
            "attention_mask": batch_and_sequence,
            VECTORS: {0: "batch"},
            TOKENS: batch_and_sequence,
        },
    )


def fuse(file: Path, config: Any) -> None:  # noqa: ANN401 - the configuration of a transformers model
    """Fuse attention, normalization and activation into one node each, which halves the time for a short text."""
    from onnxruntime.transformers.fusion_options import FusionOptions  # noqa: PLC0415
    from onnxruntime.transformers.optimizer import optimize_model  # noqa: PLC0415

    options = FusionOptions("bert")
    options.use_multi_head_attention = True  # keeps the projections as MatMul nodes, which can be quantized
    heads, hidden = getattr(config, "num_attention_heads", 0), getattr(config, "hidden_size", 0)
    fused = optimize_model(str(file), "bert", heads, hidden, optimization_options=options, opt_level=0)
    fused.save_model_to_file(str(file))


def _inputs(folder: Path, limit: int) -> "list[Inputs]":
    """Return the sample as inputs of the model, one run for each line."""
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    lines = [tokenizer.encode(line).ids[:limit] for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    rows = [np.array([ids], dtype=np.int64) for ids in lines]
    return [{"input_ids": ids, "attention_mask": np.ones_like(ids)} for ids in rows]


def _directions(file: Path, sample: "Sequence[Inputs]") -> Vectors:
    """Return float32[dimensions, n]: the first principal directions of the sample's token vectors, orthonormal."""
    tokens = _sample_tokens(file, sample)
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    found = np.linalg.svd(tokens, full_matrices=False)[2][:_DIRECTIONS]
    # The sign of a singular vector depends on rounding; fix it, so that all machines export the same model.
    signs = np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])
    directions: Vectors = (found * signs[:, None]).T
    return directions


def _narrow(file: Path, directions: Vectors) -> None:
    """Project the model's output `tokens` onto `directions` and normalize the result."""
    import onnx  # noqa: PLC0415

    model = onnx.load(str(file))
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [_WHOLE if name == TOKENS else name for name in names]
    model.graph.initializer.append(onnx.numpy_helper.from_array(directions, "directions"))
    model.graph.node.append(onnx.helper.make_node("MatMul", [_WHOLE, "directions"], ["tokens/narrow"]))
    model.graph.node.append(onnx.helper.make_node("LpNormalization", ["tokens/narrow"], [TOKENS], axis=-1, p=2))
    (output,) = (output for output in model.graph.output if output.name == TOKENS)
    output.type.tensor_type.shape.dim[2].dim_value = directions.shape[1]
    onnx.save(model, str(file))


def _sample_tokens(file: Path, sample: "Sequence[Inputs]") -> Vectors:
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run([TOKENS], inputs)[0][0] for inputs in sample])


if __name__ == "__main__":
    main()
