"""Embed the chunks that the database does not hold, and send them.

They are committed some at a time, so a build that is killed loses little. Nobody sees them: no snapshot lists them yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, LiteralString

from pgvector import HalfVector
from psycopg import Connection
from psycopg.sql import Composed

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


def send(connection: Connection[Any], space: Space, upload: Upload, rows: Sequence[int], ids: Ids) -> None:
    """Embed and send the chunks in these rows; `ids` holds the id of every row."""
    content = upload.content
    chosen = replace(
        content, chunks=[content.chunks[row] for row in rows], hashes=[content.hashes[row] for row in rows]
    )
    vectors = ByteVectors.empty(len(rows), space.dimensions)
    tokens = embedded(chosen, upload.embedder, upload.reusable, vectors, upload.progress)
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        # To take the tokens fills in the vectors.
        made = list(zip(range(start, start + len(part)), part, islice(tokens, len(part)), strict=True))
        names = [sorted(map(stored, upload.groups[row])) for row in part]
        numbers = ids[part].tolist()
        with connection.transaction():
            contents = [_content(vectors, at, found, content.chunks[row]) for at, row, found in made]
            _copy(connection, space.sql(_CONTENTS), _CONTENT_TYPES, zip(numbers, contents, strict=True))
            halves = [(groups, _half(vectors, at)) for groups, (at, _, _) in zip(names, made, strict=True)]
            _copy(connection, space.sql(_VECTORS), _VECTOR_TYPES, zip(numbers, halves, strict=True))
            keys = [(upload.keys[row], content.hashes[row]) for row in part]
            _copy(connection, space.sql(_ROWS), _ROW_TYPES, zip(numbers, keys, strict=True))
    finish(connection, space)


def finish(connection: Connection[Any], space: Space) -> None:
    """Make the HNSW index if there is none yet."""
    connection.execute(space.sql(_INDEX))
    connection.execute(space.sql("ANALYZE {vectors}"))


def _content(vectors: ByteVectors, at: int, tokens: ChunkTokens, chunk: Chunk) -> _Row:
    return (
        vectors.codes[at].tobytes(),
        float(vectors.scales[at]),
        tokens.codes.tobytes(),
        tokens.pieces.tobytes(),
        stored(chunk.chunk_id),
        list(map(stored, chunk.heading_path)),
        stored(chunk.anchor),
        stored(chunk.text),
    )


def _half(vectors: ByteVectors, at: int) -> HalfVector:
    return HalfVector(vectors.decoded(slice(at, at + 1))[0])


def _copy(
    connection: Connection[Any], statement: Composed, types: Sequence[str], rows: Iterable[tuple[int, _Row]]
) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for number, values in rows:
            copy.write_row((number, *values))
