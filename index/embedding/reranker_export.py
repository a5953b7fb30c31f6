"""Export a reranker, a cross-encoder with one output, as an ONNX model that runs without torch.

It runs as a program, so that no process that serves imports torch: `python -m index.embedding.reranker_export
MODEL_FOLDER TARGET_FOLDER NAME PRECISION`. The target folder then holds `model.onnx`, `tokenizer.json` and
`reranker.json`.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding.export import SAMPLE, fuse
from index.embedding.pair_export import compare, longest_pair, opened_model, opened_tokenizer, pairs_of, write_graph
from index.embedding.runtime import MODEL, TOKENIZER, quiet, write_card

CARD = "reranker.json"
# Words of a line of the sample that stand for a question.
_QUESTION_WORDS = 9


def main() -> None:
    """Export the model that the command line names."""
    quiet()
    source, target, name, precision = sys.argv[1:5]
    export(Path(source), Path(target), name, precision)


def export(source: Path, target: Path, name: str, precision: str) -> None:
    """Export the model in `source` into the folder `target`. `precision` is `int8` or `fp32`.

    Raises ValueError if it is no cross-encoder with one output, or if the exported model's logits are not its own.
    """
    from index.embedding.quantize import quantize  # noqa: PLC0415 - this module is imported to serve

    tokenizer, model = opened_tokenizer(source), opened_model(source)
    if model.config.num_labels != 1:
        raise ValueError(f"it has {model.config.num_labels} outputs; a reranker has one, its score")
    limit = longest_pair(tokenizer, model.config)
    tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    sample = pairs_of(tokenizer, limit)
    write_graph(model, sample, target / MODEL)
    fuse(target / MODEL, model.config)
    compare(model, sample, target)
    if precision == "int8":
        quantize(target / MODEL, [_taken(pair) for pair in _pairs(tokenizer, limit)])
    fields = {"name": name, "sequence": limit, "pad": tokenizer.pad_token_id or 0}
    write_card(target, CARD, fields, [MODEL, TOKENIZER])


def _pairs(tokenizer: Any, limit: int) -> list[dict[str, Any]]:  # noqa: ANN401 - a tokenizer of transformers
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    questions = [" ".join(line.split()[:_QUESTION_WORDS]) for line in lines]
    return [
        {
            name: tokenizer(question, line, truncation="only_second", max_length=limit)[name]
            for name in tokenizer.model_input_names
        }
        for question, line in zip(questions, lines, strict=True)
    ]


def _taken(pair: dict[str, Any]) -> dict[str, Any]:
    return {name: np.array([values], dtype=np.int64) for name, values in pair.items()}


if __name__ == "__main__":
    main()
