"""One SQLite file and the one thread that talks to it. Work that waits at the same time shares a commit."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlite_utils

from bot.store.sqlite.migrations import migrations
from index.errors import CitedeskError

T = TypeVar("T")
Connection = sqlite3.Connection
_BUSY_S = 5.0
# A burst of events is written a hundred to a commit: each commit waits for the disk.
_BATCH = 100


class StoreError(CitedeskError):
    """The store's file cannot be opened, is not ours, or is closed."""

    code = "STORE_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[Connection], Any]
    result: "Future[Any]"


class Database:
    """Runs functions of a connection, one after the other, each all or nothing."""

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._now = now
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._connection: Connection
        self._closed = True

    async def open(self) -> Self:
        """Open the file, creating or migrating it. Raises StoreError."""
        self._connection = await asyncio.to_thread(self._connect)
        self._closed = False
        self._thread.start()
        return self

    async def close(self) -> None:
        """Finish what waits and close the file."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once it is on disk; if it raises, nothing of it is."""
        if self._closed:
            raise StoreError("the store is closed")
        result: Future[T] = Future()
        self._waiting.put(_Work(work, result))
        return await asyncio.wrap_future(result)

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query."""
        return await self.run(lambda connection: connection.execute(sql, values).fetchall())

    async def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        return await self.run(lambda connection: connection.execute(sql, values).rowcount)

    def stamp(self, seconds: float = 0.0) -> str:
        """Return the time `seconds` from now, as text that sorts by time."""
        return datetime.fromtimestamp(self._now().timestamp() + seconds, UTC).isoformat(timespec="microseconds")

    def _connect(self) -> Connection:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._file, timeout=_BUSY_S, check_same_thread=False)
            database = sqlite_utils.Database(connection)
            database.enable_wal()
            # Foreign keys are checked only after the migrations: a rebuilt table is missing for a moment.
            migrations.apply(database)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.isolation_level = None
            self._file.chmod(0o600)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreError(f"the store {self._file} cannot be opened: {error}") from error
        return connection

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first, *self._at_hand()]
            self._commit([work for work in batch if work and work.result.set_running_or_notify_cancel()])
            if batch[-1] is None:
                break
        self._connection.close()

    def _at_hand(self) -> list[_Work | None]:
        found: list[_Work | None] = []
        while len(found) < _BATCH - 1 and (not found or found[-1] is not None):
            try:
                found.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return found

    def _commit(self, batch: Sequence[_Work]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            done = [(work, self._apart(work)) for work in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for work in batch:
                work.result.set_exception(error)
            return
        for work, (value, problem) in done:
            work.result.set_exception(problem) if problem else work.result.set_result(value)

    def _apart(self, work: _Work) -> tuple[Any, Exception | None]:
        """Run one piece so that its failure undoes itself and nothing else."""
        self._connection.execute("SAVEPOINT piece")
        try:
            value = work.run(self._connection)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            self._connection.execute("ROLLBACK TO piece")
            return None, error
        finally:
            self._connection.execute("RELEASE piece")
        return value, None
