"""`citedesk store`: move the store from a file into a database."""

import asyncio
from pathlib import Path

import click

from bot.app import open_store, store_file
from bot.backup.databases import copied_into_database
from bot.cli.options import DATA_DIR, settings_of
from bot.settings import Settings
from bot.store.port import StoreError
from bot.store.sqlite.store import SqliteStore
from index.errors import SettingsError


@click.group("store")
def command() -> None:
    """Move the store from a file into a database."""


@command.command("migrate")
@DATA_DIR
def migrate(data_dir: Path | None) -> None:
    """Copy the store in the data folder into the PostgreSQL database of store.url.

    Stop the bot first. If the copy is interrupted, run the command again: it goes on where it was. It ends when each
    table has the same number of rows and the same hash on both sides. The file stays as it is.
    """
    asyncio.run(_migrated(settings_of(data_dir)))


async def _migrated(settings: Settings) -> None:
    """Copy the store of the settings. Raises SettingsError, StoreError."""
    url, file = settings.store.url.get_secret_value(), store_file(settings)
    if not url:
        raise SettingsError("setting store.url is missing: it is the database to copy the store into")
    if not file.is_file():
        raise StoreError(f"there is no store to copy: {file} does not exist")
    # Opening it brings a store of an older release up to date.
    await (await SqliteStore(file).open()).close()
    if await copied_into_database(file, url, click.echo):
        click.echo("Copied. Start the bot with this store.url, and keep the file until you are content.")
    else:
        click.echo("This store is copied already.")
    if settings.slack.client_id:
        await _installations_copied(settings, settings.slack.client_id)


async def _installations_copied(settings: Settings, client_id: str) -> None:
    from bot.slack.stored_installations import taken_over  # noqa: PLC0415 - Bolt takes a third of a second to load

    store = await open_store(settings)
    try:
        count = await taken_over(settings.data_dir / "installations.sqlite", client_id, store)
    finally:
        await store.close()
    click.echo(f"installations of the Slack app: {count} copied")
