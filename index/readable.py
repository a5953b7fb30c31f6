"""The chunks that a search may see, as one bit for each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Readable:
    """The chunks that a search may see: `count` of them out of `total`.

    `bitmap`, uint8[total / 8], has a bit for each chunk, the lowest bit of a byte first, as FAISS reads it; None if all
    are readable. `groups` are those of the reader, which a database compares by itself. One instance is made and cached
    for each scope, so instances are compared by identity.
    """

    total: int
    count: int
    bitmap: NDArray[np.uint8] | None = None
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, mask: NDArray[np.bool_], groups: frozenset[str] = frozenset()) -> "Readable":
        """Return the chunks that `mask`, bool[chunks], names."""
        count = int(np.count_nonzero(mask))
        return cls(len(mask), count, None if count == len(mask) else np.packbits(mask, bitorder="little"), groups)

    def holds(self, rows: Rows | NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return bool[rows]: whether each row is readable."""
        if self.bitmap is None:
            return np.ones(len(rows), dtype=np.bool_)
        bits: NDArray[np.uint8] = self.bitmap[rows >> 3] >> (rows & 7).astype(np.uint8) & 1
        return bits.astype(np.bool_)

    @cached_property
    def rows(self) -> Rows:
        """The rows of the readable chunks, ascending. Only for sets that are small, or whole indexes that are."""
        if self.bitmap is None:
            return np.arange(self.total)
        at = np.flatnonzero(self.bitmap)
        which, bit = np.nonzero(np.unpackbits(self.bitmap[at][:, None], axis=1, bitorder="little"))
        return at[which] * 8 + bit
