"""One SQLite file and the thread that uses it. Statements that wait at the same time share a commit."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import sqlite_utils

from bot.store.outage import Outage
from bot.store.port import StoreError, StoreUnavailableError
from bot.store.sqlite.migrations import migrations

_BUSY_S = 5.0
# Statements per commit, at most. Each commit waits for the disk, so a burst of events shares commits.
_BATCH = 100
# A transaction without a statement for this long is rolled back, because other writers wait for it. Shorter than
# `_BUSY_S`, so that another process is not refused meanwhile.
_IDLE_S = 3.0
# Codes of errors that are no fault of a statement: the disk, the file, or another process is.
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY,
    }
)  # fmt: skip
_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


class Executor(Protocol):
    """Runs statements, each by itself (`Database`) or inside a transaction (`Transaction`). Raises StoreError."""

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a statement."""

    async def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed."""

    async def write_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each of `values`."""

    def stamp(self, seconds: float = 0.0) -> str:
        """Return the time `seconds` from now, as text that sorts by time."""


_Run = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True, slots=True)
class _Work:
    run: _Run
    result: "Future[Any]" = field(default_factory=Future)


class _Statements:
    """Implements `Executor` on top of `_do`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a statement."""
        found: list[Any] = await self._do(lambda connection: connection.execute(sql, values).fetchall())
        return found

    async def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed."""
        return int(await self._do(lambda connection: connection.execute(sql, values).rowcount))

    async def write_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each of `values`."""
        await self._do(lambda connection: connection.executemany(sql, values))

    def stamp(self, seconds: float = 0.0) -> str:
        """Return the time `seconds` from now, as text that sorts by time."""
        return datetime.fromtimestamp(self._now().timestamp() + seconds, UTC).isoformat(timespec="microseconds")

    async def _do(self, run: _Run) -> Any:  # noqa: ANN401 - what `run` returns
        raise NotImplementedError


class Database(_Statements):
    """The file. Each statement is a transaction of its own; `transaction` joins several."""

    def __init__(
        self,
        file: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        idle_s: float = _IDLE_S,
        busy_s: float = _BUSY_S,
    ) -> None:
        super().__init__(now)
        self._file, self._idle_s, self._busy_s = file, idle_s, busy_s
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._connection: sqlite3.Connection
        self._closed = True
        self._outage = Outage(str(file))

    async def open(self) -> Self:
        """Open the file, creating or migrating it. Raises StoreError."""
        self._connection = await asyncio.to_thread(self._connect)
        self._closed = False
        self._thread.start()
        return self

    async def close(self) -> None:
        """Finish waiting statements and close the file."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[Transaction]":
        """Yield an executor whose statements are committed together, or rolled back if the body raises."""
        transaction = Transaction(self._now, self._idle_s)
        ended = self._submit(transaction.serve)
        # However the thread ends with the transaction, a statement that still waits must hear of it.
        ended.add_done_callback(lambda _: transaction.refuse_statements())
        token = _in_transaction.set(True)
        try:
            yield transaction
        except BaseException:
            transaction.end(commit=False)
            # A transaction that still waits for the thread is not begun at all.
            ended.cancel()
            raise
        finally:
            _in_transaction.reset(token)
        transaction.end(commit=True)
        await _result(ended)

    async def _do(self, run: _Run) -> Any:  # noqa: ANN401 - what `run` returns
        return await _result(self._submit(run))

    def _submit(self, run: _Run) -> "Future[Any]":
        if self._closed:
            raise StoreError("the store is closed")
        if _in_transaction.get():
            raise StoreError("inside a transaction only the transaction may be used")
        work = _Work(run)
        self._waiting.put(work)
        return work.result

    def _connect(self) -> sqlite3.Connection:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # SQLite gives `-wal` and `-shm` the permissions of this file, so it has them before anything is written.
            if not self._file.exists():
                self._file.touch(mode=0o600)
            connection = sqlite3.connect(self._file, timeout=self._busy_s, check_same_thread=False)
            # What is deleted is overwritten: a text that is purged or forgotten is not left in free parts of the file.
            connection.execute("PRAGMA secure_delete = ON")
            database = sqlite_utils.Database(connection)
            database.enable_wal()
            # Foreign keys are switched on after the migrations, because a migration may drop and rebuild a table.
            migrations.apply(database)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.isolation_level = None
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreError(f"the store {self._file} cannot be opened: {error}") from error
        return connection

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first, *self._also_waiting()]
            self._commit([work for work in batch if work and work.result.set_running_or_notify_cancel()])
            if batch[-1] is None:
                break
        self._connection.close()

    def _also_waiting(self) -> list[_Work | None]:
        found: list[_Work | None] = []
        while len(found) < _BATCH - 1 and (not found or found[-1] is not None):
            try:
                found.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return found

    def _commit(self, batch: Sequence[_Work]) -> None:
        before = self._connection.total_changes
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            done = [(work, _in_savepoint(self._connection, work.run)) for work in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            self._note(error)
            for work in batch:
                work.result.set_exception(error)
            return
        if self._connection.total_changes > before:
            self._outage.wrote()
        for work, (value, problem) in done:
            self._note(problem)
            work.result.set_exception(problem) if problem else work.result.set_result(value)

    def _undo(self) -> None:
        # An error here must not end the thread: the next batch undoes it again.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _note(self, problem: Exception | None) -> None:
        if problem and _is_unavailable(problem):
            self._outage.failed(str(problem))


class _RolledBackError(Exception):
    """The body of a transaction raised. The caller gets the error of the body, not this one."""


class Transaction(_Statements):
    """Statements that are committed together. The store's thread serves them until the transaction ends."""

    # Nobody else writes while a transaction runs.
    locked = ""

    def __init__(self, now: Callable[[], datetime], idle_s: float) -> None:
        super().__init__(now)
        self._idle_s = idle_s
        self._statements: queue.SimpleQueue[_Work | bool] = queue.SimpleQueue()
        self._lock = threading.Lock()
        # Set when the transaction takes no further statement.
        self.ended = threading.Event()

    def end(self, *, commit: bool) -> None:
        """End the transaction: the store's thread commits it or rolls it back, and goes on."""
        with self._lock:
            self.ended.set()
            self._statements.put(commit)

    def refuse_statements(self) -> None:
        """Take no further statement; those that nobody will run raise StoreError where they are awaited."""
        with self._lock:
            self.ended.set()
            while not self._statements.empty():
                work = self._statements.get_nowait()
                if not isinstance(work, bool) and work.result.set_running_or_notify_cancel():
                    work.result.set_exception(StoreError("the transaction has ended"))

    def serve(self, connection: sqlite3.Connection) -> None:
        """Run the statements as they come. Raises StoreError if none comes for `idle_s` seconds."""
        try:
            while not isinstance(work := self._statements.get(timeout=self._idle_s), bool):
                if work.result.set_running_or_notify_cancel():
                    _run_into(work, connection)
        except queue.Empty:
            raise StoreError(f"a transaction was idle for {self._idle_s:g} s and is rolled back") from None
        if not work:
            raise _RolledBackError

    async def _do(self, run: _Run) -> Any:  # noqa: ANN401 - what `run` returns
        work = _Work(run)
        with self._lock:
            if self.ended.is_set():
                raise StoreError("the transaction has ended")
            self._statements.put(work)
        return await _result(work.result)


def _run_into(work: _Work, connection: sqlite3.Connection) -> None:
    """Run a statement of a transaction. Raises sqlite3.Error if SQLite has undone the whole transaction."""
    try:
        value, problem = _in_savepoint(connection, work.run)
    except sqlite3.Error as error:
        # With a full disk SQLite rolls back everything, savepoints included.
        work.result.set_exception(error)
        raise
    work.result.set_exception(problem) if problem else work.result.set_result(value)


async def _result(future: "Future[Any]") -> Any:  # noqa: ANN401 - what the statement returns
    try:
        return await asyncio.wrap_future(future)
    except (sqlite3.Error, UnicodeEncodeError) as error:
        kind = StoreUnavailableError if _is_unavailable(error) else StoreError
        raise kind(f"the store failed: {error}") from error


def _is_unavailable(error: Exception) -> bool:
    """Tell whether the store cannot be written now, whatever the statement. The low byte of a code is its kind."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNAVAILABLE


def _in_savepoint(connection: sqlite3.Connection, run: _Run) -> tuple[Any, Exception | None]:
    """Run one unit of work in a savepoint; return its value, or its error after undoing this unit alone."""
    connection.execute("SAVEPOINT piece")
    try:
        value = run(connection)
    except Exception as error:
        if not connection.in_transaction:
            # With a full disk SQLite has undone the whole transaction, savepoints included.
            raise
        connection.execute("ROLLBACK TO piece")
        connection.execute("RELEASE piece")
        return None, error
    connection.execute("RELEASE piece")
    return value, None
