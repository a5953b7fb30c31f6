"""Signals and locks within one process, for the store in a file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.store.records import Signal

# A listener that is this far behind has stopped reading.
_WAITING_MAX = 10_000


class InProcess:
    """Who listens in this process, and who leads: `bot.store.shared.Listening` and `Locks`."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Signal]] = set()
        self._led: set[str] = set()

    def send(self, signal: Signal) -> None:
        """Hand a signal to all listeners."""
        for listener in self._listeners:
            if listener.qsize() < _WAITING_MAX:
                listener.put_nowait(signal)

    async def listen(self) -> AsyncIterator[Signal]:
        """Yield signals as they come, for ever; the first has no topic."""
        own: asyncio.Queue[Signal] = asyncio.Queue()
        self._listeners.add(own)
        try:
            yield Signal()
            while True:
                yield await own.get()
        finally:
            self._listeners.discard(own)

    @asynccontextmanager
    async def lead(self, name: str) -> AsyncIterator[bool]:
        """Yield whether this caller holds the lock while the body runs."""
        if name in self._led:
            yield False
            return
        self._led.add(name)
        try:
            yield True
        finally:
            self._led.discard(name)


class SentAtOnce:
    """`bot.store.shared.Signals` outside a transaction."""

    def __init__(self, process: InProcess) -> None:
        self._process = process

    async def notify(self, topic: str, what: str = "") -> None:
        """Send a signal at once."""
        self._process.send(Signal(topic, what))


class SentAtTheEnd:
    """`bot.store.shared.Signals` in a transaction: they are sent when it is committed."""

    def __init__(self, process: InProcess) -> None:
        self._process = process
        self._signals: list[Signal] = []

    async def notify(self, topic: str, what: str = "") -> None:
        """Send a signal when the transaction is committed."""
        self._signals.append(Signal(topic, what))

    def send(self) -> None:
        """Send the signals, because the transaction is committed."""
        for signal in self._signals:
            self._process.send(signal)
