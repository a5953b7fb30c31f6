"""Two Slack workspaces with one app in both: the same people, channels and timestamps, other documents.

Each workspace is a sandbox. A switch stands for Slack's servers: it hands a call of the Web API to the workspace of its
token, and signs the events of both with the secret of the app. A sandbox knows one id of a workspace, so the switch
changes that of the second one on the way.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Installation

from bot.app import open_store
from bot.cli.demo import demo_settings
from bot.sandbox.delivery import signature
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID
from bot.server import running_bot
from bot.slack.http import EVENTS_PATH
from bot.slack.stored_installations import StoredInstallations
from bot.slack.token_keys import TokenKeys, new_key
from bot.tenants import Tenancy, tenants_of
from support.tenants import ACME, BETA, index_all
from support.workspace import Desk

_CLIENT, _KEY = "1.2", new_key()


@dataclass
class _Switch:
    """Slack's servers, in front of two workspaces."""

    first: Sandbox
    second: Sandbox
    session: aiohttp.ClientSession
    bot_url: str = ""

    @property
    def secret(self) -> str:
        """The signing secret of the app."""
        return self.first.credentials.signing_secret

    async def call(self, request: web.Request) -> web.Response:
        """Hand a call of the Web API to the workspace of its token."""
        is_second = self.second.credentials.bot_token in request.headers.get("Authorization", "")
        body = (await request.read()).decode()
        sandbox = self.second if is_second else self.first
        if is_second:
            body = body.replace(BETA.team_id, TEAM_ID)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = f"{sandbox.api_url}{request.match_info['method']}?{request.query_string}"
        async with self.session.request(request.method, url, data=body, headers=headers) as answered:
            said = await answered.text()
            if is_second:
                said = said.replace(TEAM_ID, BETA.team_id)
            return web.Response(status=answered.status, text=said, content_type=answered.content_type)

    async def event(self, request: web.Request) -> web.Response:
        """Deliver an event of the second workspace."""
        body = (await request.read()).decode().replace(TEAM_ID, BETA.team_id)
        headers = signature(self.secret, body, int(time.time())) | {"Content-Type": request.headers["Content-Type"]}
        kept = {name: value for name, value in request.headers.items() if name.startswith("X-Slack-Retry")}
        async with self.session.post(self.bot_url, data=body.encode(), headers={**headers, **kept}) as answered:
            return web.Response(status=answered.status, text=await answered.text())


@asynccontextmanager
async def two_slacks(data: Path, articles: Path, tmp_path: Path, **more: Any) -> AsyncIterator[tuple[Desk, Desk]]:  # noqa: ANN401
    """Run a bot that both workspaces have installed; yield the desks of Acme and of Beta."""
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(Sandbox()) for _ in range(2)]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        switch = _Switch(first, second, session)
        url = await _serve(stack, switch)
        tenants = {one.name: one.table(tmp_path) for one in (ACME, BETA)}
        for table in tenants.values():
            table["slack"] = {"reviewers_channel": "C0REVIEWS", "digest_channel": "C0SUPPORT"}
        slack = {
            "bot_token": None, "app_token": None, "client_id": _CLIENT, "client_secret": "s3cret",
            "public_url": "https://desk.example/",
            "token_keys": _KEY, "signing_secret": SecretStr(switch.secret), "api_url": f"{url}/api/",
            "workspaces": ["T0TOP"],
        }  # fmt: skip
        settings = demo_settings(data, articles, first, slack_extra=slack, tenants=tenants, **more)
        index_all(settings)
        store = await open_store(settings)
        installations = StoredInstallations(store, _CLIENT, TokenKeys.of(_KEY), (), Tenancy(tenants_of(settings)))
        for team_id, sandbox in ((TEAM_ID, first), (BETA.team_id, second)):
            token = sandbox.credentials.bot_token
            await installations.async_save(
                Installation(
                    app_id=APP_ID,
                    team_id=team_id,
                    user_id="U0ADMIN",
                    bot_token=token,
                    bot_user_id=BOT_USER_ID,
                    bot_id=BOT_ID,
                )
            )
        await store.close()
        bot = await stack.enter_async_context(running_bot(settings))
        switch.bot_url = f"{bot.url}{EVENTS_PATH}"
        first.deliver_over_http(switch.bot_url)
        second.deliver_over_http(f"{url}/events")
        yield Desk(first, bot, settings), Desk(second, bot, settings)


async def _serve(stack: AsyncExitStack, switch: _Switch) -> str:
    app = web.Application(client_max_size=1 << 22)
    app.router.add_route("*", "/api/{method}", switch.call)
    app.router.add_post("/events", switch.event)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"
