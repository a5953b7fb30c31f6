"""Write the log to standard error: one JSON line for each event, with secrets redacted."""

import logging
import sys
from typing import Any

import structlog

from bot.telemetry.library_messages import message_of
from pipeline.safety.redaction import redacted_event

# A list, as `structlog.testing.capture_logs` copies it.
_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    redacted_event,
    structlog.processors.JSONRenderer(),
]


def configure_logging(level: str = "INFO") -> None:
    """Log our own events from `level` on, and the warnings of libraries in the same form."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries log payloads and addresses at debug and info level, so those levels are off.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _LibraryFormatter(logging.Formatter):
    """Formats a library's record as one of our events."""

    def format(self, record: logging.LogRecord) -> str:
        event: Any = {"logger": record.name, "message": message_of(record), "event": "library_log"}
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
        for process in _PROCESSORS:
            event = process(None, record.levelname.lower(), event)
        return str(event)


def dropped_lines() -> int:
    """Return how many lines of libraries the log has left out so far, because many were alike."""
    filters = [each for handler in logging.getLogger().handlers for each in handler.filters]
    return sum(getattr(each, "dropped", 0) for each in filters)
