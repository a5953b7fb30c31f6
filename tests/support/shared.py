"""The shared server as a process connects to it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from bot.shared.server import SharedServer
from bot.shared_settings import SharedSettings
from bot.telemetry.metrics import Metrics

# As in docs/operating.md.
DOCUMENTED_RIGHTS = "~citedesk:* +@read +@write +@scripting +@connection +info"


def fallbacks(metrics: Metrics) -> float:
    """Return how many calls went on without the shared server."""
    lines = metrics.exposition(0, {}).decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("citedesk_shared_fallbacks_total{"))


@asynccontextmanager
async def connected(url: str, metrics: Metrics | None = None, **settings: float) -> AsyncIterator[SharedServer]:
    """Connect to a server while the body runs. `settings` are further keys of `[shared]`."""
    values = SharedSettings.model_validate({"url": url, **settings})
    async with aclosing(SharedServer(values, metrics or Metrics(routes=()))) as server:
        yield server
