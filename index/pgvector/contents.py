"""The chunks of a snapshot in the database by row: vectors in bytes, tokens and texts. Those used last are kept."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import numpy as np

from index.errors import SnapshotCorruptError
from index.late_interaction import ChunkTokens
from index.pgvector.database import Database
from index.pgvector.id_arrays import IdArray
from index.pgvector.local_files import Generation, RowIds
from index.vector_codes import ByteVectors

# About 4 KB each.
_KEPT = 4096
_VECTORS: LiteralString = "SELECT id, codes, scale FROM {contents} WHERE id = ANY(%s)"
_WHOLE: LiteralString = (
    "SELECT id, codes, scale, tokens, pieces, chunk_id, heading_path, anchor, text FROM {contents} WHERE id = ANY(%s)"
)
_TEXTS: LiteralString = "SELECT id, chunk_id, heading_path, anchor, text FROM {contents} WHERE id = ANY(%s)"
_OF_CHUNK_IDS: LiteralString = "SELECT id FROM {contents} WHERE chunk_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Text:
    """A chunk's text, and where it stands in its document."""

    chunk_id: str
    heading_path: tuple[str, ...]
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """What the database holds of a chunk."""

    vector: tuple[bytes, float]
    tokens: ChunkTokens
    text: Text


class Contents:
    """The chunks of one snapshot. Safe to share between threads."""

    def __init__(self, database: Database, generation: Generation, rows: RowIds) -> None:
        self._database, self._space, self.ids = database, generation.tables, rows
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Content] = OrderedDict()

    def of(self, rows: Sequence[int]) -> list[Content]:
        """Return what the database holds of each row."""
        with self._lock:
            found = {row: self._kept[row] for row in rows if row in self._kept}
        made = {row: _content(*values) for row, values in self._read(_WHOLE, rows, found).items()}
        found |= made
        with self._lock:
            self._kept.update(made)
            for row in found:
                self._kept.move_to_end(row)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return [found[row] for row in rows]

    def vectors(self, rows: Sequence[int]) -> ByteVectors:
        """Return the vectors of rows."""
        with self._lock:
            found = {row: self._kept[row].vector for row in rows if row in self._kept}
        found |= {row: (values[0], values[1]) for row, values in self._read(_VECTORS, rows, found).items()}
        codes = np.frombuffer(b"".join(found[row][0] for row in rows), dtype=np.int8)
        scales = np.array([found[row][1] for row in rows], dtype=np.float32)
        return ByteVectors(codes.reshape(len(rows), self._space.dimensions), scales)

    def texts(self, rows: Sequence[int]) -> list[Text]:
        """Return the texts of rows, of which none is kept."""
        found = self._read(_TEXTS, rows, ())
        return [_text(*found[row]) for row in rows]

    def rows_of(self, chunk_ids: Collection[str]) -> list[int]:
        """Return the rows of chunks, of those that the snapshot holds."""
        (found,) = self._database.read((self._space.sql(_OF_CHUNK_IDS), [sorted(chunk_ids)]))
        return sorted(self.ids.rows(np.array([number for (number,) in found], dtype=np.int64)).tolist())

    def _read(
        self, statement: LiteralString, rows: Sequence[int], known: Collection[int]
    ) -> Mapping[int, tuple[Any, ...]]:
        wanted = {int(self.ids.ids[row]): row for row in rows if row not in known}
        if not wanted:
            return {}
        (found,) = self._database.read((self._space.sql(statement), [IdArray(np.array(list(wanted)))]))
        if len(found) != len(wanted):
            raise missing_error()
        return {wanted[values[0]]: values[1:] for values in found}


def missing_error() -> SnapshotCorruptError:
    """Return the error for a snapshot of which the database lacks rows: pruned by now, or in another database."""
    return SnapshotCorruptError("the database does not hold this snapshot: build the index again")


def _content(codes: bytes, scale: float, tokens: bytes, pieces: bytes, *text: Any) -> Content:  # noqa: ANN401
    width = len(tokens) // len(pieces)
    found = np.frombuffer(tokens, dtype=np.uint8).reshape(len(pieces), width)
    return Content((codes, scale), ChunkTokens(found, np.frombuffer(pieces, dtype=np.uint8)), _text(*text))


def _text(chunk_id: str, heading_path: Sequence[str], anchor: str, text: str) -> Text:
    return Text(chunk_id, tuple(heading_path), anchor, text)
