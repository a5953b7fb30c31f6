"""`citedesk store`: move the store from a file into a database, and the keys of what is encrypted in it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bot.app import open_store, store_file
from bot.backup.databases import copied_into_database
from bot.cli.arguments import Commands, examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json
from bot.settings import Settings
from bot.store.port import StoreError
from bot.store.sqlite.store import SqliteStore
from index.errors import SettingsError

Tell = Callable[[str], None]


@click.group("store", cls=Commands)
def command() -> None:
    """Move the store into a database, upgrade it, and make keys for the tokens in it."""


@command.command("upgrade", epilog=examples("citedesk store upgrade", "citedesk store upgrade --json"))
@DATA_DIR
@AS_JSON
def upgrade(data_dir: Path | None, *, as_json: bool) -> None:
    """Bring the tables of the store up to date with this release.

    The first process of a release does so as well. This is for those who want it done before, or by another role of
    the database.
    """
    settings = settings_of(data_dir)
    asyncio.run(_opened(settings))
    place = "the database of store.url" if settings.store.url.get_secret_value() else str(store_file(settings))
    if as_json:
        say_json({"store": place})
    else:
        say(f"up to date: {place}")


async def _opened(settings: Settings) -> None:
    await (await open_store(settings)).close()


@command.command("key", epilog=examples("citedesk store key > secrets/slack.token_keys"))
@AS_JSON
def key(*, as_json: bool) -> None:
    """Print a new key for slack.token_keys, which encrypts the tokens of workspaces.

    Put it before the older ones. At the next start everything is encrypted with it, and the older ones can go.
    """
    from bot.slack.token_keys import new_key  # noqa: PLC0415 - Bolt takes a third of a second to load

    made = new_key()
    if as_json:
        say_json({"key": made})
    else:
        say(made)


@command.command(
    "forget-installations",
    epilog=examples("citedesk store forget-installations", "citedesk store forget-installations --yes --json"),
)
@DATA_DIR
@AS_JSON
@click.option("--yes", is_flag=True, help="Do not ask first.")
def forget_installations(data_dir: Path | None, *, as_json: bool, yes: bool) -> None:
    """Delete the tokens of all workspaces that installed the Slack app, because their key is lost.

    Each workspace has to install the app again.
    """
    settings = settings_of(data_dir)
    if not yes:
        click.confirm("Delete the tokens of all workspaces? Each has to install the app again.", abort=True, err=True)
    deleted = asyncio.run(_forgotten(settings))
    if as_json:
        say_json({"deleted": deleted})
    else:
        say(f"installations deleted: {deleted}")


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
    tables = await copied_into_database(file, url, tell)
    tell(
        "This store is copied already."
        if tables is None
        else "Copied. Start the bot with this store.url, and keep the file until you are content."
    )
    return {"copied_before": tables is None, "tables": tables or []}
