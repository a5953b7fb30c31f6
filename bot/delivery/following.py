"""Follow the snapshot that is live for all machines: look for it at intervals, fetch it, serve it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

import structlog

from bot.telemetry.metrics import Metrics
from bot.telemetry.watched import TOP_LEVEL
from index.errors import BuildStoppedError, CitedeskError, IndexUnavailableError
from index.publishing.replica import PublishedSnapshots
from index.retrieval import Retriever

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Followed:
    """What a process serves: the name of the live snapshot of all, of its own, and when that one was built.

    "" stands for what is not known. `error` says why the live one is not served, "" if it is.
    """

    live: str = ""
    served: str = ""
    built_at: str = ""
    error: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether another snapshot is served than the live one of all, or that is not known."""
        return bool(self.error) or (self.live not in {"", self.served})

    def age_s(self, now: datetime) -> int:
        """Return the age in seconds of the served snapshot; 0 if there is none."""
        return round((now - datetime.fromisoformat(self.built_at)).total_seconds()) if self.built_at else 0


class Following:
    """Follows at intervals, and at once after `wake` is set. Whatever fails, the old snapshot is served on."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root hands over what it follows with
        self,
        snapshots: PublishedSnapshots,
        retriever: Retriever,
        reopen: Callable[[], None],
        metrics: Metrics,
        poll_s: float,
        wake: asyncio.Event,
        tenant: str = TOP_LEVEL,
    ) -> None:
        """`reopen` makes the retriever look at the live snapshot of this machine again. `tenant` is for the metrics."""
        self._tenant = tenant
        self._snapshots, self._retriever, self._reopen = snapshots, retriever, reopen
        self._metrics, self._poll_s = metrics, poll_s
        self._mended = ""
        self.wake = wake
        self.state = Followed()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow while the body runs."""
        stopped = Event()
        task = asyncio.create_task(self._follow_at_intervals(stopped))
        try:
            yield
        finally:
            # The thread that fetches cannot be cancelled, and the process would wait for it.
            stopped.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def follow(self, stopped: Event | None = None) -> Followed:
        """Look for the live snapshot once, serve it, and return what is served then."""
        before, ended = self.state, stopped or Event()
        self.state = await asyncio.to_thread(self._look, ended)
        has_failed = bool(self.state.error)
        self._metrics.follow(is_behind=self.state.is_behind, has_failed=has_failed, tenant=self._tenant)
        self._tell(before)
        return self.state

    async def _follow_at_intervals(self, stopped: Event) -> None:
        while not stopped.is_set():
            # Cleared first: a snapshot that becomes live meanwhile is looked for once more.
            self.wake.clear()
            try:
                await self.follow(stopped)
            except BuildStoppedError:
                return
            except Exception as error:  # noqa: BLE001 - the next look tries again
                _log.error("snapshot_not_followed", error=type(error).__name__)
            # In Python 3.11 `wait_for` may swallow a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self.wake.wait()

    def _look(self, stopped: Event) -> Followed:
        def checkpoint() -> None:
            if stopped.is_set():
                raise BuildStoppedError("the process ends")

        live = self.state.live
        try:
            live = self._snapshots.live.live() or ""
            # Not `follow`: another snapshot may be live by now, and what is served would not be the one looked for.
            self._snapshots.take(live or None, checkpoint)
            found = self._served(live)
            if found.error and live != self._mended:
                # Once for each snapshot: to look through it takes long, and it may not be damaged but of another model.
                self._mended = live
                self._snapshots.mend(live, checkpoint)
                self._reopen()
                found = self._served(live)
        except BuildStoppedError:
            raise
        except CitedeskError as error:
            return self._served(live, str(error))
        return found

    def _served(self, live: str, error: str = "") -> Followed:
        """Return what is served; the first call after a switch opens the new snapshot."""
        try:
            manifest = self._retriever.manifest()
        except IndexUnavailableError as unavailable:
            return Followed(live, error=error or (str(unavailable) if live else ""))
        if manifest.name != live and live and not error:
            error = f"snapshot {live} cannot be opened on this machine"
        return Followed(live, manifest.name, manifest.created_at, error)

    def _tell(self, before: Followed) -> None:
        """Log what changed: not the same failure at every look."""
        now = self.state
        if now.error and now.error != before.error:
            age = now.age_s(datetime.now(UTC))
            _log.error("snapshot_not_followed", live=now.live, served=now.served, age_s=age, reason=now.error)
        elif not now.error and (before.error or now.served != before.served):
            _log.info("snapshot_served", snapshot=now.served)
