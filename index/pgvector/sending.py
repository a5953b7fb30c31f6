"""Embed the chunks that the database does not hold, and send them.

They are committed some at a time, so a build that is killed loses little. Nobody sees them: no snapshot lists them yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString

from pgvector import HalfVector
from psycopg import Connection

from index.chunks import Chunk
from index.late_interaction import ChunkTokens
from index.pgvector.local_files import Ids
from index.pgvector.schema import Space
from index.pgvector.upload import Upload, stored
from index.snapshot_writing import embedded
from index.vector_codes import ByteVectors

_AT_ONCE = 1024
_CONTENTS: LiteralString = (
    "COPY {contents} (id, codes, scale, tokens, pieces, chunk_id, heading_path, anchor, text) "
    "FROM STDIN (FORMAT BINARY)"
)
_CONTENT_TYPES = ("int8", "bytea", "float4", "bytea", "bytea", "text", "text[]", "text", "text")
_VECTORS: LiteralString = "COPY {vectors} (id, groups, vector) FROM STDIN (FORMAT BINARY)"
_VECTOR_TYPES = ("int8", "text[]", "halfvec")
_ROWS: LiteralString = "COPY {rows} (id, key, text_hash) FROM STDIN (FORMAT BINARY)"
_ROW_TYPES = ("int8", "bytea", "bytea")
# Made after the first rows: to add each of them to the index takes several times as long.
_INDEX: LiteralString = "CREATE INDEX IF NOT EXISTS {hnsw} ON {vectors} USING hnsw (vector halfvec_ip_ops)"
_Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk to send. `vector` is int8[d] as bytes with its scale, and as pgvector takes it."""

    number: int
    key: bytes
    text_hash: bytes
    groups: frozenset[str]
    chunk: Chunk
    tokens: ChunkTokens
    vector: tuple[bytes, float, HalfVector]


def send(connection: Connection[Any], space: Space, upload: Upload, rows: Sequence[int], ids: Ids) -> None:
    """Embed and send the chunks in these rows; `ids` holds the id of every row."""
    content, reader = upload.content, upload.embedder
    chosen = replace(
        content, chunks=[content.chunks[row] for row in rows], hashes=[content.hashes[row] for row in rows]
    )
    vectors = ByteVectors.empty(len(rows), space.dimensions)
    tokens = embedded(chosen, reader, upload.reusable, vectors, upload.progress)
    for start in range(0, len(rows), _AT_ONCE):
        made = []
        for at, row in enumerate(rows[start : start + _AT_ONCE], start):
            chunk_tokens = next(tokens)
            made.append(
                NewChunk(
                    int(ids[row]),
                    upload.keys[row],
                    content.hashes[row],
                    upload.groups[row],
                    content.chunks[row],
                    chunk_tokens,
                    _vector(vectors, at),
                )
            )
        write(connection, space, made)
    finish(connection, space)


def write(connection: Connection[Any], space: Space, chunks: Sequence[NewChunk]) -> None:
    """Add chunks to the tables in one transaction."""
    with connection.transaction():
        _copy(connection, space, _CONTENTS, _CONTENT_TYPES, [_content(chunk) for chunk in chunks])
        _copy(
            connection,
            space,
            _VECTORS,
            _VECTOR_TYPES,
            [(c.number, sorted(map(stored, c.groups)), c.vector[2]) for c in chunks],
        )
        _copy(connection, space, _ROWS, _ROW_TYPES, [(c.number, c.key, c.text_hash) for c in chunks])


def finish(connection: Connection[Any], space: Space) -> None:
    """Make the HNSW index if there is none yet."""
    connection.execute(space.sql(_INDEX))
    connection.execute(space.sql("ANALYZE {vectors}"))


def _content(new: NewChunk) -> _Row:
    codes, scale, _ = new.vector
    chunk, tokens = new.chunk, new.tokens
    return (
        new.number,
        codes,
        scale,
        tokens.codes.tobytes(),
        tokens.pieces.tobytes(),
        stored(chunk.chunk_id),
        list(map(stored, chunk.heading_path)),
        stored(chunk.anchor),
        stored(chunk.text),
    )


def _vector(vectors: ByteVectors, row: int) -> tuple[bytes, float, HalfVector]:
    decoded = vectors.decoded(slice(row, row + 1))[0]
    return vectors.codes[row].tobytes(), float(vectors.scales[row]), HalfVector(decoded)


def _copy(
    connection: Connection[Any], space: Space, statement: LiteralString, types: Sequence[str], rows: Sequence[_Row]
) -> None:
    with connection.cursor() as cursor, cursor.copy(space.sql(statement)) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
