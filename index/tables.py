"""The SQLite file of a snapshot: documents, who may read them, chunks, full-text search."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from index.chunking import Chunk
from index.documents import Document

_SCHEMA = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, url TEXT
) STRICT;
CREATE TABLE document_groups (
    group_name TEXT NOT NULL, document INTEGER NOT NULL REFERENCES documents(id),
    PRIMARY KEY (group_name, document)
) STRICT, WITHOUT ROWID;
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, document INTEGER NOT NULL REFERENCES documents(id),
    heading_path TEXT NOT NULL, text TEXT NOT NULL, embedding_hash TEXT NOT NULL
) STRICT;
CREATE INDEX chunks_by_document ON chunks(document);
CREATE VIRTUAL TABLE chunk_words USING fts5(
    title, heading, text, content='', tokenize='porter unicode61 remove_diacritics 2'
);
"""


def write(file: Path, documents: Sequence[Document], chunks: Sequence[Chunk], hashes: Sequence[str]) -> None:
    """Create `file`; the id of a chunk is its row in the vector index."""
    numbers = {document.document_id: number for number, document in enumerate(documents)}
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO documents VALUES (?, ?, ?, ?)",
            [(numbers[d.document_id], d.document_id, d.title, d.url) for d in documents],
        )
        connection.executemany(
            "INSERT INTO document_groups VALUES (?, ?)",
            [(group, numbers[d.document_id]) for d in documents for group in sorted(d.groups)],
        )
        connection.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row, c.chunk_id, numbers[c.document_id], json.dumps(c.heading_path), c.text, key)
                for row, (c, key) in enumerate(zip(chunks, hashes, strict=True))
            ],
        )
        connection.executemany(
            "INSERT INTO chunk_words (rowid, title, heading, text) VALUES (?, ?, ?, ?)",
            [(row, c.heading_path[0], " ".join(c.heading_path[1:]), c.text) for row, c in enumerate(chunks)],
        )
        connection.commit()
        connection.execute("VACUUM")


def open_read_only(file: Path) -> sqlite3.Connection:
    """Open a snapshot's tables; the file never changes, so no lock is taken."""
    connection = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    return connection
