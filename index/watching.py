"""Rebuild whenever something changes in a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from watchfiles import watch

from index.errors import CitedeskError

_DEBOUNCE_MS = 1000


def watched(
    paths: Sequence[Path], build: Callable[[], Any], refused: Callable[[CitedeskError], Any], stop: Event
) -> None:
    """Call `build` at once and after every change below `paths`, until `stop` is set.

    A save of many files is one change. What `build` refuses goes to `refused`; the watch goes on.
    """
    _attempt(build, refused)
    for _ in watch(*paths, debounce=_DEBOUNCE_MS, stop_event=stop, raise_interrupt=False):
        _attempt(build, refused)


def _attempt(build: Callable[[], Any], refused: Callable[[CitedeskError], Any]) -> None:
    try:
        build()
    except CitedeskError as error:
        refused(error)
