"""Export a cross-encoder, a model that reads two texts together, as a graph for ONNX Runtime.

Shared by the reranker and by the judge `nli` (`pipeline/proof`). The graph's output is `logits` (float32[batch,
labels], before the activation).
"""

from pathlib import Path
from typing import Any

import numpy as np

from index.embedding.runtime import open_session

LOGITS = "logits"
# Longest pair in tokens, also for models that take more: cross-encoders are trained on pairs of this length or less,
# and the time for attention grows with its square.
_SEQUENCE = 512
_TOLERANCE = 1e-3
_WORDS = "You can cancel the order until it is packed, and not after that. "


def opened_tokenizer(source: Path) -> Any:  # noqa: ANN401 - a tokenizer of transformers
    """Return the tokenizer of a model's folder."""
    from transformers import AutoTokenizer  # noqa: PLC0415 - takes seconds, and this module is imported to serve

    return AutoTokenizer.from_pretrained(str(source), local_files_only=True)


def longest_pair(tokenizer: Any, config: Any) -> int:  # noqa: ANN401 - of transformers
    """Return how many tokens a pair may have."""
    return int(min(_SEQUENCE, tokenizer.model_max_length, getattr(config, "max_position_embeddings", _SEQUENCE)))


def opened_model(source: Path) -> Any:  # noqa: ANN401 - a torch module
    """Return the model of a folder. Raises ValueError if weights are missing."""
    import torch  # noqa: PLC0415
    from transformers import AutoModelForSequenceClassification  # noqa: PLC0415

    model, loading = AutoModelForSequenceClassification.from_pretrained(
        str(source),
        local_files_only=True,
        use_safetensors=True,
        dtype=torch.float32,
        attn_implementation="eager",
        output_loading_info=True,
    )
    # transformers fills missing weights with random numbers, so an embedding model would pass for a judge.
    if missing := sorted(loading["missing_keys"]):
        raise ValueError(f"weights are missing: {', '.join(missing)}"[:200])
    return model.eval()


def pairs_of(tokenizer: Any, limit: int) -> dict[str, Any]:  # noqa: ANN401 - a tokenizer of transformers
    """Return a short pair and one that fills the window, padded, as tensors by input name."""
    pairs = ([_WORDS, _WORDS * (limit // 4)], ["You cannot cancel it.", "It is packed."])
    encoded = tokenizer(*pairs, padding=True, truncation="only_first", max_length=limit, return_tensors="pt")
    return {name: encoded[name] for name in tokenizer.model_input_names}


def write_graph(model: Any, sample: dict[str, Any], file: Path) -> None:  # noqa: ANN401 - a torch module
    """Write the graph of a model; its inputs have the names that the sample has."""
    import torch  # noqa: PLC0415

    class Classified(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: "torch.Tensor") -> Any:  # noqa: ANN401 - a tensor, but torch gives no type
            return self.model(**dict(zip(sample, inputs, strict=True))).logits

    batch_and_sequence = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Classified().eval(),
        tuple(tensor[:, :8] for tensor in sample.values()),
        str(file),
        dynamo=False,  # as for the embedder, see index/embedding/export.py
        opset_version=17,
        input_names=list(sample),
        output_names=[LOGITS],
        dynamic_axes={**dict.fromkeys(sample, batch_and_sequence), LOGITS: {0: "batch"}},
    )


def compare(model: Any, sample: dict[str, Any], target: Path) -> None:  # noqa: ANN401 - a torch module
    """Raise ValueError if the graph in `target` gives other logits than the model."""
    import torch  # noqa: PLC0415

    session = open_session(target)
    with torch.no_grad():
        own = model(**sample).logits.numpy()
    taken = {node.name: sample[node.name].numpy() for node in session.get_inputs()}
    (exported,) = session.run([LOGITS], taken)
    if exported.shape != own.shape or not np.allclose(exported, own, atol=_TOLERANCE):
        raise ValueError("its export to ONNX gives other logits than the model itself")
