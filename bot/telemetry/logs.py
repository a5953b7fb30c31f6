"""Write the log to standard error: one JSON line for each event, with secrets redacted."""

import logging
import sys
from typing import Any

import structlog

from pipeline.safety.redaction import redacted_event


def configure_logging(level: str = "INFO") -> None:
    """Log our own events from `level` on, and the warnings of libraries without their messages."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, redacted_event, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries log payloads and addresses at debug and info level, so those levels are off.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _LibraryFormatter(logging.Formatter):
    """Formats a library's record as JSON without its message, which may hold text or tokens."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"event": "library_log", "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
        event["timestamp"] = self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ")
        return structlog.processors.JSONRenderer()(None, "", event)  # type: ignore[return-value]
