"""Snapshots in PostgreSQL with pgvector: written by builds, opened by searches."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, LiteralString

import structlog
from psycopg import Connection
from psycopg.sql import SQL

from index.chunks import Chunk
from index.embedding.model import OnnxEmbedder
from index.errors import BuildRunningError, IndexUnavailableError
from index.parts import SearchParts
from index.pgvector import local_files, pruning, staging
from index.pgvector.candidates import PLAN_RULES, PgvectorCandidates, PlanRules
from index.pgvector.chunk_rows import PgvectorRows
from index.pgvector.contents import Contents, Text, missing_error
from index.pgvector.database import Database
from index.pgvector.local_files import Generation, RowIds, generation_of
from index.pgvector.schema import space_of
from index.pgvector.sending import send
from index.pgvector.upload import Upload
from index.retrieval import Manifest
from index.snapshot import DATABASE
from index.snapshot_writing import Content, Progress, Reusable

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('citedesk index build', 0))"
# For how long a snapshot stays that no folder here holds: other processes may still serve it.
_KEPT_S = 3600.0
_HELD: LiteralString = "SELECT 1 FROM citedesk_index.snapshots WHERE generation = %s"
_VERSION: LiteralString = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
_AT_ONCE = 2048
_log = structlog.get_logger(__name__)


class PgvectorSnapshots:
    """The snapshots whose vectors, tokens and texts are in one database. Safe to share between threads."""

    def __init__(self, database: Database, rules: PlanRules = PLAN_RULES, kept_s: float = _KEPT_S) -> None:
        """Name the database; the first use connects."""
        self._database, self._rules, self._kept_s = database, rules, kept_s

    def opened(self, folder: Path, manifest: Manifest) -> SearchParts:  # noqa: ARG002 - as for files
        """Return what a search reads of the snapshot in `folder`."""
        generation, contents = self._contents(folder)
        candidates = PgvectorCandidates(self._database, generation, contents, self._rules)
        # SQLite, numpy and the pool serve threads side by side. A search that waits for the database holds up no other.
        return SearchParts(PgvectorRows(folder, contents), candidates, candidates, nullcontext())

    def write(
        self, draft: Path, content: Content, embedder: OnnxEmbedder, reusable: Reusable, progress: Progress
    ) -> int:
        """Bring the chunks of a build into the database; write where they are, and return how many were embedded."""
        with self._building() as connection:
            space = space_of(connection, embedder.name, embedder.dimensions)
            upload = Upload(content, embedder, reusable, progress)
            ids, fresh = staging.staged(connection, space, upload)
            send(connection, space, upload, fresh, ids)
            number = staging.next_generation(connection, space)
        made = Generation(generation=number, space=space.number, dimensions=space.dimensions)
        local_files.write(draft, made, ids)
        return sum(content.hashes[row] not in reusable.rows for row in fresh)

    def chunks(self, folder: Path) -> Callable[[str, range], tuple[Chunk, ...]]:
        """Return what reads the chunks of a document of the snapshot in `folder`, from its id and rows."""
        _, contents = self._contents(folder)
        texts = _TextsInOrder(contents, len(contents.ids.ids))
        return lambda document_id, span: tuple(
            Chunk(text.chunk_id, document_id, text.heading_path, text.text, text.anchor) for text in texts.of(span)
        )

    def prune(self, folders: Sequence[Path]) -> None:
        """Delete what none of the snapshots in `folders` holds, unless it was made within the last hour."""
        kept = [generation_of(folder).generation for folder in folders if (folder / DATABASE).is_file()]
        try:
            with self._building() as connection:
                pruning.prune(connection, kept, self._kept_s)
        except (IndexUnavailableError, BuildRunningError) as error:
            _log.warning("index_not_pruned", reason=str(error))

    def described(self, folder: Path) -> str:
        """Return where the snapshot in `folder` has its vectors, in words for an operator.

        Raises IndexUnavailableError if the database does not answer or does not hold it.
        """
        generation = generation_of(folder)
        held = SQL(_HELD).format(), [generation.generation]
        found, version = self._database.read(held, (SQL(_VERSION).format(), []))
        if not found:
            raise missing_error()
        return f"vectors, tokens and texts in PostgreSQL (pgvector {version[0][0]}), generation {generation.generation}"

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def _contents(self, folder: Path) -> tuple[Generation, Contents]:
        generation = generation_of(folder)
        return generation, Contents(self._database, generation, RowIds.of(folder))

    @contextmanager
    def _building(self) -> Iterator[Connection[Any]]:
        """Yield a connection while no other process writes. Raises BuildRunningError if one does."""
        with self._database.connected() as connection:
            found = connection.execute(_LOCK).fetchone()
            if not found or not found[0]:
                raise BuildRunningError(
                    "another build of the index in this database is running; try again when it has ended"
                )
            yield connection


class _TextsInOrder:
    """The texts of a snapshot, read ahead: a build asks for documents in their order."""

    def __init__(self, contents: Contents, count: int) -> None:
        self._contents, self._count = contents, count
        self._start, self._texts = 0, list[Text]()

    def of(self, span: range) -> list[Text]:
        """Return the texts of these rows."""
        if not (self._start <= span.start and span.stop <= self._start + len(self._texts)):
            stop = min(max(span.stop, span.start + _AT_ONCE), self._count)
            self._start, self._texts = span.start, self._contents.texts(range(span.start, stop))
        return self._texts[span.start - self._start : span.stop - self._start]
