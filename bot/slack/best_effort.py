"""Web API calls that may fail without changing the answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

_log = structlog.get_logger(__name__)
# With these codes a workspace refuses a method for good: it does not exist there, or the token may not use it.
_REFUSED_FOR_GOOD = frozenset(
    {"unknown_method", "missing_scope", "not_allowed", "not_allowed_token_type", "feature_not_enabled"}
)
CALL_ERRORS = (SlackApiError, SlackTokenRotationError, aiohttp.ClientError, OSError, TimeoutError)


def error_of(error: Exception) -> str:
    """Return Slack's error code, "http_<status>" for a response without one, or the name of any other exception."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    response: Any = error.response
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return str(code or f"http_{getattr(response, 'status_code', getattr(response, 'status', 0))}")


class BestEffortCalls:
    """Makes calls, and skips those methods that a workspace has refused for good since the process started."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, str]] = set()

    async def call(
        self, tenant_id: str, method: str, call: Callable[[], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse | None:
        """Return the response; None if the call failed or is skipped. A failure is logged, never raised."""
        if (tenant_id, method) in self._refused:
            return None
        try:
            return await call()
        except CALL_ERRORS as error:
            code = error_of(error)
            if code in _REFUSED_FOR_GOOD:
                self._refused.add((tenant_id, method))
            _log.info("best_effort_call_failed", method=method, reason=code)
            return None
