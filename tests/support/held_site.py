"""A site on loopback that answers only when it is let, so that a test can act in the middle of a build."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class HeldSite:
    """A page, and how often it was asked for. Requests wait until `let` is set."""

    page: str = ""
    visits: int = 0
    let: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of an index of this page."""
        return {"paths": [self.page], "refetch_s": 0, "fetch_delay_s": 0, "private_hosts": ["127.0.0.1"]}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        if request.path != "/fees":
            return web.Response(status=404)
        self.visits += 1
        await self.let.wait()
        text = "<title>Fees</title><h1>Fees</h1><p>The fee for a returned debit is 9 euro, due within 14 days."
        return web.Response(text=text, content_type="text/html")


@asynccontextmanager
async def held_site() -> AsyncIterator[HeldSite]:
    """Serve the site while the body runs."""
    site, app = HeldSite(), web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.page = f"http://127.0.0.1:{runner.addresses[0][1]}/fees"
    try:
        yield site
    finally:
        site.let.set()
        await runner.cleanup()
