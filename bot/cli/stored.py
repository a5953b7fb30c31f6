"""Open the store for commands that only read it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import store_file
from bot.settings import Settings
from bot.store.port import Store
from bot.store.sqlite.store import SqliteStore


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store | None]:
    """Keep the store open while the body runs; yield None if there is none yet. Raises StoreError."""
    file = store_file(settings)
    if not await asyncio.to_thread(file.is_file):
        yield None
        return
    store = await SqliteStore(file).open()
    try:
        yield store
    finally:
        await store.close()
