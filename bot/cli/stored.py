"""Open the store for commands that only read it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import is_stored, open_store
from bot.settings import Settings
from bot.store.port import Store
from bot.tenants import seen_by


@asynccontextmanager
async def opened_store(settings: Settings, tenant: str = "") -> AsyncIterator[Store | None]:
    """Keep the store open while the body runs; yield None if there is none yet. Raises StoreError, SettingsError.

    `settings` are those of the top level. What belongs to other tenants than the one of this name is not there.
    """
    if not await asyncio.to_thread(is_stored, settings):
        yield None
        return
    store = await open_store(settings)
    try:
        yield await seen_by(settings, store, tenant)
    finally:
        await store.close()
