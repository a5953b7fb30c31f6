"""Socket Mode kept alive: a connection without a sign of life is replaced, and health tells of it."""

import asyncio
import time
from collections.abc import Callable

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient

_log = structlog.get_logger(__name__)
_LOOKS = 4


class Watchdog:
    """Watches one Socket Mode client, whose own reconnection covers only what breaks.

    `silence_s`: longest time without any frame, pongs included. `quiet_s`: longest time without a delivery; a
    connection that answers pings and delivers nothing cannot be told from a quiet night, so it is renewed.
    """

    def __init__(
        self, client: SocketModeClient, silence_s: float, quiet_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._silence_s = silence_s
        self._quiet_s = quiet_s
        self._now = now
        self._frame_at = self._delivery_at = now()
        client.on_message_listeners.append(self._frame)
        client.socket_mode_request_listeners.append(self._delivery)

    @property
    def is_healthy(self) -> bool:
        """Tell whether Slack has shown a sign of life lately."""
        return self._now() - self._frame_at <= 2 * self._silence_s

    async def run(self) -> None:
        """Look again and again; connect anew after too long a silence."""
        while True:
            await asyncio.sleep(min(self._silence_s, self._quiet_s) / _LOOKS)
            await self.look()

    async def look(self) -> None:
        """Connect anew if it is time to."""
        now = self._now()
        silent, quiet = now - self._frame_at, now - self._delivery_at
        if silent <= self._silence_s and quiet <= self._quiet_s and await self._client.is_connected():
            return
        _log.warning("socket_renewed", silent_s=round(silent), quiet_s=round(quiet))
        try:
            await self._client.connect_to_new_endpoint(force=True)
            self._frame_at = self._delivery_at = self._now()
        except Exception as error:  # noqa: BLE001 - Slack is out of reach; the next look tries again
            _log.error("reconnect_failed", error=type(error).__name__)

    async def _frame(self, _: object) -> None:
        self._frame_at = self._now()

    async def _delivery(self, *_: object) -> None:
        self._delivery_at = self._now()
