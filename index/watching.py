"""Rebuild the index whenever a file in a watched folder changes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from watchfiles import watch

from index.errors import CitedeskError

_DEBOUNCE_MS, _LOOK_EVERY_MS = 1000, 200


def watched(
    paths: Sequence[Path], build: Callable[[], Any], refused: Callable[[CitedeskError], Any], stop: Event
) -> None:
    """Call `build` at once and after every change below `paths`, until `stop` is set.

    Changes within a second count as one. A CitedeskError of `build` goes to `refused`, and watching continues.
    """
    begun = False
    # The watch starts before the first build, so that changes during that build are noticed.
    for changes in watch(
        *paths,
        debounce=_DEBOUNCE_MS,
        stop_event=stop,
        raise_interrupt=False,
        rust_timeout=_LOOK_EVERY_MS,
        yield_on_timeout=True,
    ):
        if changes or not begun:
            _attempt(build, refused)
            begun = True


def _attempt(build: Callable[[], Any], refused: Callable[[CitedeskError], Any]) -> None:
    try:
        build()
    except CitedeskError as error:
        refused(error)
