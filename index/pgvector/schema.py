"""The tables of the index in PostgreSQL. They have a schema of their own, `citedesk_index`.

Chunks of each embedding model have tables of their own, numbered by its space:

rows_N       id, the key that tells a chunk and its readers from all others, the hash of its text, and the generation
             that no longer holds it
vectors_N    id, the groups that may read it, and the vector, with an HNSW index
contents_N   id, the vector in bytes, the tokens, and the text

A row of the three never changes but for its generation. It is in a snapshot if the snapshot's own file lists its id, so
what a build adds is seen by nobody before the snapshot is published.
"""

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from index.errors import IndexUnavailableError

SCHEMA = "citedesk_index"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('citedesk index migrations', 0))"
# The first version that goes on reading its index until enough rows pass the filter.
_OLDEST = (0, 8)

_FIRST_TABLES: LiteralString = """
CREATE TABLE citedesk_index.spaces (
    space integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, embedder text NOT NULL UNIQUE, dimensions integer NOT NULL
);
CREATE TABLE citedesk_index.snapshots (
    generation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space integer NOT NULL REFERENCES citedesk_index.spaces, chunks bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE SEQUENCE citedesk_index.row_ids;
"""
_MIGRATIONS: dict[str, LiteralString] = {"001_first_tables": _FIRST_TABLES}

# Tokens look random, so compressing them would only cost time.
_SPACE: LiteralString = """
CREATE TABLE {rows} (id bigint PRIMARY KEY, key bytea NOT NULL UNIQUE, text_hash bytea NOT NULL, gone bigint);
CREATE INDEX ON {rows} (text_hash);
CREATE INDEX ON {rows} (gone) WHERE gone IS NOT NULL;
CREATE TABLE {vectors} (id bigint PRIMARY KEY, groups text[] NOT NULL, vector halfvec({dimensions}) NOT NULL);
CREATE TABLE {contents} (
    id bigint PRIMARY KEY, codes bytea STORAGE EXTERNAL NOT NULL, scale real NOT NULL,
    tokens bytea STORAGE EXTERNAL NOT NULL, pieces bytea STORAGE EXTERNAL NOT NULL,
    chunk_id text COLLATE "C" NOT NULL, heading_path text[] NOT NULL, anchor text NOT NULL, text text NOT NULL
);
CREATE INDEX ON {contents} (chunk_id);
"""


@dataclass(frozen=True, slots=True)
class Space:
    """The tables of the chunks of one embedding model."""

    number: int
    dimensions: int

    def sql(self, template: LiteralString) -> Composed:
        """Return a statement in which {rows}, {vectors} and {contents} stand for the names of the tables."""
        names = {name: Identifier(SCHEMA, f"{name}_{self.number}") for name in ("rows", "vectors", "contents")}
        return SQL(template).format(
            **names, dimensions=Literal(self.dimensions), hnsw=Identifier(f"vectors_{self.number}_hnsw")
        )


def migrate(connection: Connection[Any]) -> None:
    """Bring the tables up to date. Of several processes that start at once, one does it.

    Raises IndexUnavailableError if pgvector is too old.
    """
    with connection.transaction():
        connection.execute(_LOCK)
        connection.execute("CREATE SCHEMA IF NOT EXISTS citedesk_index")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        _require_version(connection)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS citedesk_index.migrations "
            "(name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        done = {name for (name,) in connection.execute("SELECT name FROM citedesk_index.migrations")}
        for name, statements in _MIGRATIONS.items():
            if name not in done:
                connection.execute(statements)
                connection.execute("INSERT INTO citedesk_index.migrations (name) VALUES (%s)", (name,))


def space_of(connection: Connection[Any], embedder: str, dimensions: int) -> Space:
    """Return the tables for the chunks of an embedding model; they are created on first use."""
    with connection.transaction():
        connection.execute(_LOCK)
        found = connection.execute(
            "SELECT space FROM citedesk_index.spaces WHERE embedder = %s", (embedder,)
        ).fetchone()
        if found:
            return Space(found[0], dimensions)
        made = connection.execute(
            "INSERT INTO citedesk_index.spaces (embedder, dimensions) VALUES (%s, %s) RETURNING space",
            (embedder, dimensions),
        ).fetchone()
        space = Space(made[0] if made else 0, dimensions)
        connection.execute(space.sql(_SPACE))
        return space


def _require_version(connection: Connection[Any]) -> None:
    found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    version = found[0] if found else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise IndexUnavailableError(f"the database has pgvector {version}; update it to 0.8 or later")
