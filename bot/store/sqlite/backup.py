"""Copy the file of a store while others use it, and make a copy ready to be used again."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlite_utils import Database

from bot.store.copying import TABLES, WaitingJobs
from bot.store.port import StoreError
from bot.store.sqlite.migrations import migrations

_BUSY_S = 30.0
_END = "UPDATE {} SET state = 'done', payload = NULL, lease_until = NULL, owner = NULL WHERE state = 'waiting' AND {}"
# A second try, so that the first message which is found is not posted again.
_TAKEN_UP = "UPDATE {} SET attempts = max(attempts, 1), lease_until = NULL, owner = NULL WHERE state = 'waiting'"
# Of a process: nothing of it is true when the store is used again.
_OF_THE_MOMENT = ("replicas", "sign_in_states")
_QUEUES = ("inbox", "outbox", "builds")
# Tells that a message cannot be looked for: its product has no search, or it went to a response URL. What cannot be
# read is not sent either.
_NOT_FOUND = {
    queue: "CASE WHEN json_valid(payload) THEN "  # noqa: S608 - the paths stand below
    f"coalesce(json_extract(payload, '{surface}'), '') NOT IN (SELECT value FROM json_each(:findable)) "
    f"OR coalesce(json_extract(payload, '{response_url}'), '') != '' ELSE 1 END"
    for queue, surface, response_url in (
        ("inbox", "$.where.surface", "$.response_url"),
        ("outbox", "$.surface", "$.payload.response_url"),
    )
} | {
    "builds": "1",
}


def copy_file(source: Path, target: Path) -> None:
    """Copy a database into the empty file `target`, as it is at one moment. Raises StoreError.

    Others may read and write it meanwhile: SQLite's online backup reads under one transaction.
    """
    with _opened(source, "rw") as read, _opened(target, "rw") as written:
        read.backup(written)
        # One file, which can be read where nothing can be written.
        written.execute("PRAGMA journal_mode = DELETE")


def without(file: Path, tables: Collection[str]) -> None:
    """Empty tables, so that nothing of their rows is left in the file. Raises StoreError."""
    with _opened(file, "rw") as connection:
        there = _tables(connection)
        for table in sorted(there & {*tables}):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
        connection.commit()
        connection.execute("VACUUM")


def forget_processes(file: Path) -> None:
    """Delete what tells of processes that run. Raises StoreError."""
    with _opened(file, "rw") as connection:
        for table in sorted(_tables(connection) & {*_OF_THE_MOMENT}):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608


def applied(file: Path) -> tuple[str, ...]:
    """Return the migrations that a store has gone through, in their order. Raises StoreError if it is none."""
    with _opened(file, "ro") as connection:
        rows = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY 1").fetchall()
    return tuple(str(row[0]) for row in rows)


def known() -> tuple[str, ...]:
    """Return the migrations of this release, in their order."""
    return tuple(migration.name for migration in migrations.pending(Database(memory=True)))


def row_counts(file: Path) -> Mapping[str, int]:
    """Return the number of rows by table. Raises StoreError."""
    with _opened(file, "ro") as connection:
        names = [table.name for table in TABLES if table.name in _tables(connection)]
        return {name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in names}  # noqa: S608


def waiting_counts(file: Path) -> Mapping[str, int]:
    """Return the number of waiting jobs by queue. Raises StoreError."""
    with _opened(file, "ro") as connection:
        there = [queue for queue in _QUEUES if queue in _tables(connection)]
        return {queue: _waiting(connection, queue) for queue in there}


def require_whole(file: Path) -> None:
    """Raise StoreError if SQLite finds a fault in a file."""
    with _opened(file, "ro") as connection:
        found = connection.execute("PRAGMA quick_check").fetchone()
    if found != ("ok",):
        raise StoreError(f"{file.name} is damaged: {found[0] if found else 'unreadable'}")


def require_unused(file: Path) -> None:
    """Raise StoreError if a process has the store open. A process that was killed has not."""
    try:
        with closing(sqlite3.connect(_uri(file, "rw"), uri=True, timeout=0.5)) as connection:
            # Possible only while nobody else has the file open.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise StoreError(f"the store {file} is in use: stop the bot first ({error})") from error
    except sqlite3.DatabaseError:
        # It is no store, so no bot runs with it.
        return


def settled(file: Path, what: WaitingJobs, findable: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Decide on jobs that waited when the backup was made. Return (kept, ended) by queue. Raises StoreError.

    The bot may have done them since. `send` keeps all, `drop` ends all, and `check` keeps those of the products in
    `findable`, where the bot looks for a message before it posts it a second time. Ended jobs keep their keys, so a
    redelivered event does not bring them back.
    """
    values = {"findable": json.dumps(sorted(findable))}
    kept: dict[str, tuple[int, int]] = {}
    with _opened(file, "rw") as connection, connection:
        for queue in _QUEUES:
            before = _waiting(connection, queue)
            if what != "send":
                connection.execute(_END.format(queue, "1" if what == "drop" else _NOT_FOUND[queue]), values)
            connection.execute(_TAKEN_UP.format(queue))
            after = _waiting(connection, queue)
            kept[queue] = (after, before - after)
    return kept


@contextmanager
def _opened(file: Path, mode: Literal["ro", "rw"]) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(_uri(file, mode), uri=True, timeout=_BUSY_S)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            yield connection
            connection.commit()
    except sqlite3.Error as error:
        raise StoreError(f"the store {file} cannot be read or copied: {error}") from error


def _uri(file: Path, mode: str) -> str:
    # Nobody writes to a file of a backup, so reading it needs no file beside it.
    return f"file:{quote(str(file.absolute()))}?mode={mode}{'&immutable=1' if mode == 'ro' else ''}"


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _waiting(connection: sqlite3.Connection, queue: str) -> int:
    row: Sequence[int] = connection.execute(f"SELECT count(*) FROM {queue} WHERE state = 'waiting'").fetchone()  # noqa: S608
    return row[0]
