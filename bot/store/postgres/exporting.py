"""Read the whole of a store in a database, as it is at one moment, while others write to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, sql

from bot.store.copying import CopiedTable, Row, plain
from bot.store.port import StoreError
from bot.store.postgres.database import Database, translated
from bot.store.postgres.migrations import applied, known

_BATCH = 500
# What tells the order in which rows came, where it is not `number`.
_ORDER = {"review_events": "id", "requests": "at", "gaps": "at"}


class Export:
    """The rows of a store in a database."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def batches(self, table: CopiedTable) -> AsyncIterator[Sequence[Row]]:
        """Yield the rows of a table, in the order in which they came if that is known."""
        order = [_ORDER.get(table.name, "number")] if table.in_order else list(table.columns)[:2]
        statement = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
            sql.SQL(", ").join(map(sql.Identifier, table.columns)),
            sql.Identifier(table.name),
            sql.SQL(", ").join(map(sql.Identifier, order)),
        )
        async with self._connection.cursor(f"export_{table.name}") as cursor:
            await cursor.execute(statement)
            while rows := await cursor.fetchmany(_BATCH):
                yield [plain(table, row) for row in rows]


@asynccontextmanager
async def exporting(url: str) -> AsyncIterator[Export]:
    """Yield the rows of the database, all of one moment. It changes nothing. Raises StoreError."""
    database = Database(url)
    async with translated("the database failed"), database.connection() as connection:
        _require_this_release(await applied(connection))
        async with connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield Export(connection)


def _require_this_release(found: Sequence[str]) -> None:
    if not found:
        raise StoreError("the database holds no store")
    if {*found} != {*known()}:
        raise StoreError(
            "the tables of the database are those of another release of Citedesk: back it up with the release that runs"
            " on it"
        )
