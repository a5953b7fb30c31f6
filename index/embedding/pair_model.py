"""Run an exported cross-encoder (`pair_export.py`): pairs of texts in, one row of logits each out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.embedding.pair_export import LOGITS
from index.embedding.runtime import open_session

if TYPE_CHECKING:
    from tokenizers import Encoding


class PairModel:
    """The graph of an export. Any number of threads may use it."""

    def __init__(self, folder: Path, pad: int) -> None:
        """Load the graph; `pad` is the id of the padding token."""
        self._session = open_session(folder)
        self._inputs = [node.name for node in self._session.get_inputs()]
        self._pad = pad

    def logits(self, pairs: "Sequence[Encoding]") -> NDArray[np.float32]:
        """Return float32[len(pairs), labels] in one run. The pairs are padded to the longest."""
        longest = max(len(pair.ids) for pair in pairs)
        for pair in pairs:
            pair.pad(longest, pad_id=self._pad)
        given = {
            "input_ids": [pair.ids for pair in pairs],
            "attention_mask": [pair.attention_mask for pair in pairs],
            "token_type_ids": [pair.type_ids for pair in pairs],
        }
        logits: NDArray[np.float32]
        (logits,) = self._session.run([LOGITS], {name: np.array(given[name], np.int64) for name in self._inputs})
        return logits
