"""`citedesk store`: move the store from a file into a database, and the keys of what is encrypted in it."""

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
    """Move the store into a database, and make keys for the tokens in it."""


@command.command("key")
def key() -> None:
    """Print a new key for slack.token_keys, which encrypts the tokens of workspaces.

    Put it before the older ones. At the next start everything is encrypted with it, and the older ones can go.
    """
    from bot.slack.token_keys import new_key  # noqa: PLC0415 - Bolt takes a third of a second to load

    click.echo(new_key())


@command.command("forget-installations")
@DATA_DIR
@click.confirmation_option("--yes", prompt="Delete the tokens of all workspaces? Each has to install the app again.")
def forget_installations(data_dir: Path | None) -> None:
    """Delete the tokens of all workspaces that installed the Slack app, because their key is lost.

    Each workspace has to install the app again.
    """
    click.echo(f"installations deleted: {asyncio.run(_forgotten(settings_of(data_dir)))}")


async def _forgotten(settings: Settings) -> int:
    app = settings.slack.client_id
    if not app:
        raise SettingsError("setting slack.client_id is missing: no workspace can have installed the app")
    store = await open_store(settings)
    try:
        found = await store.installations.listed(app)
        for tenant_id in {installed.tenant_id for installed in found}:
            await store.installations.delete(app, tenant_id)
    finally:
        await store.close()
    return len(found)


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
