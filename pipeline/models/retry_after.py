"""Read how long a server asks a client to wait. Loads no client, so chat products can use it too."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Return the seconds that a response asks to wait, never below zero; None if it names no usable wait.

    Reads `retry-after-ms` (Azure OpenAI), then `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), with
    header names in any case.
    """
    named = {str(name).lower(): value for name, value in headers.items()}
    for name, units_per_second in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = _number(named.get(name))
        if value is not None:
            return value / units_per_second
    try:
        when = parsedate_to_datetime(named.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now().timestamp())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(value, 0.0) if math.isfinite(value) else None
