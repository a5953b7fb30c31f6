"""Write a line of the log once, however often it comes, and how often it came some time later."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Counter

_log = structlog.get_logger(__name__)
# Whoever can make the bot warn could fill the disk with warnings.
_LIMITED = frozenset({"warning", "error", "critical"})
_REPEATED = "line_repeated"
_SECONDS = 30.0
_LINES = 500
# In the messages of libraries numbers stand in the text.
_NUMBER = re.compile(r"\d+")

# Of the process, as the log is.
SUPPRESSED = Counter("citedesk_log_lines_suppressed", "Repeated lines that were not logged", registry=None)


@dataclass(slots=True)
class _Line:
    """A line that was written. `until` is when it may be written again, `times` how often it was left out."""

    name: str
    message: str
    until: float
    times: int = 0


class Repeats:
    """A structlog processor: drop a warning or an error that was written less than half a minute ago.

    Lines are the same if they differ in numbers only. How often one was dropped is told with the first line of any
    kind after that time.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # In the order in which they were written, which is that of their ends.
        self._lines: dict[tuple[tuple[str, str], ...], _Line] = {}

    def __call__(self, _logger: object, method: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the event. Raises structlog.DropEvent if it is a repeated one."""
        name, now = str(event.get("event")), self._now()
        if name == _REPEATED:
            return event
        self._tell_ended(now)
        if method not in _LIMITED:
            return event
        key = tuple(
            (field, _NUMBER.sub("", str(value)) if field == "message" else str(value))
            for field, value in event.items()
            if not isinstance(value, int | float)
        )
        if line := self._lines.get(key):
            line.times += 1
            SUPPRESSED.inc()
            raise structlog.DropEvent
        self._lines[key] = _Line(name, str(event.get("message", "")), now + _SECONDS)
        return event

    def _tell_ended(self, now: float) -> None:
        """Forget lines whose time is over, and the oldest of too many; tell how often they were dropped."""
        ended = [key for key, line in self._lines.items() if line.until <= now]
        for key in ended or list(self._lines)[: len(self._lines) - _LINES]:
            # Another thread may have told of it.
            line = self._lines.pop(key, None)
            if line and line.times:
                _log.warning(_REPEATED, line=line.name, message=line.message, times=line.times)
