"""The SQLite file of a snapshot: sources, documents and their readers, chunks. `index.bm25` adds the table of words.

Beside it, `document_starts.npy`, int32[documents + 1], holds the row of each document's first chunk.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index.chunks import Chunk
from index.reading.documents import Skipped

DOCUMENT_STARTS = "document_starts.npy"
_SCHEMA = """
CREATE TABLE sources (id INTEGER PRIMARY KEY, source_id TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL) STRICT;
CREATE TABLE skipped (
    source INTEGER NOT NULL REFERENCES sources(id), document_id TEXT NOT NULL, reason TEXT NOT NULL,
    part TEXT NOT NULL
) STRICT;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, source INTEGER NOT NULL REFERENCES sources(id),
    title TEXT NOT NULL, url TEXT, content_hash TEXT NOT NULL, updated TEXT
) STRICT;
CREATE TABLE document_groups (
    group_name TEXT NOT NULL, document INTEGER NOT NULL REFERENCES documents(id),
    PRIMARY KEY (group_name, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_by_document ON document_groups(document);
CREATE INDEX documents_by_source ON documents(source);
CREATE INDEX skipped_by_source ON skipped(source);
"""
_CHUNKS = """
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, document INTEGER NOT NULL REFERENCES documents(id),
    heading_path TEXT NOT NULL, anchor TEXT NOT NULL, text TEXT NOT NULL, text_hash BLOB NOT NULL
) STRICT;
CREATE INDEX chunks_by_document ON chunks(document);
"""


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as the index keeps it. Its text is kept in its chunks only. `updated` is as in Document."""

    document_id: str
    title: str
    url: str | None
    groups: frozenset[str]
    content_hash: str
    chunks: tuple[Chunk, ...]
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class IndexedSource:
    """The documents of one source (a file, a page, an export). Sources with equal fingerprints give the same ones."""

    source_id: str
    fingerprint: str
    documents: tuple[IndexedDocument, ...]
    skipped: tuple[Skipped, ...] = ()


def write(
    folder: Path, connection: sqlite3.Connection, sources: Sequence[IndexedSource], hashes: Sequence[bytes] | None
) -> None:
    """Fill an empty database. A chunk's id is its row in the vectors; `hashes` holds the text hashes by row.

    Without hashes there is no table of chunks: a database holds their texts.
    """
    connection.executescript(_SCHEMA)
    documents = [(number, document) for number, source in enumerate(sources) for document in source.documents]
    connection.executemany(
        "INSERT INTO sources VALUES (?, ?, ?)", [(n, s.source_id, s.fingerprint) for n, s in enumerate(sources)]
    )
    connection.executemany(
        "INSERT INTO skipped VALUES (?, ?, ?, ?)",
        [(n, item.document_id, item.reason, item.part) for n, source in enumerate(sources) for item in source.skipped],
    )
    connection.executemany(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (n, d.document_id, source, d.title, d.url, d.content_hash, d.updated)
            for n, (source, d) in enumerate(documents)
        ],
    )
    connection.executemany(
        "INSERT INTO document_groups VALUES (?, ?)",
        [(group, n) for n, (_, document) in enumerate(documents) for group in sorted(document.groups)],
    )
    if hashes is not None:
        _write_chunks(connection, [document for _, document in documents], hashes)
    starts = np.cumsum([0, *(len(document.chunks) for _, document in documents)], dtype=np.int32)
    np.save(folder / DOCUMENT_STARTS, starts)


def _write_chunks(
    connection: sqlite3.Connection, documents: Sequence[IndexedDocument], hashes: Sequence[bytes]
) -> None:
    connection.executescript(_CHUNKS)
    chunks = [(number, chunk) for number, document in enumerate(documents) for chunk in document.chunks]
    connection.executemany(
        "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (row, c.chunk_id, number, json.dumps(c.heading_path, ensure_ascii=False), c.anchor, c.text, key)
            for row, ((number, c), key) in enumerate(zip(chunks, hashes, strict=True))
        ],
    )


def fingerprints(file: Path) -> dict[str, str]:
    """Return the fingerprint of each source, by source id."""
    with closing(open_read_only(file)) as connection:
        return dict(connection.execute("SELECT source_id, fingerprint FROM sources").fetchall())


def unchanged(
    file: Path, fingerprints: dict[str, str], chunks_of: Callable[[str, range], tuple[Chunk, ...]] | None = None
) -> Iterator[IndexedSource]:
    """Yield the sources of an earlier snapshot whose fingerprint, by source id, is still the same.

    `chunks_of` reads the chunks of a document, from its id and rows, where a database holds them.
    """
    starts = np.load(file.parent / DOCUMENT_STARTS)
    with closing(open_read_only(file)) as connection:
        for number, source_id, fingerprint in connection.execute("SELECT id, source_id, fingerprint FROM sources"):
            if fingerprints.get(source_id) == fingerprint:
                skipped = connection.execute(
                    "SELECT document_id, reason, part FROM skipped WHERE source = ?", (number,)
                )
                documents = tuple(
                    replace(document, chunks=chunks_of(document.document_id, range(starts[row], starts[row + 1])))
                    if chunks_of
                    else replace(document, chunks=_chunks(connection, row, document.document_id))
                    for row, document in _documents(connection, number)
                )
                yield IndexedSource(source_id, fingerprint, documents, tuple(Skipped(*row) for row in skipped))


def documents_by_group(file: Path) -> dict[str, int]:
    """Return the groups that documents name, with the number of documents of each."""
    with closing(open_read_only(file)) as connection:
        return dict(
            connection.execute("SELECT group_name, COUNT(*) FROM document_groups GROUP BY group_name").fetchall()
        )


def document_names(file: Path) -> frozenset[str]:
    """Return the names that patterns may match: ids of sources and documents, also of skipped ones, and addresses."""
    query = (
        "SELECT source_id FROM sources UNION SELECT document_id FROM documents UNION SELECT document_id FROM skipped "
        "UNION SELECT url FROM documents WHERE url IS NOT NULL"
    )
    with closing(open_read_only(file)) as connection:
        return frozenset(name for (name,) in connection.execute(query))


def groups_by_document(file: Path) -> dict[str, frozenset[str]]:
    """Return the groups that may read each document, by document id."""
    query = (
        "SELECT d.document_id, (SELECT json_group_array(group_name) FROM document_groups WHERE document = d.id) "
        "FROM documents d"
    )
    with closing(open_read_only(file)) as connection:
        return {document_id: frozenset(json.loads(groups)) for document_id, groups in connection.execute(query)}


def _documents(connection: sqlite3.Connection, source: int) -> Iterator[tuple[int, IndexedDocument]]:
    """Yield the number of each document of a source, and the document without its chunks."""
    rows = connection.execute(
        "SELECT id, document_id, title, url, content_hash, updated FROM documents WHERE source = ? ORDER BY id",
        (source,),
    )
    for number, document_id, title, url, content_hash, updated in rows:
        groups = connection.execute("SELECT group_name FROM document_groups WHERE document = ?", (number,))
        readers = frozenset(name for (name,) in groups)
        yield number, IndexedDocument(document_id, title, url, readers, content_hash, (), updated)


def _chunks(connection: sqlite3.Connection, document: int, document_id: str) -> tuple[Chunk, ...]:
    chunks = connection.execute(
        "SELECT chunk_id, heading_path, text, anchor FROM chunks WHERE document = ? ORDER BY id", (document,)
    )
    return tuple(Chunk(key, document_id, tuple(json.loads(path)), text, at) for key, path, text, at in chunks)


def open_read_only(file: Path) -> sqlite3.Connection:
    """Open a snapshot's tables. The file never changes, so SQLite takes no lock on it."""
    connection = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    return connection
