"""Export a cross-encoder for natural language inference as an ONNX model that runs without torch.

It runs as a program, so that no process that serves imports torch: `python -m pipeline.proof.nli_export MODEL_FOLDER
TARGET_FOLDER`. The target folder then holds `model.onnx`, `tokenizer.json` and `nli.json`. The model's output is
`logits` (float32[batch, labels], before the softmax), in the order of the folder's id2label.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding.runtime import MODEL, TOKENIZER, open_session, quiet, write_card

CARD, LOGITS = "nli.json", "logits"
# Longest window in tokens, also for models that take more: models for inference are trained on pairs of this length
# or less, and the time for attention grows with its square.
_SEQUENCE = 512
_TOLERANCE = 1e-3
_WORDS = "You can cancel the order until it is packed, and not after that. "


def main() -> None:
    """Export the model that the command line names."""
    quiet()
    source, target = sys.argv[1:3]
    export(Path(source), Path(target))


def export(source: Path, target: Path) -> None:
    """Export the model in `source` into the folder `target`.

    Raises ValueError if weights are missing or the exported model's logits are not the model's own.
    """
    from transformers import AutoTokenizer  # noqa: PLC0415 - takes seconds, and this module is imported to serve

    tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=True)
    model = _model(source)
    limit = int(min(_SEQUENCE, tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", _SEQUENCE)))
    tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    _write_graph(model, _sample(tokenizer, limit), target / MODEL)
    _compare(model, _sample(tokenizer, limit), target)
    fields = {"sequence": limit, "pad": tokenizer.pad_token_id or 0, "unknown": tokenizer.unk_token_id}
    write_card(target, CARD, fields, [MODEL, TOKENIZER])


def _model(source: Path) -> Any:  # noqa: ANN401 - a torch module
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
    # transformers fills missing weights with chance: an embedding model would become a judge that throws dice.
    if missing := sorted(loading["missing_keys"]):
        raise ValueError(f"weights are missing: {', '.join(missing)}"[:200])
    return model.eval()


def _sample(tokenizer: Any, limit: int) -> dict[str, Any]:  # noqa: ANN401 - a tokenizer of transformers
    """Return a short pair and one that fills the window, padded, as tensors by input name."""
    pairs = ([_WORDS, _WORDS * (limit // 4)], ["You cannot cancel it.", "It is packed."])
    encoded = tokenizer(*pairs, padding=True, truncation="only_first", max_length=limit, return_tensors="pt")
    return {name: encoded[name] for name in tokenizer.model_input_names}


def _write_graph(model: Any, sample: dict[str, Any], file: Path) -> None:  # noqa: ANN401 - a torch module
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


def _compare(model: Any, sample: dict[str, Any], target: Path) -> None:  # noqa: ANN401 - a torch module
    import torch  # noqa: PLC0415

    session = open_session(target)
    with torch.no_grad():
        own = model(**sample).logits.numpy()
    taken = {node.name: sample[node.name].numpy() for node in session.get_inputs()}
    (exported,) = session.run([LOGITS], taken)
    if exported.shape != own.shape or not np.allclose(exported, own, atol=_TOLERANCE):
        raise ValueError("its export to ONNX gives other logits than the model itself")


if __name__ == "__main__":
    main()
