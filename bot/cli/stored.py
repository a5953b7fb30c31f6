"""Open what commands only read: the store and the index. They write nothing where there is none yet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from bot.app import is_stored, open_store
from bot.cli.printing import say
from bot.settings import Settings
from bot.store.port import Store
from bot.tenants import seen_by
from index.errors import IndexUnavailableError, SettingsError
from index.snapshot import SnapshotFolder


@asynccontextmanager
async def opened_store(settings: Settings, tenant: str = "") -> AsyncIterator[Store | None]:
    """Keep the store open while the body runs; yield None, and say so, if there is none yet.

    `settings` are those of the top level. What belongs to other tenants than the one of this name is not there.
    Raises StoreError, SettingsError.
    """
    if not await asyncio.to_thread(is_stored, settings):
        context = click.get_current_context(silent=True)
        # With --json standard error holds at most one object.
        if not (context and context.params.get("as_json")):
            say(f"citedesk: {no_store_words(settings)}", err=True)
        yield None
        return
    store = await open_store(settings)
    try:
        yield await seen_by(settings, store, tenant)
    finally:
        await store.close()


def require_index(settings: Settings) -> None:
    """Raise IndexUnavailableError with the next step if there is no index yet, SettingsError if it cannot be read."""
    try:
        live = SnapshotFolder(settings.data_dir).current_name()
    except OSError as error:
        where = settings.data_dir.absolute()
        raise SettingsError(f"setting data_dir: {where} cannot be read: {error.strerror}") from None
    if live is None:
        raise IndexUnavailableError(no_index_words(settings))


def no_index_words(settings: Settings) -> str:
    """Return where no index was found, and how to get one."""
    build = "citedesk index build" if settings.index.paths else "citedesk index build PATH"
    step = "citedesk index fetch" if settings.snapshots.url else build
    where = f"looked in {settings.data_dir.absolute()}, --data-dir names another folder"
    return f"no index yet: run `{step}`; {where}" + (", --tenant a tenant" if settings.tenants else "")


def no_store_words(settings: Settings) -> str:
    """Return where no store was found, and what makes one."""
    where = settings.data_dir.absolute()
    return f"no store yet: `citedesk serve` makes it; looked in {where}, --data-dir names another folder"
