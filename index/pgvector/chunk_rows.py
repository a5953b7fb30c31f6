"""The chunks of a snapshot by row: documents and readers from its own tables, texts from the database."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.chunk_table import ChunkRows, DocumentRow, Scope, spelled
from index.pgvector.contents import Contents, Text
from index.readable import Readable, Rows
from index.retrieval import RetrievedChunk

_DOCUMENTS_KEPT = 4096
_AT_ONCE = 2048


class PgvectorRows:
    """The chunks of one snapshot. Safe to share between threads."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        self._tables, self._contents = ChunkRows(folder), contents
        self._document = lru_cache(maxsize=_DOCUMENTS_KEPT)(self._tables.document)

    @property
    def connection(self) -> sqlite3.Connection:
        """The snapshot's own tables."""
        return self._tables.connection

    def documents(self, rows: Rows) -> NDArray[np.int32]:
        """Return int32[rows]: the document of each row."""
        return self._tables.documents(rows)

    def readable(self, scope: Scope) -> Readable:
        """Return the chunks that a search of this scope may see."""
        return self._tables.readable(scope)

    def chunk(self, row: int) -> RetrievedChunk:
        """Return the chunk in a row."""
        return self._chunks([row])[0]

    def words(self, scope: Scope) -> dict[str, int]:
        """Return the words of the documents of this scope, in lower case, with the number of documents of each.

        Every text that may be read comes from the database.
        """
        counts: Counter[str] = Counter()
        for _, chunks in groupby(self._texts(self.readable(scope).rows), key=itemgetter(0)):
            counts.update({word for _, text in chunks for word in spelled(" ".join(text.heading_path), text.text)})
        return dict(counts)

    def of_ids(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that the snapshot holds, by id."""
        return {chunk.chunk_id: chunk for chunk in self._chunks(self._contents.rows_of(chunk_ids))}

    def of_document(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if the snapshot does not hold it."""
        return tuple(self._chunks(list(self._tables.rows_of(document_id))))

    def _chunks(self, rows: list[int]) -> list[RetrievedChunk]:
        documents = self.documents(np.array(rows, dtype=np.int64)).tolist()
        found = zip(documents, self._contents.of(rows), strict=True)
        return [_chunk(self._document(document), content.text) for document, content in found]

    def _texts(self, rows: Rows) -> Iterator[tuple[int, Text]]:
        """Yield document and text of each row."""
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            yield from zip(self.documents(part).tolist(), self._contents.texts(part.tolist()), strict=True)


def _chunk(document: DocumentRow, text: Text) -> RetrievedChunk:
    return document.chunk(text.chunk_id, text.heading_path, text.anchor, text.text)
