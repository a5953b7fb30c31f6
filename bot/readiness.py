"""Look, again and again, at what a process needs to serve.

Probes come every second, from several parties and from strangers. They are told what the last look found and cause no
look themselves, so that a slow store is not asked more often the more people ask about it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from bot.delivery.runtime import IsAlive
from bot.store.port import Store, StoreError
from bot.telemetry.watched import WatchedMetrics
from index.errors import CitedeskError, IndexUnavailableError
from index.retrieval import Retriever

_log = structlog.get_logger(__name__)
# Longest wait for one answer. Orchestrators wait 1 s for a probe, but probes do not wait for this.
_PATIENCE_S = 2.0
# Returns why the process cannot serve, "" if it can.
Ask = Callable[[], Coroutine[None, None, str]]


@dataclass(slots=True)
class _Asked:
    """A question that is asked again and again, and never twice at a time: what hangs must not pile up."""

    ask: Ask
    patience_s: float
    task: asyncio.Task[str] | None = None

    async def problem(self) -> str:
        """Return the answer, or that there was none in time."""
        self.task = self.task or asyncio.create_task(self.ask())
        await asyncio.wait([self.task], timeout=self.patience_s)
        if not self.task.done():
            return f"no answer within {self.patience_s:g} s"
        task, self.task = self.task, None
        return _problem_of(task)


def _problem_of(task: "asyncio.Task[str]") -> str:
    try:
        return task.result()
    except CitedeskError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the process cannot serve
        return type(error).__name__


@dataclass(slots=True)
class Readiness:
    """Whether the process can serve, by the names of what is asked, as the last look found it.

    Looks begin `look_s` seconds after the last one; what does not answer within `patience_s` seconds is not well.
    `stopping` is set when the process begins to stop: it is not ready any more, but still takes what is sent to it.
    """

    asks: Mapping[str, Ask]
    metrics: WatchedMetrics
    look_s: float
    patience_s: float = _PATIENCE_S
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _problems: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, _Asked] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = {name: _Asked(ask, self.patience_s) for name, ask in self.asks.items()}

    @property
    def state(self) -> dict[str, bool]:
        """What is well, by its name."""
        return {**{name: name not in self._problems for name in self._asked}, "serving": not self.stopping.is_set()}

    async def look(self) -> None:
        """Ask everything once."""
        found = await asyncio.gather(*(asked.problem() for asked in self._asked.values()))
        before, self._problems = self._problems, {n: said for n, said in zip(self._asked, found, strict=True) if said}
        self.metrics.ready(self.state)
        if self._problems.keys() != before.keys():
            self._tell()

    def stop(self) -> None:
        """Say from now on that the process stops."""
        self.stopping.set()
        self.metrics.ready(self.state)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look at intervals while the body runs; the first look has ended when it begins."""
        await self.look()
        task = asyncio.create_task(self._look_at_intervals())
        try:
            yield
        finally:
            tasks = [task, *(asked.task for asked in self._asked.values() if asked.task)]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_at_intervals(self) -> None:
        while True:
            await asyncio.sleep(self.look_s)
            await self.look()

    def _tell(self) -> None:
        """Log what is wrong, once: not the same at every look."""
        if self._problems:
            _log.error("not_ready", **self._problems)
        else:
            _log.info("ready_again")


def asks_index(retrievers: Sequence[Retriever]) -> Ask:
    """Return what asks whether any of these indexes can be served: one without must not keep the others from it."""

    def problem() -> str:
        said = "there is no index"
        for retriever in retrievers:
            try:
                retriever.manifest()
            except IndexUnavailableError as error:
                said = str(error)
            else:
                return ""
        return said

    async def ask() -> str:
        return await asyncio.to_thread(problem)

    return ask


def asks_store(store: Store) -> Ask:
    """Return what asks whether the store takes writes."""

    async def ask() -> str:
        await store.check_writable()
        return ""

    return ask


def asks_queues(store: Store, late_s: float) -> Ask:
    """Return what asks whether a question or a reply that is due waits for longer than `late_s` for a worker."""

    async def ask() -> str:
        try:
            late = max([(await queue.age()).overdue_s for queue in (store.inbox, store.outbox)])
        except StoreError:
            # Whoever asks the store tells of it.
            return ""
        return f"a question or a reply waits for {late:.0f} s and nobody works on it" if late > late_s else ""

    return ask


def asks_connections(connections: Iterable[IsAlive]) -> Ask:
    """Return what asks whether all connections to chat products are alive."""
    are_alive = list(connections)

    async def ask() -> str:
        return "" if all([await is_alive() for is_alive in are_alive]) else "a chat product is not connected"

    return ask


def asks_workers(is_working: Callable[[], bool]) -> Ask:
    """Return what asks whether the workers of this process still run."""

    async def ask() -> str:
        return "" if is_working() else "a worker has ended"

    return ask
