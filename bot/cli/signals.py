"""Run a process until the operator stops it."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

from bot.cli.printing import say


def stop_event() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets. Call it first, so that a stop during the start is graceful, too."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`. An interrupt before `stop_event` is called ends it without a traceback."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        say("stopped", err=True)
