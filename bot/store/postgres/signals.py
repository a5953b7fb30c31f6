"""Signals and locks between processes, by PostgreSQL's NOTIFY and advisory locks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from psycopg import Error

from bot.store.postgres.database import Database, Executor, reason, translated
from bot.store.records import Signal

_log = structlog.get_logger(__name__)
_CHANNEL = "citedesk"
_LEAD = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
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
    """Yield whether this process holds the lock, which ends with the connection that holds it."""
    async with translated("the store failed"), database.connection() as connection:
        found = await (await connection.execute(_LEAD, (f"citedesk lead {name}",))).fetchone()
        yield bool(found and found[0])
