"""What a snapshot in a database keeps in its folder beside the words: where its chunks are in the database.

`database.json` names the generation and the tables. `database_ids.npy`, int64[chunks], holds the id of each row;
`database_order.npy`, int32[chunks], the rows in the order of their ids.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from index.pgvector.schema import Space
from index.readable import Rows
from index.snapshot import DATABASE, DATABASE_IDS, DATABASE_ORDER

Ids = NDArray[np.int64]


class Generation(BaseModel):
    """A snapshot as the database knows it: its number, and the tables of its embedding model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generation: int
    space: int
    dimensions: int

    @property
    def tables(self) -> Space:
        """The tables that hold its chunks."""
        return Space(self.space, self.dimensions)


@dataclass(frozen=True)
class RowIds:
    """The ids of a snapshot's rows, int64[chunks], and the rows in their order, int32[chunks]; both may be mapped."""

    ids: Ids
    order: NDArray[np.int32]

    @classmethod
    def of(cls, folder: Path) -> "RowIds":
        """Return those of the snapshot in `folder`, memory-mapped."""
        return cls(*(np.asarray(np.load(folder / name, mmap_mode="r")) for name in (DATABASE_IDS, DATABASE_ORDER)))

    def rows(self, ids: Ids) -> Rows:
        """Return the rows of ids, in their order; ids of other snapshots are left out."""
        # Bisection by hand: numpy's `sorter` would have to be an array of another type, as long as the index.
        low, high = np.zeros(len(ids), dtype=np.int64), np.full(len(ids), len(self.ids))
        while (open_ := low < high).any():
            middle = (low + high) // 2
            below = open_.copy()
            below[open_] = self.ids[self.order[middle[open_]]] < ids[open_]
            low, high = np.where(below, middle + 1, low), np.where(open_ & ~below, middle, high)
        rows: Rows = self.order[np.minimum(low, len(self.order) - 1)].astype(np.int64)
        is_known: NDArray[np.bool_] = self.ids[rows] == ids
        return rows[is_known]


def write(folder: Path, generation: Generation, ids: Ids) -> None:
    """Write the three files."""
    (folder / DATABASE).write_text(generation.model_dump_json(), encoding="utf-8")
    np.save(folder / DATABASE_IDS, ids)
    np.save(folder / DATABASE_ORDER, np.argsort(ids).astype(np.int32))


def generation_of(folder: Path) -> Generation:
    """Return what the database knows the snapshot in `folder` by."""
    return Generation.model_validate_json((folder / DATABASE).read_bytes())
