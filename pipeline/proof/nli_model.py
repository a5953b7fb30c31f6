"""A cross-encoder for natural language inference, exported (`pipeline/proof/nli_export.py`) and run without torch."""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.embedding.pair_model import PairModel
from index.embedding.runtime import MODEL, TOKENIZER, batches, checked_card, open_tokenizer
from pipeline.proof.judge import Claim, Verdict
from pipeline.proof.nli_export import CARD

if TYPE_CHECKING:
    from tokenizers import Encoding

Probabilities = NDArray[np.float32]
# A sentence that fills more of the window leaves too little of its passages to be read beside it.
_SENTENCE_SHARE = 0.5
# What two windows have in common, as a share of a window: a statement of that length lies whole in one of them.
_OVERLAP_SHARE = 0.25
_UNIT_END = re.compile(r"\n+|(?<=[.!?])\s+|(?<=[。！？])")  # noqa: RUF001
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def labels_in(config: Path) -> tuple[Verdict, ...]:
    """Return what each label of a model means, in the order of the model's outputs.

    Raises ValueError, with the reason, if id2label names no labels of natural language inference.
    """
    if not config.parent.is_dir():
        raise ValueError("there is no such folder")
    try:
        read = json.loads(config.read_bytes())
        names = [str(read["id2label"][str(number)]) for number in range(len(read["id2label"]))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{config.name} has no readable id2label") from error
    found = [_meaning(name) for name in names]
    if None in found or found.count(Verdict.SUPPORTED) != 1 or len(set(found)) != len(found) or len(found) < 2:  # noqa: PLR2004 - one label tells nothing
        raise ValueError(f"its labels are {', '.join(names)[:100]}, not entailment, neutral and contradiction")
    return tuple(label for label in found if label)


def _meaning(label: str) -> Verdict | None:
    word = _NOT_LETTERS.sub("", label.casefold())
    if word.startswith("entail"):
        return Verdict.SUPPORTED
    if word.startswith("contradict"):
        return Verdict.CONTRADICTED
    return Verdict.NOT_STATED if word == "neutral" or re.match("(?:no|not|non)entail", word) else None


class NliModel:
    """An exported model and the labels of its outputs. Any number of threads may use it."""

    def __init__(self, folder: Path, labels: tuple[Verdict, ...]) -> None:
        card = checked_card(folder, CARD, {MODEL, TOKENIZER})
        self.labels = labels
        self._limit, self._unknown = int(card["sequence"]), card["unknown"]
        self._tokenizer = open_tokenizer(folder)
        self._pairs = open_tokenizer(folder)
        self._pairs.enable_truncation(self._limit, strategy="only_first")
        self._model = PairModel(folder, int(card["pad"]))

    def windows(self, claim: Claim) -> "list[Encoding]":
        """Return the pairs of premise and sentence that decide on a claim, each within the model's length.

        There is one if the passages fit together, else one or more for each passage. There is none if the model cannot
        read the sentence: it is empty or too long, it has characters that the model does not know, it cites nothing.
        """
        sentence = self._tokenizer.encode(claim.sentence, add_special_tokens=False).ids
        room = self._limit - self._tokenizer.num_special_tokens_to_add(is_pair=True) - len(sentence)
        cited = "\n\n".join(passage for passage in claim.passages if passage.strip())
        if not sentence or not cited or self._unknown in sentence or len(sentence) > self._limit * _SENTENCE_SHARE:
            return []
        if len(self._spans(cited)) <= room:
            return [self._pairs.encode(cited, claim.sentence)]
        cut = (window for passage in claim.passages for window in windows(passage, room, self._spans))
        return [self._pairs.encode(window, claim.sentence) for window in cut]

    def read(self, pairs: "Sequence[Encoding]", before_run: Callable[[], None]) -> Probabilities:
        """Return float32[len(pairs), labels], the probability of each label. Calls `before_run` before each run."""
        found = np.zeros((len(pairs), len(self.labels)), dtype=np.float32)
        for batch in batches([len(pair.ids) for pair in pairs]):
            before_run()
            found[batch] = self._run([pairs[number] for number in batch])
        return found

    def _spans(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.encode(text, add_special_tokens=False).offsets

    def _run(self, pairs: "Sequence[Encoding]") -> Probabilities:
        logits = self._model.logits(pairs)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Probabilities = odds / odds.sum(axis=1, keepdims=True)
        return probabilities


def windows(passage: str, room: int, spans: Callable[[str], list[tuple[int, int]]]) -> Iterator[str]:
    """Yield parts of a passage of at most `room` tokens, each with the passage's first line, its heading path, above.

    A part begins and ends between sentences or lines where it can: one that begins inside a sentence may lack its
    "not" or its "if".
    """
    heading, _, text = passage.partition("\n")
    taken = len(spans(f"{heading}\n"))
    if not text.strip() or taken > room * _OVERLAP_SHARE:
        yield from _parts(passage, room, spans)
        return
    yield from (f"{heading}\n{part}" for part in _parts(text, room - taken, spans))


def _parts(text: str, room: int, spans: Callable[[str], list[tuple[int, int]]]) -> Iterator[str]:
    tokens = spans(text)
    starts = [start for start, _ in tokens]
    # The number of the token that begins each unit, and of the end of the text.
    units = sorted({bisect_left(starts, end.end()) for end in _UNIT_END.finditer(text)} | {len(tokens)})
    first, end = 0, _end(units, 0, room)
    while first < len(tokens):
        yield text[tokens[first][0] : tokens[end - 1][1]]
        if end == len(tokens):
            return
        first, end = _next(units, first, end, room)


def _end(units: Sequence[int], first: int, room: int) -> int:
    """Return the greatest unit that a part from `first` has room for, else the token after its room."""
    last = units[bisect_right(units, first + room) - 1] if units[0] <= first + room else first
    return last if last > first else first + room


def _next(units: Sequence[int], first: int, end: int, room: int) -> tuple[int, int]:
    """Return begin and end of the part after [first, end): it has the last units of that one and at least one more."""
    begin = max(first + 1, end - int(room * _OVERLAP_SHARE))
    shared = units[bisect_left(units, begin) : bisect_right(units, end)] or [begin]
    return next((unit, last) for unit in shared if (last := _end(units, unit, room)) > end)
