"""Socket Mode: the WebSocket connection on which Slack delivers events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.settings import SlackSettings
from bot.slack.clients import build_client
from bot.slack.watchdog import Watchdog
from index.errors import SettingsError


@asynccontextmanager
async def socket_mode(settings: SlackSettings, bolt: AsyncApp) -> AsyncIterator[Callable[[], bool] | None]:
    """Hold the connection while the body runs; yield a function that tells whether it is healthy.

    Without an app token there is no connection, and None is yielded. Raises SettingsError if Slack refuses the token.
    """
    if settings.app_token is None:
        yield None
        return
    handler = AsyncSocketModeHandler(
        bolt, app_token=settings.app_token.get_secret_value(), web_client=build_client(settings, None)
    )
    handler.client.proxy = handler.client.web_client.proxy
    watchdog = Watchdog(handler.client, settings.silence_s, settings.quiet_s)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    except SlackApiError as error:
        raise SettingsError(f"setting slack.app_token: Slack refuses it ({error.response.get('error')})") from None
    watching = asyncio.create_task(watchdog.run())
    try:
        yield lambda: watchdog.is_healthy
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await handler.close_async()  # type: ignore[no-untyped-call]
