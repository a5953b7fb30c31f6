"""Do what other processes, and this one itself, say by signals of the store."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.delivery.dispatcher import Dispatcher
from bot.process_state import ProcessState
from bot.store.port import Store, StoreError
from bot.store.records import Signal
from bot.store.shared import CURATED, INBOX, INTERRUPT, OUTBOX, STOP

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """Wakes workers, interrupts questions and forgets cached vectors of approved answers in this process."""

    store: Store
    dispatcher: Dispatcher
    state: ProcessState

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the body runs."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self) -> None:
        async for signal in self.store.listen():
            try:
                await self._heed(signal)
            except StoreError as error:
                _log.warning("signal_not_heeded", topic=signal.topic, error=type(error).__name__)
            except (ValueError, TypeError):
                # Of another version, or from somebody else who may write to the database.
                _log.warning("signal_not_understood", topic=signal.topic[:20])

    async def _heed(self, signal: Signal) -> None:
        is_new_connection = not signal.topic
        # With a new connection, signals may have been missed.
        if signal.topic == INBOX or is_new_connection:
            self.state.inbox_wake.set()
        if signal.topic == OUTBOX or is_new_connection:
            self.state.outbox_wake.set()
        if signal.topic == CURATED or is_new_connection:
            self.state.curated.bump()
        if signal.topic == STOP:
            self.state.running.stop(*json.loads(signal.what))
        if signal.topic == INTERRUPT:
            key, why = json.loads(signal.what)
            # Meanwhile a worker of this process may have begun with the new text.
            if await self.dispatcher.has_lost_question(key):
                self.state.running.interrupt(key, why)
