"""Look at a database before another store is put into it, and move the one that is there out of its way."""

from typing import Any

from psycopg import AsyncConnection, sql

from bot.store.copying import TABLES
from bot.store.postgres.database import Database, translated
from bot.store.postgres.migrations import applied


async def holds_data(url: str) -> bool:
    """Tell whether a database holds a store with rows, other than a copy that was broken off. Raises StoreError."""
    async with translated("the database cannot be read"), Database(url).connection() as connection:
        done = await applied(connection)
        if not done:
            return False
        if "003_store_copy" in done and await _found(connection, "SELECT 1 FROM store_copy WHERE ended_at IS NULL"):
            return False
        there = [
            str(row[0])
            for row in await _rows(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'citedesk'")
        ]
        names = [table.name for table in TABLES if table.name in there]
        return any([await _found(connection, sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(n))) for n in names])


async def seen_lately(url: str, within_s: float) -> bool:
    """Tell whether a process has served from this database in the last seconds. Raises StoreError."""
    async with translated("the database cannot be read"), Database(url).connection() as connection:
        if "002_shared_state" not in await applied(connection):
            return False
        return await _found(
            connection, "SELECT 1 FROM replicas WHERE seen_at >= citedesk.now() - make_interval(secs => %s)", within_s
        )


async def set_aside(url: str, name: str) -> None:
    """Rename the schema of the store, so that the next start makes an empty one. Raises StoreError."""
    async with translated("the store cannot be set aside"), Database(url).connection() as connection:
        await connection.execute(sql.SQL("ALTER SCHEMA citedesk RENAME TO {}").format(sql.Identifier(name)))


async def _found(connection: AsyncConnection[Any], statement: Any, *values: Any) -> bool:  # noqa: ANN401 - psycopg's Query
    limited = statement + sql.SQL(" LIMIT 1") if isinstance(statement, sql.Composed) else f"{statement} LIMIT 1"
    return bool(await _rows(connection, limited, *values))


async def _rows(connection: AsyncConnection[Any], statement: Any, *values: Any) -> list[Any]:  # noqa: ANN401
    return await (await connection.execute(statement, values)).fetchall()
