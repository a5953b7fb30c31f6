"""Keep Socket Mode connected: make the connection, renew it, and tell whether there is one."""

import asyncio
import time
from collections.abc import Callable

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.slack.best_effort import error_of
from bot.slack.clients import growing_pauses

_log = structlog.get_logger(__name__)
_LOOK_S = 5.0
_LOOKS_PER_QUIET_TIME = 4


class Watchdog:
    """Watches one Socket Mode client, which pings Slack itself and knows whether its pings are answered.

    `quiet_s`: longest time without a delivery. A connection that delivers nothing looks the same whether Slack has
    forgotten it or nobody asks, so it is renewed. `attempt_s`: longest time for one attempt to connect.
    """

    def __init__(
        self, client: SocketModeClient, quiet_s: float, attempt_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._quiet_s = quiet_s
        self._attempt_s = attempt_s
        self._now = now
        self._delivery_at = now()
        client.socket_mode_request_listeners.append(self._delivery)

    async def is_connected(self) -> bool:
        """Tell whether there is a connection on which Slack answers pings."""
        return await self._client.is_connected()

    async def run(self) -> None:
        """Look after the connection without end. After failures the pauses grow."""
        pauses = growing_pauses()
        while True:
            if await self.look():
                pauses = growing_pauses()
                await asyncio.sleep(min(_LOOK_S, self._quiet_s / _LOOKS_PER_QUIET_TIME))
            else:
                await asyncio.sleep(next(pauses))

    async def look(self) -> bool:
        """Connect if there is no connection, or if it was quiet for too long. Return False if that failed."""
        if await self.is_connected() and not self._is_quiet:
            return True
        try:
            await self.connect()
        except Exception as error:  # noqa: BLE001 - Slack cannot be reached, or refuses; the next look tries again
            _log.error("reconnect_failed", error=type(error).__name__, reason=error_of(error))
            return False
        return True

    async def connect(self) -> None:
        """Make a new connection in place of the current one, unless the client has just made one.

        Raises the errors of slack_sdk and aiohttp, and TimeoutError.
        """
        client = self._client
        # While the client itself tries to connect it holds the lock, and repeats one address. Slack takes each once.
        client.wss_uri = None
        async with asyncio.timeout(self._attempt_s), client.connect_operation_lock:
            if await self.is_connected() and not self._is_quiet:
                return
            client.wss_uri = await client.issue_new_wss_url()
            # The pings that the old connection lost say nothing of the new one.
            client.last_ping_pong_time = None
            await client.connect()  # type: ignore[no-untyped-call]
        _log.info("socket_connected")
        self._delivery_at = self._now()

    @property
    def _is_quiet(self) -> bool:
        return self._now() - self._delivery_at > self._quiet_s

    async def _delivery(self, *_: object) -> None:
        self._delivery_at = self._now()
