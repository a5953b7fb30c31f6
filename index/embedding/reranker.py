"""Score pairs of question and text with a cross-encoder, exported (`reranker_export.py`) and run without torch."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embedding.model import Precision
from index.embedding.pair_model import PairModel
from index.embedding.reranker_export import CARD
from index.embedding.runtime import (
    MODEL,
    TOKENIZER,
    checked_card,
    export_in_process,
    fingerprint,
    open_tokenizer,
)
from index.errors import IndexUnavailableError, SettingsError

Scores = NDArray[np.float32]
# Export format version, part of the name.
_EXPORT = 1
# Pairs in one run. The time is checked after each run.
_PAIRS_PER_RUN = 4


class Reranker:
    """An exported cross-encoder. Any number of threads may use it."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """Open an export and load it. Scoring ends about `seconds` after it began."""
        card = checked_card(folder, CARD, {MODEL, TOKENIZER})
        self.name, self.folder = str(card["name"]), folder
        self._seconds = seconds
        self._tokenizer = open_tokenizer(folder)
        self._tokenizer.enable_truncation(int(card["sequence"]), strategy="longest_first")
        self._model = PairModel(folder, int(card["pad"]))

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """Return the scores (0..1) of the first texts; of all of them, if time allows. Texts that are too long are cut.

        At least the texts of the first run are scored.
        """
        ends = time.monotonic() + self._seconds
        found: list[Scores] = [np.zeros(0, dtype=np.float32)]
        for start in range(0, len(texts), _PAIRS_PER_RUN):
            if start and time.monotonic() > ends:
                break
            found.append(self._run(question, texts[start : start + _PAIRS_PER_RUN]))
        return np.concatenate(found)

    def _run(self, question: str, texts: Sequence[str]) -> Scores:
        pairs = self._tokenizer.encode_batch([(question, text) for text in texts])
        logits = self._model.logits(pairs)
        scores: Scores = np.asarray(1 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30))), dtype=np.float32)
        return scores


def open_reranker(kept: Path, folder: Path, precision: Precision, seconds: float) -> Reranker:
    """Return the reranker of a model's folder or of an export; export the model into `kept` first if needed (seconds).

    Raises SettingsError, one line that names the setting, if the folder holds no usable model.
    """
    try:
        return Reranker(_exported(kept, folder, precision), seconds)
    except (IndexUnavailableError, OSError, ValueError) as error:
        raise SettingsError(f"setting index.reranker: {folder} cannot be used: {error}") from None


def _exported(kept: Path, folder: Path, precision: Precision) -> Path:
    if not folder.is_dir():
        raise ValueError("there is no such folder")
    if (folder / CARD).is_file():
        if not str(checked_card(folder, CARD, {MODEL, TOKENIZER})["name"]).endswith(f"-{_EXPORT}"):
            raise ValueError("it was exported by another version of Citedesk; export it again")
        return folder
    name = f"{folder.resolve().name}@{fingerprint(folder)[:12]}/{precision}-{_EXPORT}"
    target = kept / f"reranker-{name.replace('/', '-')}"
    try:
        checked_card(target, CARD, {MODEL, TOKENIZER})
    except IndexUnavailableError:
        export_in_process("index.embedding.reranker_export", folder, target, name, precision)
    return target
