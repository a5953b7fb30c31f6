"""Snapshots made by hand: every number that ranks a chunk is given, no model is run."""

import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import snapshot_tables
from index.access import EVERYONE
from index.ann import SearchRules, write_vectors
from index.bm25 import write_words
from index.chunks import Chunk
from index.embedding.model import Encoded, Vectors
from index.excerpts import ExcerptRules
from index.late_interaction import ChunkTokens, write_tokens
from index.retrieval import Manifest, VectorIndex
from index.search import SnapshotSearch
from index.snapshot import CHUNKS, FORMAT
from index.snapshot_tables import IndexedDocument, IndexedSource
from index.sufficiency import CALIBRATION, SHIPPED
from index.vector_codes import ByteVectors, token_codes

_DIMENSIONS, _DIRECTIONS = 8, 128


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk with a given cosine and token match to every question.

    `match` is the cosine of its only token to the question's, in steps of 1/64. `aside` is the dimension in which the
    vector differs from the question's; passages with the same one lie close together.
    """

    document_id: str
    text: str
    cosine: float
    match: float = 1.0
    aside: int = 1


@dataclass(frozen=True)
class OneVector:
    """An encoder for which every question is the same: one vector, one token."""

    name: str = "one-vector"

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Return the first unit vector, and a unit vector with equal values as the only token."""
        return [Encoded(np.eye(1, _DIMENSIONS, dtype=np.float32)[0], _token(1.0), ((0, 1),)) for _ in texts]


def _token(match: float) -> Vectors:
    """Return float32[1, directions]: a unit vector with this cosine to the question's token."""
    signs = np.where(np.arange(_DIRECTIONS) < (1 + match) / 2 * _DIRECTIONS, 1, -1)
    return (signs[None] / math.sqrt(_DIRECTIONS)).astype(np.float32)


def searching_by_hand(folder: Path, passages: Sequence[Passage]) -> SnapshotSearch:
    """Write a snapshot of the passages, which come sorted by document, and open it."""
    chunks = [Chunk(f"c{n}", p.document_id, (p.document_id,), p.text) for n, p in enumerate(passages)]
    documents = tuple(
        IndexedDocument(name, name, None, frozenset({EVERYONE}), "", tuple(c for c in chunks if c.document_id == name))
        for name in dict.fromkeys(p.document_id for p in passages)
    )
    with closing(sqlite3.connect(folder / CHUNKS)) as tables:
        snapshot_tables.write(
            folder, tables, [IndexedSource("s", "", documents)], [c.chunk_id.encode() for c in chunks]
        )
        write_words(folder, tables, chunks)
        tables.commit()
    vectors = ByteVectors.empty(len(passages), _DIMENSIONS)
    for row, passage in enumerate(passages):
        vector = np.zeros(_DIMENSIONS, dtype=np.float32)
        vector[0], vector[passage.aside] = passage.cosine, math.sqrt(1 - passage.cosine**2)
        vectors.put(row, vector)
    write_vectors(folder, vectors, SearchRules(), lambda: np.zeros((0, _DIMENSIONS), dtype=np.float32))
    tokens = [ChunkTokens(token_codes(_token(p.match)), np.zeros(1, dtype=np.uint8)) for p in passages]
    write_tokens(folder, tokens, len(tokens))
    (folder / CALIBRATION).write_text(SHIPPED.model_dump_json(), encoding="utf-8")
    encoder = OneVector()
    manifest = Manifest(
        format=FORMAT,
        name="by-hand",
        created_at="2026-01-01T00:00:00+00:00",
        embedder=encoder.name,
        max_tokens=256,
        dimensions=_DIMENSIONS,
        chunk_count=len(chunks),
        search=VectorIndex(),
        documents={document.document_id: "" for document in documents},
        skipped=(),
        checksums={},
    )
    return SnapshotSearch(folder, manifest, encoder, excerpts=ExcerptRules(whole_chunks=len(chunks)))
