"""Tell the other processes over one store that this one serves, which release, and which snapshot."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

import structlog

from bot.desk.operations import PRESENT_S
from bot.store.port import Store, StoreError, StoreUnavailableError
from index.errors import IndexUnavailableError
from index.retrieval import Retriever

_log = structlog.get_logger(__name__)
_TOLD_PER_PRESENCE = 3


@dataclass(frozen=True, slots=True)
class Presence:
    """Writes a row for this process, again and again; a row that is old belongs to a process that has ended."""

    store: Store
    retriever: Retriever
    owner: str = field(default_factory=lambda: secrets.token_hex(6))

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Tell it while the body runs."""
        task = asyncio.create_task(self._tell_at_intervals())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            try:
                await self.store.replicas.remove(self.owner)
            except StoreError as error:
                _log.info("presence_not_removed", reason=str(error))

    async def _tell_at_intervals(self) -> None:
        while True:
            try:
                await self.store.replicas.put(self.owner, version("citedesk"), await self._snapshot())
                await self.store.replicas.purge(PRESENT_S)
            except StoreUnavailableError:
                pass
            except StoreError as error:
                _log.info("presence_not_told", reason=str(error))
            await asyncio.sleep(PRESENT_S / _TOLD_PER_PRESENCE)

    async def _snapshot(self) -> str:
        try:
            return (await asyncio.to_thread(self.retriever.manifest)).name
        except IndexUnavailableError:
            return ""
