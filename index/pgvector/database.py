"""The connections of a process to the database of the index. What psycopg raises becomes IndexUnavailableError."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pgvector.psycopg import register_vector
from psycopg import Connection, Error, OperationalError, ProgrammingError, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import QueryCanceled
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from index.errors import IndexUnavailableError, SettingsError
from index.pgvector import id_arrays, schema

# How long a server that does not answer is waited for, where the URL says nothing about it.
_CONNECTION = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "application_name": "citedesk index",
}
_WAIT_S, _STATEMENT_MS = 2.0, 5_000
# For how long nobody tries again after the database did not answer: questions would wait for it one after another.
_AWAY_S = 1.0
Statement = tuple[sql.Composed, Sequence[Any]]
Rows = list[tuple[Any, ...]]


class Database:
    """The database of an index. Safe to share between threads."""

    def __init__(self, url: str, connections: int = 4) -> None:
        """Name the database; the first read connects. At most `connections` are open at once.

        Raises SettingsError if the URL is wrong.
        """
        self._url, self._options = url, _options(url)
        self._lock = threading.Lock()
        self._connections = connections
        self._pool: ConnectionPool[Connection[Any]] | None = None
        self._away_until, self._away_reason = 0.0, ""

    def read(self, *statements: Statement, settings: Sequence[tuple[str, str]] = ()) -> list[Rows]:
        """Return the rows of each statement, all of one transaction, with these settings.

        It is sent in one piece, and once more if the connection turns out to be broken.
        """
        self._refuse_while_away()
        try:
            found = self._read_twice(statements, settings)
        except Error as error:
            raise self._unavailable(error) from error
        self._away_until = 0.0
        return found

    @contextmanager
    def connected(self) -> Iterator[Connection[Any]]:
        """Yield a connection of its own for a build, with the tables up to date.

        It has no time limits; each statement is a transaction.
        """
        try:
            with Connection.connect(self._url, autocommit=True, **self._options) as connection:
                schema.migrate(connection)
                _configure(connection)
                yield connection
        except Error as error:
            raise IndexUnavailableError(f"the database of the index failed: {reason(error)}") from error

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
            self._pool = None

    def _read_twice(self, statements: Sequence[Statement], settings: Sequence[tuple[str, str]]) -> list[Rows]:
        try:
            return self._read(statements, settings)
        except (PoolTimeout, QueryCanceled):
            raise
        except OperationalError:
            # After a restart of the database all connections of the pool are broken.
            self._opened().check()
            return self._read(statements, settings)

    def _read(self, statements: Sequence[Statement], settings: Sequence[tuple[str, str]]) -> list[Rows]:
        with self._opened().connection() as connection:
            with connection.pipeline(), connection.transaction():
                cursors = [connection.cursor(binary=True) for _ in statements]
                _set(connection, [("statement_timeout", str(_STATEMENT_MS)), *settings])
                for cursor, (statement, values) in zip(cursors, statements, strict=True):
                    cursor.execute(statement, values)
            return [cursor.fetchall() for cursor in cursors]

    def _opened(self) -> ConnectionPool[Connection[Any]]:
        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self._url,
                    kwargs={"autocommit": True, **self._options},
                    min_size=0,
                    max_size=self._connections,
                    timeout=_WAIT_S,
                    # Later tries come from later reads. The pool's own would come ever more seldom.
                    reconnect_timeout=_WAIT_S,
                    configure=_configure,
                    open=True,
                )
            return self._pool

    def _refuse_while_away(self) -> None:
        """Raise IndexUnavailableError if the database did not answer just now. After a second one read tries again."""
        with self._lock:
            now = time.monotonic()
            if now < self._away_until:
                raise IndexUnavailableError(self._away_reason)
            if self._away_until:
                self._away_until = now + _WAIT_S

    def _unavailable(self, error: Error) -> IndexUnavailableError:
        words = f"the database of the index does not answer: {reason(error)}"
        if isinstance(error, OperationalError) and not isinstance(error, (PoolClosed, QueryCanceled)):
            self._away_reason, self._away_until = words, time.monotonic() + _AWAY_S
        return IndexUnavailableError(words)


def reason(error: Error) -> str:
    """Return what went wrong, without the values of a statement."""
    first = error.diag.message_primary or next(iter(str(error).splitlines()), "")
    return first[:200] or type(error).__name__


def _options(url: str) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        # What libpq says repeats a part of the address, which holds a password.
        words = "PostgreSQL's client cannot read it: are its parameters right?"
        raise SettingsError(f"setting index.database_url, or store.url in its place: {words}") from None
    return {name: value for name, value in _CONNECTION.items() if name not in given}


def _configure(connection: Connection[Any]) -> None:
    register_vector(connection)
    id_arrays.register(connection)


def _set(connection: Connection[Any], settings: Sequence[tuple[str, str]]) -> None:
    """Set what holds until the end of the transaction: a pooler may give the connection to others then."""
    calls = sql.SQL(", ").join(sql.SQL("set_config(%s, %s, true)") for _ in settings)
    connection.execute(sql.SQL("SELECT {}").format(calls), [part for setting in settings for part in setting])
