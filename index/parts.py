"""What a search reads of a snapshot, and the files of the snapshot as the place where it is kept.

`index.pgvector` keeps it in a database instead, all but the words.
"""

import sqlite3
import threading
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.ann import SearchRules, VectorSearch
from index.chunk_table import ChunkRows, Scope
from index.embedding.model import Vectors
from index.late_interaction import Similarities, TokenStore
from index.readable import Readable, Rows
from index.retrieval import Manifest, RetrievedChunk


class ChunkSource(Protocol):
    """The chunks of a snapshot by row, and which of them a search may see."""

    @property
    def connection(self) -> sqlite3.Connection:
        """The snapshot's own tables: documents, their readers, and words."""

    def documents(self, rows: Rows) -> NDArray[np.int32]:
        """Return int32[rows]: the document of each row."""

    def readable(self, scope: Scope) -> Readable:
        """Return the chunks that a search of this scope may see."""

    def chunk(self, row: int) -> RetrievedChunk:
        """Return the chunk in a row."""

    def words(self, scope: Scope) -> dict[str, int]:
        """Return the words of the documents of this scope, in lower case, with the number of documents of each."""

    def of_ids(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that the snapshot holds, by id."""

    def of_document(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if the snapshot does not hold it."""


class DenseCandidates(Protocol):
    """The chunks that are nearest to a question by their vectors."""

    def near(self, vector: Vectors, readable: Readable, count: int) -> Rows:
        """Return at most `count` readable rows nearest to `vector`, float32[dimensions], best first."""

    def largest_cosine(self, vector: Vectors) -> float:
        """Return the cosine of the chunk nearest to `vector`, readable or not; 0 if there is none."""

    def cosines(self, vector: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return float32[rows]: the cosine of each row to `vector`."""

    def vectors(self, rows: Rows) -> Vectors:
        """Return float32[rows, dimensions]."""


class TokenSource(Protocol):
    """The tokens of candidates."""

    def similarities(self, question: Vectors, rows: Sequence[int]) -> Similarities:
        """Return the best match of each token of `question`, float32[q, d], in the chunks `rows` and their pieces."""


@dataclass(frozen=True)
class SearchParts:
    """What a search reads; `lock` is held while it does."""

    chunks: ChunkSource
    vectors: DenseCandidates
    tokens: TokenSource
    lock: AbstractContextManager[object]


class VectorDatabase(Protocol):
    """Opens snapshots whose vectors, tokens and texts are in a database."""

    def opened(self, folder: Path, manifest: Manifest) -> SearchParts:
        """Return what a search reads of the snapshot in `folder`. Raises IndexUnavailableError."""


def opened_files(folder: Path, manifest: Manifest, rules: SearchRules) -> SearchParts:
    """Return what a search reads of a snapshot that is whole in its folder."""
    # SQLite serves one thread at a time.
    lock = threading.Lock()
    return SearchParts(ChunkRows(folder), VectorSearch(folder, manifest.search, rules), TokenStore(folder), lock)
