"""`citedesk store`: move the store from a file into a database."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bot.app import open_store, store_file
from bot.cli.arguments import Commands, examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json
from bot.settings import Settings
from bot.store.copying import TABLES, CopiedTable, Digest
from bot.store.port import StoreError
from bot.store.sqlite.exporting import Export, exporting
from bot.store.sqlite.store import SqliteStore
from index.errors import SettingsError

Tell = Callable[[str], None]


@click.group("store", cls=Commands)
def command() -> None:
    """Move the store from a file into a database."""


@command.command(
    "migrate",
    epilog=examples("citedesk store migrate", "citedesk store migrate --data-dir /var/lib/citedesk --json"),
)
@DATA_DIR
@AS_JSON
def migrate(data_dir: Path | None, *, as_json: bool) -> None:
    """Copy the store in the data folder into the PostgreSQL database of store.url.

    Stop the bot first. If the copy is interrupted, run the command again: it goes on where it was. It ends when each
    table has the same number of rows and the same hash on both sides. The file stays as it is.
    """
    copied = asyncio.run(_migrated(settings_of(data_dir), (lambda _: None) if as_json else say))
    if as_json:
        say_json(copied)


async def _migrated(settings: Settings, tell: Tell) -> dict[str, Any]:
    """Copy the store of the settings; return what was copied. Raises SettingsError, StoreError."""
    url, file = settings.store.url.get_secret_value(), store_file(settings)
    if not url:
        raise SettingsError("setting store.url is missing: it is the database to copy the store into")
    if not file.is_file():
        raise StoreError(f"there is no store to copy: {file} does not exist")
    # Opening it brings a store of an older release up to date.
    await (await SqliteStore(file).open()).close()
    with exporting(file) as source:
        tables = await _copied(source, url, tell)
    installations = await _installations_copied(settings, settings.slack.client_id) if settings.slack.client_id else 0
    if settings.slack.client_id:
        tell(f"installations of the Slack app: {installations} copied")
    return {"copied_before": tables is None, "tables": tables or [], "installations": installations}


async def _copied(source: Export, url: str, tell: Tell) -> list[dict[str, Any]] | None:
    """Copy each table; return their rows and hashes, None if the store was copied before."""
    copied = []
    try:
        from bot.store.postgres.importing import importing  # noqa: PLC0415 - its library is an extra
    except ImportError:
        raise SettingsError("setting store.url: PostgreSQL needs `pip install 'citedesk[cluster]'`") from None
    async with importing(url, source.source) as target:
        if not await target.begin():
            tell("This store is copied already.")
            return None
        for table in TABLES:
            for rows in source.batches(table, await target.copied(table)):
                await target.put(table, rows)
            wanted = _digest(source, table)
            if str(await target.digest(table)) != str(wanted):
                raise StoreError(
                    f"table {table.name} differs after the copy: the store has changed, so empty the database and begin"
                    " again"
                )
            tell(f"{table.name}: {wanted.rows} rows, hash {str(wanted)[:16]} on both sides")
            copied.append({"table": table.name, "rows": wanted.rows, "hash": str(wanted)})
        await target.end()
    tell("Copied. Start the bot with this store.url, and keep the file until you are content.")
    return copied


async def _installations_copied(settings: Settings, client_id: str) -> int:
    from bot.slack.stored_installations import taken_over  # noqa: PLC0415 - Bolt takes a third of a second to load

    store = await open_store(settings)
    try:
        return await taken_over(settings.data_dir / "installations.sqlite", client_id, store)
    finally:
        await store.close()


def _digest(source: Export, table: CopiedTable) -> Digest:
    found = Digest()
    for rows in source.batches(table):
        found.add(rows)
    return found
