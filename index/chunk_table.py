"""The chunks of one snapshot in its SQLite tables: which rows a search may see, and the chunk in a row."""

import json
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import snapshot_tables
from index.access import matches
from index.readable import Readable, Rows
from index.retrieval import RetrievedChunk
from index.snapshot import CHUNKS
from index.snapshot_tables import DOCUMENT_STARTS

_CHUNKS_KEPT, _GROUPS_KEPT, _PATTERNS_KEPT = 4096, 256, 16
_MATCHES = "document_matches"
# Words without digits or underscores: no codes, versions and identifiers.
_SPELLED = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may see: documents of these groups whose id matches one of the patterns, or any id without them."""

    groups: frozenset[str]
    within: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The query from `FROM chunks c` on, with a question mark for each of `values`."""
        marks = ",".join("?" * len(self.groups))
        patterns = " OR ".join(f"{_MATCHES}(d.document_id, ?)" for _ in self.within)
        return (
            "FROM chunks c JOIN document_groups g ON g.document = c.document JOIN documents d ON d.id = c.document "
            f"WHERE g.group_name IN ({marks}){f' AND ({patterns})' if patterns else ''}"
        )

    @property
    def values(self) -> tuple[str, ...]:
        """The values for the question marks of `sql`."""
        return (*sorted(self.groups), *self.within)


class ChunkRows:
    """The table of chunks of one snapshot. Its connection serves one thread at a time."""

    def __init__(self, folder: Path) -> None:
        file = folder / CHUNKS
        self.connection = _opened(file)
        # Opened now, because the file may be deleted while a search of this snapshot runs.
        self._reading, self._reads = _opened(file), threading.Lock()
        self._starts: NDArray[np.int32] = np.asarray(np.load(folder / DOCUMENT_STARTS, mmap_mode="r"))
        self.chunk = lru_cache(maxsize=_CHUNKS_KEPT)(self._read)
        self._of_group = lru_cache(maxsize=_GROUPS_KEPT)(self._read_group)
        self._of_patterns = lru_cache(maxsize=_PATTERNS_KEPT)(self._read_patterns)

    def documents(self, rows: Rows) -> NDArray[np.int32]:
        """Return int32[rows]: the document of each row. A document's chunks are next to each other."""
        sought = np.asarray(rows, dtype=self._starts.dtype)
        return (np.searchsorted(self._starts, sought, side="right") - 1).astype(np.int32)

    def readable(self, scope: Scope) -> Readable:
        """Return the chunks that a search of this scope may see.

        It takes time and memory for a moment that grow with the index: 20 ms and 10 MB for 10 million chunks.
        """
        documents = np.zeros(len(self._starts) - 1, dtype=np.bool_)
        for group in scope.groups:
            documents[self._of_group(group)] = True
        if scope.within:
            documents &= self._of_patterns(scope.within)
        return Readable.of(np.repeat(documents, np.diff(self._starts)), scope.groups)

    def _read_group(self, group: str) -> NDArray[np.int32]:
        found = self.connection.execute("SELECT document FROM document_groups WHERE group_name = ?", (group,))
        return np.fromiter((document for (document,) in found), dtype=np.int32)

    def _read_patterns(self, within: tuple[str, ...]) -> NDArray[np.bool_]:
        found = self.connection.execute("SELECT document_id FROM documents ORDER BY id")
        return np.fromiter((matches(document_id, within) for (document_id,) in found), dtype=np.bool_)

    def words(self, scope: Scope) -> dict[str, int]:
        """Return the words of the documents of this scope, in lower case, with the number of documents that hold each.

        Reads every chunk, over a connection of its own: searches go on meanwhile.
        """
        counts: Counter[str] = Counter()
        with self._reads:
            rows = self._reading.execute(
                f"SELECT DISTINCT c.document, c.heading_path, c.text {scope.sql} ORDER BY c.document", scope.values
            )
            for _, chunks in groupby(rows, key=itemgetter(0)):
                counts.update({word for _, path, text in chunks for word in spelled(" ".join(json.loads(path)), text)})
        return dict(counts)

    def of_ids(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that the snapshot holds, by id."""
        marks = ",".join("?" * len(chunk_ids))
        rows = self.connection.execute(
            f"SELECT id FROM chunks WHERE chunk_id IN ({marks})",  # noqa: S608
            sorted(chunk_ids),
        ).fetchall()
        return {chunk.chunk_id: chunk for (row,) in rows for chunk in [self.chunk(row)]}

    def of_document(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if the snapshot does not hold it."""
        return tuple(map(self.chunk, self.rows_of(document_id)))

    def document(self, number: int) -> "DocumentRow":
        """Return what the table of documents holds of one."""
        document_id, title, url, updated, groups = self.connection.execute(
            "SELECT document_id, title, url, updated, "
            "(SELECT json_group_array(group_name) FROM document_groups WHERE document = id) "
            "FROM documents WHERE id = ?",
            (number,),
        ).fetchone()
        return DocumentRow(document_id, title, url, updated, frozenset(json.loads(groups)))

    def rows_of(self, document_id: str) -> range:
        """Return the rows of a document's chunks; none if the snapshot does not hold it."""
        found = self.connection.execute("SELECT id FROM documents WHERE document_id = ?", (document_id,)).fetchone()
        return range(self._starts[found[0]], self._starts[found[0] + 1]) if found else range(0)

    def _read(self, row: int) -> RetrievedChunk:
        number, chunk_id, path, anchor, text = self.connection.execute(
            "SELECT document, chunk_id, heading_path, anchor, text FROM chunks WHERE id = ?", (row,)
        ).fetchone()
        return self.document(number).chunk(chunk_id, json.loads(path), anchor, text)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the table of documents holds it."""

    document_id: str
    title: str
    url: str | None
    updated: str | None
    groups: frozenset[str]

    def chunk(self, chunk_id: str, heading_path: Sequence[str], anchor: str, text: str) -> RetrievedChunk:
        """Return a chunk of this document."""
        return RetrievedChunk(
            chunk_id=chunk_id,
            document_id=self.document_id,
            title=self.title,
            heading=" > ".join(heading_path[1:]),
            text=text,
            url=f"{self.url}#{anchor}" if self.url and anchor and "#" not in self.url else self.url,
            score=0.0,
            groups=self.groups,
            updated=self.updated,
        )


def spelled(*texts: str) -> list[str]:
    """Return the words of texts, in lower case, as often as they stand there."""
    return [word for text in texts for word in _SPELLED.findall(text.casefold())]


def _opened(file: Path) -> sqlite3.Connection:
    connection = snapshot_tables.open_read_only(file)
    connection.create_function(_MATCHES, 2, _matches, deterministic=True)
    return connection


def _matches(document_id: str, pattern: str) -> bool:
    return matches(document_id, (pattern,))
