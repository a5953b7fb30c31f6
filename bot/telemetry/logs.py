"""Write the log to standard error: one JSON line for each event, with secrets redacted."""

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

import structlog

from bot.telemetry.library_messages import message_of
from bot.telemetry.repeats import Repeats
from pipeline.safety.redaction import redacted_event


def _processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        Repeats(),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redacted_event,
        structlog.processors.JSONRenderer(),
    ]


def configure_logging(level: str = "INFO") -> None:
    """Log our own events from `level` on, and the warnings of libraries in the same form."""
    processors = _processors()
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries log payloads and addresses at debug and info level, so those levels are off.
    handler = _LibraryHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter(processors))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _LibraryHandler(logging.StreamHandler[TextIO]):
    """Writes the records of libraries that are not repeated."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        with suppress(structlog.DropEvent):
            super().emit(record)


class _LibraryFormatter(logging.Formatter):
    """Formats a library's record as one of our events. Raises structlog.DropEvent for a repeated one."""

    def __init__(self, processors: Sequence[Any]) -> None:
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        event: Any = {"logger": record.name, "message": message_of(record), "event": "library_log"}
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
        for process in self._processors:
            event = process(None, record.levelname.lower(), event)
        return str(event)
