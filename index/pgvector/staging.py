"""Which chunks of a build the database holds: their ids, new ids for the others, and copies where only readers changed.

The list is a temporary table `wanted`, a row for each chunk.
"""

from typing import Any, LiteralString

import numpy as np
from psycopg import Connection

from index.pgvector.local_files import Ids
from index.pgvector.schema import Space
from index.pgvector.upload import Upload, stored

_WANTED: LiteralString = """
CREATE TEMPORARY TABLE wanted (
    row integer PRIMARY KEY, key bytea NOT NULL, text_hash bytea NOT NULL, groups text[] NOT NULL,
    chunk_id text NOT NULL, heading_path text[] NOT NULL, anchor text NOT NULL, id bigint, original bigint
)
"""
_COPY: LiteralString = (
    "COPY wanted (row, key, text_hash, groups, chunk_id, heading_path, anchor) FROM STDIN (FORMAT BINARY)"
)
_TYPES = ("int4", "bytea", "bytea", "text[]", "text", "text[]", "text")
_HELD: LiteralString = "UPDATE wanted w SET id = r.id FROM {rows} r WHERE r.key = w.key"
_NEW: LiteralString = """
UPDATE wanted w SET id = nextval('citedesk_index.row_ids'),
    original = (SELECT r.id FROM {rows} r WHERE r.text_hash = w.text_hash LIMIT 1)
WHERE id IS NULL
"""
# Of a text that the database holds for another place or other readers, vectors and tokens are copied there.
_COPIES: tuple[LiteralString, ...] = (
    (
        "INSERT INTO {contents} SELECT w.id, o.codes, o.scale, o.tokens, o.pieces, w.chunk_id, "
        "w.heading_path, w.anchor, o.text FROM wanted w JOIN {contents} o ON o.id = w.original"
    ),
    "INSERT INTO {vectors} SELECT w.id, w.groups, o.vector FROM wanted w JOIN {vectors} o ON o.id = w.original",
    "INSERT INTO {rows} (id, key, text_hash) SELECT id, key, text_hash FROM wanted WHERE original IS NOT NULL",
)
_IDS: LiteralString = "SELECT w.id, EXISTS (SELECT FROM {rows} r WHERE r.id = w.id) FROM wanted w ORDER BY w.row"
_BACK: LiteralString = "UPDATE {rows} r SET gone = NULL FROM wanted w WHERE r.id = w.id AND r.gone IS NOT NULL"
_GONE: LiteralString = (
    "UPDATE {rows} r SET gone = %s WHERE gone IS NULL AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = r.id)"
)


def staged(connection: Connection[Any], space: Space, upload: Upload) -> tuple[Ids, list[int]]:
    """List the chunks of a build; return the id of each, and the rows of those that have to be sent."""
    connection.execute(_WANTED)
    _list(connection, upload)
    with connection.transaction():
        for statement in (_HELD, _NEW, *_COPIES):
            connection.execute(space.sql(statement))
    found = connection.execute(space.sql(_IDS)).fetchall()
    ids = np.array([number for number, _ in found], dtype=np.int64)
    return ids, [row for row, (_, is_held) in enumerate(found) if not is_held]


def next_generation(connection: Connection[Any], space: Space) -> int:
    """Make the listed chunks the next generation, in one transaction; return its number."""
    with connection.transaction():
        made = connection.execute(
            "INSERT INTO citedesk_index.snapshots (space, chunks) SELECT %s, count(*) FROM wanted RETURNING generation",
            (space.number,),
        ).fetchone()
        generation = int(made[0]) if made else 0
        connection.execute(space.sql(_BACK))
        connection.execute(space.sql(_GONE), (generation,))
    return generation


def _list(connection: Connection[Any], upload: Upload) -> None:
    content = upload.content
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for row, (chunk, key, text_hash, groups) in enumerate(
            zip(content.chunks, upload.keys, content.hashes, upload.groups, strict=True)
        ):
            texts = stored(chunk.chunk_id), list(map(stored, chunk.heading_path)), stored(chunk.anchor)
            copy.write_row((row, key, text_hash, sorted(map(stored, groups)), *texts))
    connection.execute("CREATE INDEX ON wanted (id)")
    connection.execute("ANALYZE wanted")
