"""Copy a store between a file and a PostgreSQL database. Each table is compared after the copy."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from bot.store.copying import TABLES, CopiedTable, Digest
from bot.store.port import StoreError
from bot.store.sqlite import importing as into_file
from bot.store.sqlite.exporting import Export, exporting
from index.errors import SettingsError


async def copied_into_database(
    file: Path, url: str, told: Callable[[str], None], source_id: str = ""
) -> list[dict[str, str | int]] | None:
    """Copy a store from a file; return name, rows and hash of each table, None if all was copied before.

    Raises StoreError, SettingsError.

    `told` gets a line for each table. A copy that was broken off goes on where it was, if it is of the same source:
    `source_id` tells sources apart where a file is made anew at each try.
    """
    copied: list[dict[str, str | int]] = []
    with exporting(file) as source:
        async with _postgres("importing").importing(url, source_id or source.source) as target:
            if not await target.begin():
                return None
            for table in TABLES:
                for rows in source.batches(table, await target.copied(table)):
                    await target.put(table, rows)
                wanted = _digest(source, table)
                if str(await target.digest(table)) != str(wanted):
                    raise StoreError(
                        f"table {table.name} differs after the copy: the store has changed, so empty the database and"
                        " begin again"
                    )
                told(f"{table.name}: {wanted.rows} rows, hash {str(wanted)[:16]} on both sides")
                copied.append({"table": table.name, "rows": wanted.rows, "hash": str(wanted)})
            await target.end()
    return copied


async def copied_into_file(url: str, file: Path) -> None:
    """Copy the store of a database, as it is at one moment, into an empty file. Raises StoreError, SettingsError."""
    wanted: dict[str, Digest] = {}
    async with _postgres("exporting").exporting(url) as source:
        with into_file.importing(file) as target:
            for table in TABLES:
                found = wanted[table.name] = Digest()
                async for rows in source.batches(table):
                    target.put(table, rows)
                    found.add(rows)
    with exporting(file) as copy:
        for table in TABLES:
            if str(_digest(copy, table)) != str(wanted[table.name]):
                raise StoreError(f"table {table.name} differs after the copy")


async def holds_data(url: str) -> bool:
    """Tell whether a database holds a store with rows. Raises StoreError, SettingsError."""
    return bool(await _postgres("aside").holds_data(url))


async def seen_lately(url: str, within_s: float) -> bool:
    """Tell whether a process has served from a database in the last seconds. Raises StoreError, SettingsError."""
    return bool(await _postgres("aside").seen_lately(url, within_s))


async def set_aside(url: str, name: str) -> None:
    """Rename the store in a database. Raises StoreError, SettingsError."""
    await _postgres("aside").set_aside(url, name)


def _postgres(module: str) -> ModuleType:
    from importlib import import_module  # noqa: PLC0415

    try:
        return import_module(f"bot.store.postgres.{module}")  # its library is an extra
    except ImportError:
        raise SettingsError("setting store.url: PostgreSQL needs `pip install 'citedesk[cluster]'`") from None


def _digest(source: Export, table: CopiedTable) -> Digest:
    found = Digest()
    for rows in source.batches(table):
        found.add(rows)
    return found
