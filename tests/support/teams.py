"""Microsoft Teams' connector on loopback, speaking its REST protocol, and the activities that Teams sends."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

REVIEWS = "19:reviews@thread.tacv2"
_PATIENCE = 20.0
_ids = itertools.count(1)


@dataclass
class FakeConnector:
    """What was posted, by id; `failures` are statuses that the next posts of messages get instead."""

    url: str = ""
    bot_url: str = ""
    posted: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        """Return the messages of a conversation, without typing."""
        return [a for a in self.posted.values() if a["where"] == conversation and a["type"] == "message"]

    async def until(self, look: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is looked for
        """Return what `look` sees once it is true."""
        end = time.monotonic() + _PATIENCE
        while not (seen := look()):
            assert time.monotonic() < end, self.posted
            await asyncio.sleep(0.02)
        return seen

    async def send(self, activity: dict[str, Any]) -> tuple[int, Any]:
        """Send an activity to the bot; return status and what it said."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.bot_url}/api/messages", json=activity) as response,
        ):
            return response.status, await response.json() if response.content_type == "application/json" else None

    def activity(self, kind: str, user: str, conversation: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return an activity as Teams sends it."""
        channel = conversation.startswith("19:")
        return {
            "type": kind,
            "id": f"a-{next(_ids)}",
            "channelId": "msteams",
            "serviceUrl": self.url,
            "from": {"id": f"29:{user}", "name": user.title(), "aadObjectId": user},
            "recipient": {"id": "28:bot", "name": "Citedesk"},
            "conversation": {
                "id": conversation,
                "conversationType": "channel" if channel else "personal",
                "tenantId": "tenant-1",
            },
            **more,
        }

    def question(self, text: str, user: str = "asker", conversation: str = "a:asker") -> dict[str, Any]:
        """Return a message; in a channel it mentions the bot."""
        if not conversation.startswith("19:"):
            return self.activity("message", user, conversation, text=text)
        mention = {"type": "mention", "text": "<at>Citedesk</at>", "mentioned": {"id": "28:bot", "name": "Citedesk"}}
        return self.activity(
            "message", user, conversation, text=f"<at>Citedesk</at> {text}", entities=[mention], attachments=[]
        )

    def press(self, user: str, conversation: str, verb: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return the invoke of a card's button."""
        value = {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"}
        return self.activity("invoke", user, conversation, name="adaptiveCard/action", value=value)


@asynccontextmanager
async def connector() -> AsyncIterator[FakeConnector]:
    """Run the connector."""
    fake = FakeConnector()

    async def post(request: web.Request) -> web.Response:
        activity = await request.json() | {"where": request.match_info["conversation"]}
        if activity["type"] == "message" and fake.failures:
            status = fake.failures.pop(0)
            fake.refused.append(status)
            headers = {"Retry-After": "0.05"} if status == 429 else {}
            return web.json_response({"error": {"code": "Busy", "message": "later"}}, status=status, headers=headers)
        key = f"m-{next(_ids)}"
        fake.posted[key] = activity | {"id": key}
        return web.json_response({"id": key}, status=201)

    async def put(request: web.Request) -> web.Response:
        activity, key = await request.json(), request.match_info["activity"]
        if key not in fake.posted:
            raise web.HTTPNotFound
        fake.updates.append((key, activity))
        fake.posted[key] |= activity
        return web.json_response({"id": key})

    app = web.Application()
    app.router.add_post("/v3/conversations/{conversation}/activities", post)
    app.router.add_put("/v3/conversations/{conversation}/activities/{activity}", put)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield fake
    finally:
        await runner.cleanup()
