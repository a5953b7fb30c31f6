"""Signals and locks between processes, by PostgreSQL's NOTIFY and advisory locks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from psycopg import AsyncConnection, Error

from bot.store.port import StoreError
from bot.store.postgres.database import Database, Executor, reason, translated
from bot.store.records import Signal

_log = structlog.get_logger(__name__)
_CHANNEL = "citedesk"
_LEAD = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
# How often the holder of a lock asks whether it has it, in the time after which a silent one loses it.
_LOOKS = 4
_PAUSES_S = (0.1, 0.5, 1.0, 2.0, 5.0)


class PostgresSignals:
    """`bot.store.shared.Signals` in PostgreSQL, which sends those of a transaction when it is committed."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def notify(self, topic: str, what: str = "") -> None:
        """Send a signal: in a transaction when it is committed, else at once."""
        await self._database.rows("SELECT pg_notify(%s, %s)", (_CHANNEL, f"{topic} {what}"))


async def listen(database: Database) -> AsyncIterator[Signal]:
    """Yield signals while the store is open, on a connection of their own that is made again when it breaks."""
    failed = 0
    while database.is_open:
        try:
            async with database.connection() as connection:
                await connection.execute(f"LISTEN {_CHANNEL}")
                failed = 0
                yield Signal()
                async for note in connection.notifies():
                    topic, _, what = note.payload.partition(" ")
                    yield Signal(topic, what)
        except Error as error:
            _log.warning("signals_lost", reason=reason(error))
            await asyncio.sleep(_PAUSES_S[min(failed, len(_PAUSES_S) - 1)])
            failed += 1


@asynccontextmanager
async def lead(database: Database, name: str) -> AsyncIterator[bool]:
    """Yield whether this process holds the lock, which ends with the connection that holds it.

    The body is cancelled when that connection is lost, and StoreError raised: another process may lead by then. The
    server ends the connection of a process that is frozen, because nothing is heard of it.
    """
    async with translated("the store failed"), database.connection(database.lead_s) as connection:
        found = await (await connection.execute(_LEAD, (f"citedesk lead {name}",))).fetchone()
        if not (found and found[0]):
            yield False
            return
        async with _while_connected(connection, database.lead_s, name):
            yield True


@asynccontextmanager
async def _while_connected(connection: AsyncConnection[Any], silent_s: float, name: str) -> AsyncIterator[None]:
    """Cancel the body when the connection is lost, and raise StoreError."""
    body = asyncio.timeout(None)
    try:
        async with body:
            looking = asyncio.create_task(_until_lost(connection, silent_s, body))
            try:
                yield
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
    except TimeoutError:
        if not body.expired():
            raise
        _log.warning("lead_lost", name=name)
        raise StoreError("the lock was lost with its connection") from None


async def _until_lost(connection: AsyncConnection[Any], silent_s: float, body: asyncio.Timeout) -> None:
    """Ask the server for a sign of life at intervals, and end the body when none comes."""
    try:
        while True:
            await asyncio.sleep(silent_s / _LOOKS)
            async with asyncio.timeout(silent_s / 2):
                await connection.execute("SELECT 1")
    except (Error, TimeoutError):
        body.reschedule(asyncio.get_running_loop().time())
