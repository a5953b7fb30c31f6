"""Keep Socket Mode alive: replace a connection that receives nothing, and report its health."""

import asyncio
import time
from collections.abc import Callable

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient

_log = structlog.get_logger(__name__)
_LOOKS_PER_LIMIT = 4


class Watchdog:
    """Watches one Socket Mode client. The client itself reconnects only after a close and after missing pongs.

    `silence_s`: longest time without a text message; slack_sdk passes no pings and pongs to its listeners.
    `quiet_s`: longest time without a delivery. A connection that delivers nothing looks the same whether it is broken
    or nobody asks, so it is renewed.
    """

    def __init__(
        self, client: SocketModeClient, silence_s: float, quiet_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._silence_s = silence_s
        self._quiet_s = quiet_s
        self._now = now
        self._message_at = self._delivery_at = now()
        client.on_message_listeners.append(self._message)
        client.socket_mode_request_listeners.append(self._delivery)

    @property
    def is_healthy(self) -> bool:
        """Tell whether a message came, or a new connection was made, within twice `silence_s`."""
        return self._now() - self._message_at <= 2 * self._silence_s

    async def run(self) -> None:
        """Call `look` regularly, without end."""
        while True:
            await asyncio.sleep(min(self._silence_s, self._quiet_s) / _LOOKS_PER_LIMIT)
            await self.look()

    async def look(self) -> None:
        """Connect anew if the connection is closed, or was without messages or deliveries for too long."""
        now = self._now()
        silent, quiet = now - self._message_at, now - self._delivery_at
        if silent <= self._silence_s and quiet <= self._quiet_s and await self._client.is_connected():
            return
        _log.warning("socket_renewed", silent_s=round(silent), quiet_s=round(quiet))
        try:
            await self._client.connect_to_new_endpoint(force=True)
            self._message_at = self._delivery_at = self._now()
        except Exception as error:  # noqa: BLE001 - Slack cannot be reached; the next look tries again
            _log.error("reconnect_failed", error=type(error).__name__)

    async def _message(self, _: object) -> None:
        self._message_at = self._now()

    async def _delivery(self, *_: object) -> None:
        self._delivery_at = self._now()
