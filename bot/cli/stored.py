"""Open the store for commands that only read it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import is_stored, open_store
from bot.settings import Settings
from bot.store.port import Store


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store | None]:
    """Keep the store open while the body runs; yield None if there is none yet. Raises StoreError, SettingsError."""
    if not await asyncio.to_thread(is_stored, settings):
        yield None
        return
    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.close()
