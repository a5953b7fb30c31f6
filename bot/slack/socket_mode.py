"""Socket Mode: the WebSocket connection on which Slack delivers events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.delivery.runtime import IsAlive
from bot.settings import SlackSettings
from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.clients import build_client, is_temporary
from bot.slack.watchdog import Watchdog
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
# slack_sdk takes a connection for broken after so many pings without an answer.
_PINGS_PER_SILENCE = 4
# One attempt to connect asks the Web API for an address, and then opens it.
_CALLS_PER_ATTEMPT = 2


@asynccontextmanager
async def socket_mode(settings: SlackSettings, bolt: AsyncApp) -> AsyncIterator[IsAlive | None]:
    """Hold the connection while the body runs; yield a function that tells whether there is one at the moment.

    Without an app token there is no connection, and None is yielded. If Slack cannot be reached, the connection is
    made as soon as it can. Raises SettingsError if Slack refuses the token.
    """
    if settings.app_token is None:
        yield None
        return
    handler = AsyncSocketModeHandler(
        bolt,
        app_token=settings.app_token.get_secret_value(),
        web_client=build_client(settings, None),
        ping_interval=settings.silence_s / _PINGS_PER_SILENCE,
    )
    handler.client.proxy = handler.client.web_client.proxy
    watchdog = Watchdog(handler.client, settings.quiet_s, _CALLS_PER_ATTEMPT * settings.timeout_s)
    tasks = []
    try:
        await _connect_first(watchdog)
        tasks.append(asyncio.create_task(watchdog.run()))
        yield watchdog.is_connected
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _connect_first(watchdog: Watchdog) -> None:
    try:
        await watchdog.connect()
    except CALL_ERRORS as error:
        if isinstance(error, SlackApiError) and not is_temporary(error):
            raise SettingsError(f"setting slack.app_token: Slack refuses it ({error_of(error)})") from None
        _log.warning("slack_unreachable", reason=error_of(error))
