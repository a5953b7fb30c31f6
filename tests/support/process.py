"""The bot as a process of its own, which can be killed at any moment. Forked from a server that has the imports."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import aiohttp

from bot.cli.demo import demo_settings
from bot.cli.stored import opened_store
from bot.sandbox.server import Sandbox
from bot.settings import Settings

UNLIMITED_AND_HASTY: dict[str, Any] = {
    "limits": {
        "per_user": "1000000/minute",
        "per_tenant": "1000000/minute",
        "per_user_presses": "1000000/minute",
        "per_user_reviews": "1000000/minute",
        "in_flight": 10_000,
    },
    "delivery": {"lease_s": 1.0, "poll_s": 0.2, "attempts": 1000, "backoff_base_s": 0.2, "backoff_cap_s": 1.0},
}
_PATIENCE_S = 60.0
_PRELOAD = ["bot.server", "faiss", "onnxruntime", "tokenizers"]


def context() -> ForkServerContext:
    """Return a context whose children start in a fraction of a second."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(_PRELOAD)
    return forking


def slack_process(
    forking: ForkServerContext,
    data_dir: Path,
    articles: Path,
    sandbox: Sandbox,
    progress_after_s: float = 1.5,
    approved: Collection[str] = (),
) -> "BotProcess":
    """Return a bot in the sandbox. In the channels of `approved` a person approves every answer first."""
    slack = {"progress_after_s": progress_after_s}
    channels = {channel: {"auto_answer": False} for channel in approved}
    settings = demo_settings(data_dir, articles, sandbox, slack_extra=slack, channels=channels, **UNLIMITED_AND_HASTY)
    return BotProcess(forking, settings, sandbox.socket.connected)


class BotProcess:
    """One running bot after another over the same store."""

    def __init__(
        self,
        forking: ForkServerContext,
        settings: Settings,
        connected: asyncio.Event | None = None,
        name: str = "bot",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._forking = forking
        self._settings = settings
        self._connected = connected
        self._environment = dict(environment or {})
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.log = settings.data_dir / f"{name}.log"
        self._process: ForkServerProcess | None = None

    @property
    def pid(self) -> int:
        """Id of the running process."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def start(self) -> None:
        """Start a process; it is ready some time later."""
        if self._connected:
            self._connected.clear()
        self._process = self._forking.Process(
            target=_serve, args=(self._settings, str(self.log), self._environment), daemon=True
        )
        self._process.start()

    async def ready(self) -> None:
        """Return when the process is connected to the workspace, or answers over HTTP."""
        if self._connected:
            await asyncio.wait_for(self._connected.wait(), _PATIENCE_S)
            return
        end = time.monotonic() + _PATIENCE_S
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self._settings.server.port}") as session:
            while True:
                assert time.monotonic() < end, "the process does not get ready"
                with suppress(aiohttp.ClientError):
                    async with session.get("/healthz"):
                        return
                # A process that starts tells nobody when it listens.
                await asyncio.sleep(0.02)

    async def waiting(self) -> int:
        """Return how many questions, builds and messages wait in the store or are worked on."""
        async with opened_store(self._settings) as store:
            assert store is not None
            # Questions first: one that ends puts its messages into the outbox in the same transaction.
            questions = (await store.inbox.length()).waiting + (await store.builds.length()).waiting
            return questions + (await store.outbox.length()).waiting

    async def idle(self, patience_s: float = _PATIENCE_S) -> None:
        """Return when nothing waits: what was not posted by then never will be."""
        end = time.monotonic() + patience_s
        while waiting := await self.waiting():
            assert time.monotonic() < end, f"{waiting} questions and messages still wait"
            await asyncio.sleep(0.2)

    def kill(self) -> None:
        """End the process as a power cut would, if it runs."""
        if self._process is not None and self._process.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            self._process.join()

    async def stop(self) -> int | None:
        """Ask the process to stop, and return its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        assert self._process is not None
        await asyncio.to_thread(self._process.join, 30)
        return self._process.exitcode

    def memory_mb(self) -> float:
        """Return the resident memory of the process."""
        fields = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _serve(settings: Settings, log: str, environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    with Path(log).open("a", buffering=1) as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        from bot.cli.signals import stop_event  # noqa: PLC0415
        from bot.server import running_bot  # noqa: PLC0415 - imported by the fork server before
        from bot.telemetry.logs import configure_logging  # noqa: PLC0415

        configure_logging("WARNING")

        async def run() -> None:
            stopped = stop_event()
            async with running_bot(settings):
                await stopped.wait()

        asyncio.run(run())
