"""Fill an empty database with the rows of another store, in steps that can be taken up again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from bot.store.copying import TABLES, CopiedTable, Digest, Row, plain
from bot.store.port import StoreError
from bot.store.postgres.database import Database, translated
from bot.store.postgres.reviews import columns_of
from bot.store.records import Review

_BATCH = 500
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('citedesk store copy', 0))"
_REVIEW = ("claimed_by", "awaits_asker", "request_ids", "has_texts")


class Import:
    """The copy of one source into the database."""

    def __init__(self, connection: AsyncConnection[Any], source: str) -> None:
        self._connection = connection
        self._source = source

    async def begin(self) -> bool:
        """Begin or take up the copy; return False if it has ended. Raises StoreError if other data is there."""
        found = await self._rows("SELECT source, ended_at FROM store_copy")
        if found == []:
            await self._refuse_other_data()
            await self._connection.execute("INSERT INTO store_copy (source) VALUES (%s)", (self._source,))
        elif found[0][0] != self._source:
            raise StoreError("the database holds the copy of another store")
        return not (found and found[0][1])

    async def copied(self, table: CopiedTable) -> int:
        """Return how many rows of a table are copied."""
        rows = await self._rows("SELECT coalesce((rows->>%s)::bigint, 0) FROM store_copy", (table.name,))
        return int(rows[0][0])

    async def put(self, table: CopiedTable, rows: Sequence[Row]) -> None:
        """Store rows, and that they are copied."""
        names = [*table.columns, *(_REVIEW if table.name == "reviews" else ())]
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
        )
        async with self._connection.transaction():
            before = await self.copied(table)
            cursor = self._connection.cursor()
            async with cursor.copy(statement) as copy:
                for row in rows:
                    await copy.write_row(_stored(table, row))
            count = Jsonb({table.name: before + len(rows)})
            await self._connection.execute("UPDATE store_copy SET rows = rows || %s", (count,))

    async def digest(self, table: CopiedTable) -> Digest:
        """Count the rows that are stored."""
        found, columns = Digest(), sql.SQL(", ").join(map(sql.Identifier, table.columns))
        statement = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table.name))
        async with self._connection.transaction(), self._connection.cursor("digest") as cursor:
            await cursor.execute(statement)
            while rows := await cursor.fetchmany(_BATCH):
                found.add(plain(table, row) for row in rows)
        return found

    async def end(self) -> None:
        """Store that everything is copied and checked, and let new rows come after those that were copied."""
        await self._connection.execute(
            "SELECT setval(pg_get_serial_sequence('review_events', 'id'), coalesce(max(id), 0) + 1, false) "
            "FROM review_events"
        )
        await self._connection.execute("ANALYZE")
        await self._connection.execute("UPDATE store_copy SET ended_at = citedesk.now()")

    async def _refuse_other_data(self) -> None:
        for table in TABLES:
            if await self._rows(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table.name))):
                raise StoreError(f"the database holds other data, in its table {table.name}")

    async def _rows(self, statement: Any, values: Sequence[Any] = ()) -> list[Any]:  # noqa: ANN401 - psycopg's Query
        return await (await self._connection.execute(statement, values)).fetchall()


@asynccontextmanager
async def importing(url: str, source: str) -> AsyncIterator[Import]:
    """Yield the copy of a source. Raises StoreError, also if one is under way."""
    database = await Database(url).open()
    try:
        async with translated("the database failed"), database.connection() as connection:
            held = await (await connection.execute(_LOCK)).fetchone()
            if not held or not held[0]:
                raise StoreError("another copy into this database is under way")
            yield Import(connection, source)
    finally:
        await database.close()


def _stored(table: CopiedTable, row: Row) -> Row:
    values = tuple(list(value) if isinstance(value, tuple) else value for value in row)
    if table.name != "reviews":
        return values
    columns = dict(zip(table.columns, row, strict=True))
    return (*values, *columns_of(Review.model_validate_json(columns["review"]))[1:-1])
