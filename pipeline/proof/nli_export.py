"""Export a cross-encoder for natural language inference as an ONNX model that runs without torch.

It runs as a program, so that no process that serves imports torch: `python -m pipeline.proof.nli_export MODEL_FOLDER
TARGET_FOLDER`. The target folder then holds `model.onnx`, `tokenizer.json` and `nli.json`. The model's output is
`logits` (float32[batch, labels], before the softmax), in the order of the folder's id2label.
"""

import sys
from pathlib import Path

from index.embedding.pair_export import compare, longest_pair, opened_model, opened_tokenizer, pairs_of, write_graph
from index.embedding.runtime import MODEL, TOKENIZER, quiet, write_card

CARD = "nli.json"


def main() -> None:
    """Export the model that the command line names."""
    quiet()
    source, target = sys.argv[1:3]
    export(Path(source), Path(target))


def export(source: Path, target: Path) -> None:
    """Export the model in `source` into the folder `target`.

    Raises ValueError if weights are missing or the exported model's logits are not the model's own.
    """
    tokenizer, model = opened_tokenizer(source), opened_model(source)
    limit = longest_pair(tokenizer, model.config)
    tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    write_graph(model, pairs_of(tokenizer, limit), target / MODEL)
    compare(model, pairs_of(tokenizer, limit), target)
    fields = {"sequence": limit, "pad": tokenizer.pad_token_id or 0, "unknown": tokenizer.unk_token_id}
    write_card(target, CARD, fields, [MODEL, TOKENIZER])


if __name__ == "__main__":
    main()
