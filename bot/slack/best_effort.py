"""Calls that a workspace may refuse. The answer does not depend on them; a missing method is not called again."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

_log = structlog.get_logger(__name__)
_MISSING = frozenset(
    {"unknown_method", "missing_scope", "not_allowed", "not_allowed_token_type", "feature_not_enabled"}
)
TROUBLE = (SlackApiError, aiohttp.ClientError, OSError, TimeoutError)


def error_of(error: Exception) -> str:
    """Return Slack's code for an error, "http_500" for another status, or the kind of the failure."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    response: Any = error.response
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return str(code or f"http_{getattr(response, 'status_code', getattr(response, 'status', 0))}")


class BestEffortCalls:
    """Makes calls, and remembers for each workspace which methods it lacks."""

    def __init__(self) -> None:
        self._lacking: set[tuple[str, str]] = set()

    async def call(
        self, tenant_id: str, method: str, call: Callable[[], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse | None:
        """Return the response, or None if there is none. The answer to a question never depends on it."""
        if (tenant_id, method) in self._lacking:
            return None
        try:
            return await call()
        except TROUBLE as error:
            code = error_of(error)
            if code in _MISSING:
                self._lacking.add((tenant_id, method))
            _log.info("best_effort_call_failed", method=method, reason=code)
            return None
