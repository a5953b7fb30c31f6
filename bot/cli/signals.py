"""Run a process until the operator stops it."""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from bot.cli.printing import say

_log = structlog.get_logger(__name__)
_DRAIN_S = 10.0


def stop_event() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets. Call it first, so that a stop during the start is graceful, too."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def run_until_stopped(work: Coroutine[Any, Any, None], drain_s: float = _DRAIN_S) -> None:
    """Run `work`. An interrupt before `stop_event` is called ends it without a traceback.

    Threads that still run `drain_s` seconds after its end, such as a build that cannot be interrupted, end with the
    process: they have begun nothing that counts before its end.
    """
    try:
        asyncio.run(_bounded(work, drain_s))
    except KeyboardInterrupt:
        say("stopped", err=True)


async def _bounded(work: Coroutine[Any, Any, None], drain_s: float) -> None:
    await work
    # asyncio.run would wait for the threads without a limit.
    ending = asyncio.create_task(asyncio.get_running_loop().shutdown_default_executor())
    _, late = await asyncio.wait({ending}, timeout=drain_s)
    if late:
        _log.warning("threads_not_awaited", after_s=drain_s)
        _end_now()


def _end_now() -> None:
    for child in multiprocessing.active_children():
        child.kill()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the body as an interrupt does, so that what it has begun is undone; exit status 143."""

    def end(number: int, _: object) -> None:
        # A second one must not interrupt the undoing.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say("stopped", err=True)
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
