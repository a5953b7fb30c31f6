"""Waiting for the operator to stop a process."""

import asyncio
import signal


def stop_event() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets; made before the start, so that a stop on the way is graceful too."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped
