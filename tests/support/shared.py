"""The shared server as a process connects to it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from bot.shared.server import SharedServer
from bot.shared_settings import SharedSettings
from bot.telemetry.metrics import Metrics


@asynccontextmanager
async def connected(url: str, metrics: Metrics | None = None, **settings: float) -> AsyncIterator[SharedServer]:
    """Connect to a server while the body runs. `settings` are further keys of `[shared]`."""
    values = SharedSettings.model_validate({"url": url, **settings})
    async with aclosing(SharedServer(values, metrics or Metrics(routes=()))) as server:
        yield server
