"""Rebuild the index whenever a file in a watched folder changes, and addresses from time to time."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from watchfiles import DefaultFilter, watch

from index.errors import CitedeskError

_DEBOUNCE_MS, _LOOK_EVERY_MS = 1000, 200


def watched(
    paths: Sequence[Path],
    build: Callable[[], Any],
    refused: Callable[[CitedeskError], Any],
    stop: Event,
    *,
    data_dir: Path | None = None,
    again_s: float | None = None,
) -> None:
    """Call `build` at once, after every change below `paths` and every `again_s` seconds, until `stop` is set.

    Changes within a second count as one; those that a build makes below `data_dir` do not count. A CitedeskError of
    `build` goes to `refused`, and watching continues.
    """
    last: float | None = None
    for is_changed in _looks([path.resolve() for path in paths], stop, data_dir):
        due = last is None or (again_s is not None and monotonic() - last >= again_s)
        if is_changed or due:
            _attempt(build, refused)
            last = monotonic()


def _looks(paths: Sequence[Path], stop: Event, data_dir: Path | None) -> Iterator[bool]:
    """Tell several times a second whether something changed."""
    if not paths:
        while not stop.wait(_LOOK_EVERY_MS / 1000):
            yield False
        return
    # The watch starts before the first build, so that changes during that build are noticed.
    for changes in watch(
        *paths,
        watch_filter=DefaultFilter(ignore_paths=_own_paths(paths, data_dir)),
        debounce=_DEBOUNCE_MS,
        stop_event=stop,
        raise_interrupt=False,
        rust_timeout=_LOOK_EVERY_MS,
        yield_on_timeout=True,
    ):
        yield bool(changes)


def _own_paths(paths: Sequence[Path], data_dir: Path | None) -> list[str]:
    """Return the beginnings of the paths that builds write to."""
    if data_dir is None:
        return []
    own = data_dir.resolve()
    around = any(path.is_relative_to(own) for path in paths)
    return [f"{own / 'index' if around else own}{os.sep}"]


def _attempt(build: Callable[[], Any], refused: Callable[[CitedeskError], Any]) -> None:
    try:
        build()
    except CitedeskError as error:
        refused(error)
