"""The part of a chunk that answers best, so that more chunks fit where text costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ExcerptRules:
    """The first `whole_chunks` of a result keep their text; of the others, about `chars` characters are kept."""

    whole_chunks: int = 2
    chars: int = 500


EXCERPTS = ExcerptRules()


def best_window(parts: Sequence[str], similar: NDArray[np.float32], where: NDArray[np.uint8], chars: int) -> str:
    """Return neighbouring `parts`, verbatim and joined: the best one and what fits beside it.

    `similar` float32[tokens, q] says how well each token of the text meets the question, `where` uint8[tokens] in
    which part it stands.
    """
    scores = _scores(len(parts), similar, where)
    first = last = int(np.argmax(scores))
    size = len(parts[first])
    while beside := [n for n in (first - 1, last + 1) if 0 <= n < len(parts) and size + len(parts[n]) <= chars]:
        added = max(beside, key=lambda n: scores[n])
        size += len(parts[added])
        first, last = min(first, added), max(last, added)
    return "".join(parts[first : last + 1]).strip("\n")


def _scores(count: int, similar: NDArray[np.float32], where: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32[count]: the sum over the question's tokens of the best match in each part."""
    scores = np.zeros(count, dtype=np.float32)
    starts = np.flatnonzero(np.diff(where, prepend=where[:1] ^ 1))
    best = np.maximum.reduceat(similar, starts, axis=0).sum(axis=1)
    for place, value in zip(where[starts].tolist(), best.tolist(), strict=True):
        if place < count:
            scores[place] = max(scores[place], value)
    return scores
