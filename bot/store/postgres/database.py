"""A PostgreSQL database and its connections. Each statement is sent alone, or inside a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from psycopg import AsyncConnection, Error, OperationalError, ProgrammingError, errors
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool

from bot.store.outage import Outage
from bot.store.port import StoreError, StoreUnavailableError
from bot.store.postgres.migrations import migrate
from bot.store.postgres.pooling import keeps_sessions
from index.errors import SettingsError

_SCHEMA = "citedesk"
# A transaction without a statement for this long is rolled back, because others wait for its rows.
_IDLE_S = 3.0
# How long a server that does not answer is waited for, where the URL says nothing about it.
_CONNECTION = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "application_name": "citedesk",
}
_POOLED = (
    "setting store.url: the pooler there gives clients another connection for each transaction, and so signals and "
    "locks are lost; name its session mode, or PostgreSQL itself"
)
# Beginnings of SQLSTATE: connection, read-only transaction, resources (a full disk is 53100), shutdown, system.
_UNAVAILABLE = ("08", "25006", "53", "57P", "58")
_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


@dataclass(frozen=True, slots=True)
class PoolRules:
    """How many connections a process has at most, and how long it waits for one and for a statement, in seconds.

    `lead_s` is the time after which a process that leads and is not heard of leads no more.
    """

    size: int = 10
    wait_s: float = 5.0
    statement_s: float = 10.0
    idle_s: float = _IDLE_S
    lead_s: float = 10.0


Values = Sequence[Any] | Mapping[str, Any]


class TakenError(StoreError):
    """A row with this key is stored already."""


class Executor(Protocol):
    """Runs statements, each by itself (`Database`) or inside a transaction (`Transaction`). Raises StoreError."""

    async def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """Return all rows of a statement."""

    async def write(self, sql: str, values: Values = ()) -> int:
        """Run a statement; return how many rows it changed."""

    async def lock(self, name: str) -> None:
        """Wait until no other transaction holds this lock, and hold it until this one ends."""


async def stamp(database: Executor) -> str:
    """Return the database's time, as the records hold times."""
    rows = await database.rows("SELECT citedesk.now()")
    return iso(rows[0][0])


def iso(time: datetime) -> str:
    """Return a time as the records hold times."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


class Database:
    """The connections to a database. Each statement is a transaction of its own; `transaction` joins several.

    `now` takes the place of the database's clock in tests.
    """

    def __init__(self, url: str, rules: PoolRules | None = None, now: Callable[[], datetime] | None = None) -> None:
        self._url, self._now = url, now
        self._rules = rules or PoolRules()
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._outage = Outage("postgresql")

    async def open(self) -> Self:
        """Connect, creating or migrating the tables. Raises StoreError, and SettingsError if the URL is unfit."""
        async with translated("the store cannot be opened"):
            if not await keeps_sessions(self._url, _options(self._url)):
                raise SettingsError(_POOLED)
            async with self.connection() as connection:
                await migrate(connection)
            rules = self._rules
            self._pool = AsyncConnectionPool(
                self._url,
                kwargs={"autocommit": True, **_options(self._url)},
                min_size=1,
                max_size=rules.size,
                timeout=rules.wait_s,
                configure=self._configure,
                check=AsyncConnectionPool.check_connection,
                open=False,
            )
            try:
                await self._pool.open(wait=True, timeout=rules.wait_s)
            except BaseException:
                await self.close()
                raise
        return self

    @property
    def is_open(self) -> bool:
        """Whether the store is open."""
        return self._pool is not None

    @property
    def lead_s(self) -> float:
        """The seconds after which a process that leads and is not heard of leads no more."""
        return self._rules.lead_s

    async def close(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool:
            await pool.close()

    async def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """Return all rows of a statement."""
        async with self._borrowed() as connection:
            return await (await connection.execute(sql, values)).fetchall()

    async def write(self, sql: str, values: Values = ()) -> int:
        """Run a statement; return how many rows it changed."""
        async with self._borrowed() as connection:
            changed = (await connection.execute(sql, values)).rowcount
        self._outage.wrote()
        return changed

    async def lock(self, name: str) -> None:
        """Hold nothing: a single statement is whole by itself."""

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[Transaction]":
        """Yield an executor whose statements are committed together, or rolled back if the body raises."""
        async with self._borrowed() as connection:
            transaction = Transaction(connection)
            token = _in_transaction.set(True)
            try:
                async with connection.transaction():
                    yield transaction
                    transaction.end()
            finally:
                transaction.end()
                _in_transaction.reset(token)
        self._outage.wrote()

    @asynccontextmanager
    async def connection(self, silent_s: float = 0.0) -> AsyncIterator[AsyncConnection[Any]]:
        """Yield a connection of its own, which is not in the pool and has no time limits. Raises psycopg's errors.

        The server ends it after `silent_s` seconds without a statement, if they are not 0.
        """
        connection = await AsyncConnection.connect(self._url, autocommit=True, **_options(self._url))
        async with connection:
            await _prepare(connection, {"idle_session_timeout": f"{silent_s * 1000:.0f}"})
            yield connection

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[AsyncConnection[Any]]:
        if self._pool is None:
            raise StoreError("the store is closed")
        if _in_transaction.get():
            raise StoreError("inside a transaction only the transaction may be used")
        try:
            async with translated("the store failed"), self._pool.connection() as connection:
                if self._now:
                    await connection.execute("SELECT set_config('citedesk.clock', %s, false)", (iso(self._now()),))
                yield connection
        except StoreUnavailableError as error:
            self._outage.failed(str(error))
            raise

    async def _configure(self, connection: AsyncConnection[Any]) -> None:
        limits = {
            "statement_timeout": self._rules.statement_s,
            "idle_in_transaction_session_timeout": self._rules.idle_s,
        }
        await _prepare(connection, {name: f"{seconds * 1000:.0f}" for name, seconds in limits.items()})


class Transaction:
    """Statements that are committed together. One that fails is undone alone, so that it can be caught."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()
        self._savepoint = "SAVEPOINT statement"
        self._ended = False

    def end(self) -> None:
        """Take no further statement."""
        self._ended = True

    async def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """Return all rows of a statement."""
        async with self._one_at_a_time, translated("the store failed"):
            found: list[Any] = await (await self._execute(sql, values)).fetchall()
            return found

    async def write(self, sql: str, values: Values = ()) -> int:
        """Run a statement; return how many rows it changed."""
        async with self._one_at_a_time, translated("the store failed"):
            return int((await self._execute(sql, values)).rowcount)

    async def lock(self, name: str) -> None:
        """Wait until no other transaction holds this lock, and hold it until this one ends."""
        await self.rows("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    async def _execute(self, sql: str, values: Values) -> Any:  # noqa: ANN401 - a cursor
        if self._ended:
            raise StoreError("the transaction has ended")
        # Not in a pipeline, which would save a way to the server: after one PostgreSQL never ends an idle transaction,
        # because the last message that psycopg sends stops its clock.
        await self._connection.execute(self._savepoint)
        self._savepoint = "RELEASE SAVEPOINT statement; SAVEPOINT statement"
        try:
            return await self._connection.execute(sql, values)
        except Error:
            if not self._connection.broken:
                await self._connection.execute("ROLLBACK TO SAVEPOINT statement")
            raise


class QuestionMarks:
    """Runs statements with `?` for values in a transaction: `bot.store.forgetting.Statements`."""

    locked = " FOR UPDATE"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Return all rows of a statement."""
        return await self._transaction.rows(sql.replace("?", "%s"), values)

    async def write(self, sql: str, values: Sequence[Any]) -> int:
        """Run a statement; return how many rows it changed."""
        return await self._transaction.write(sql.replace("?", "%s"), values)


async def _prepare(connection: AsyncConnection[Any], settings: Mapping[str, str]) -> None:
    connection.adapters.register_dumper(str, _Text)
    for name, value in {"search_path": _SCHEMA, "timezone": "UTC", **settings}.items():
        await connection.execute("SELECT set_config(%s, %s, false)", (name, value))


class _Text(Dumper):
    """Sends a text. PostgreSQL stores no NUL: U+FFFD takes its place, and a question mark that of half a character."""

    def dump(self, obj: str) -> Buffer:
        """Return the bytes of a text."""
        return obj.replace("\0", "\ufffd").encode("utf-8", "replace")


@asynccontextmanager
async def translated(words: str) -> AsyncIterator[None]:
    """Raise StoreError for what psycopg raises in the body."""
    try:
        yield
    except errors.UniqueViolation as error:
        raise TakenError(f"{words}: {reason(error)}") from error
    except Error as error:
        kind = StoreUnavailableError if _is_unavailable(error) else StoreError
        raise kind(f"{words}: {reason(error)}") from error


def _is_unavailable(error: Error) -> bool:
    """Tell whether the database is away, full, read-only or shutting down, whatever the statement."""
    if error.sqlstate is None:
        return isinstance(error, OperationalError)
    return error.sqlstate.startswith(_UNAVAILABLE)


def reason(error: Error) -> str:
    """Return what went wrong, without the values of a statement: they may be what people wrote."""
    first = error.diag.message_primary or next(iter(str(error).splitlines()), type(error).__name__)
    return first if isinstance(error, OperationalError) or error.diag.message_primary else first[:200]


def _options(url: str) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        # What libpq says repeats a part of the address, which holds a password.
        raise SettingsError(
            "setting store.url: PostgreSQL's client cannot read it: are its parameters right?"
        ) from None
    return {name: value for name, value in _CONNECTION.items() if name not in given}
