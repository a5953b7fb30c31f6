"""Put the best candidates of a search in the order of a reranker, a model that reads question and text together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Scorer(Protocol):
    """What a search needs of a reranker."""

    @property
    def name(self) -> str:
        """Name of the model; a calibration may depend on it."""

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores (0..1) of the first texts, or of all of them."""


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker, and how many of the best candidates it puts in order."""

    scorer: Scorer
    candidates: int


def order(given: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the order of `count` candidates of which the first have the scores `given`; equals keep their order."""
    return np.concatenate([np.argsort(-given, kind="stable"), np.arange(len(given), count)])
