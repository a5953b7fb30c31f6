"""Microsoft Teams' connector on loopback, speaking its REST protocol, and the activities that Teams sends."""

import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.server import RunningBot
from bot.store.port import Store
from support.teams_rules import refusal
from support.waiting import PATIENCE_S, settled, until

REVIEWS = "19:reviews@thread.tacv2"
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
    # Conversations that the bot is not in.
    closed: set[str] = field(default_factory=set)
    members: dict[str, list[str | None]] = field(default_factory=dict)
    # What the roster of a conversation answers that is not in `members`.
    roster_status: int = 403
    # What the roster says about people beside their ids; people who are not here are users of the directory.
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    # The headers with which messages were posted; where Graph's next pages are, if not here.
    tokens: list[str] = field(default_factory=list)
    next_page_at: str = ""
    stopped: bool = False
    # Why Teams takes no more of a stream, in its words, although nobody pressed Stop.
    stream_ended: str = ""
    refused_streams: int = 0
    # Streams that have got their end.
    ended: set[str] = field(default_factory=set)
    # Methods of the next requests that are done although their sender never hears of it.
    lost: list[str] = field(default_factory=list)
    # Tells of each request, by its method and activity, whether it is done although its sender never hears of it.
    loses: Callable[[str, dict[str, Any]], bool] = lambda _method, _activity: False
    # Statuses that the next updates of messages get instead.
    update_failures: list[int] = field(default_factory=list)
    store: Store | None = None

    def talk_to(self, bot: RunningBot) -> None:
        """Send activities to this bot."""
        self.bot_url, self.store = bot.url, bot.use_cases.questions.store

    def all(self, conversation: str, count: int) -> list[dict[str, Any]] | None:
        """Return the messages of a conversation once there are `count`."""
        found = self.messages(conversation)
        return found if len(found) >= count else None

    async def reply(self, activity: dict[str, Any], count: int = 1) -> dict[str, Any]:
        """Send an activity and return message number `count` of its conversation."""
        assert (await self.send(activity))[0] == 202
        found = await self.until(lambda: self.all(activity["conversation"]["id"], count))
        return dict(found[count - 1])

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        """Return the messages of a conversation, without typing."""
        return [a for a in self.posted.values() if a["where"] == conversation and a["type"] == "message"]

    async def until(self, look: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:  # noqa: ANN401 - whatever is looked for
        """Return what `look` sees once it is true."""
        return await until(look, patience_s, lambda: self.posted)

    async def exactly(self, conversation: str, count: int) -> list[dict[str, Any]]:
        """Return the messages of a conversation once no more can come; fail if there are not `count`."""
        assert self.store is not None
        await settled(self.store)
        found = self.messages(conversation)
        assert len(found) == count, found
        return found

    async def send(self, activity: dict[str, Any]) -> tuple[int, Any]:
        """Send an activity to the bot; return status and what it said."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.bot_url}/api/messages", json=activity) as response,
        ):
            return response.status, await response.json() if response.content_type == "application/json" else None

    def activity(self, kind: str, user: str, conversation: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return an activity as Teams sends it."""
        kinds = (("19:", "channel"), ("", "personal"))
        place = "groupChat" if "@thread.v2" in conversation else next(k for p, k in kinds if conversation.startswith(p))
        return {
            "type": kind,
            "id": f"a-{next(_ids)}",
            "channelId": "msteams",
            "serviceUrl": self.url,
            "from": {"id": f"29:{user}", "name": user.title(), "aadObjectId": user},
            "recipient": {"id": "28:bot", "name": "Citedesk"},
            "conversation": {
                "id": conversation,
                "conversationType": place,
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


@dataclass(frozen=True)
class _Rest:
    """The routes of the connector, and of Graph below `/graph/`."""

    fake: FakeConnector

    async def post(self, request: web.Request) -> web.Response:
        fake = self.fake
        activity = await request.json()
        if refused := refusal(activity):
            fake.refused.append(refused[0])
            return web.json_response({"error": {"code": "BadSyntax", "message": refused[1]}}, status=refused[0])
        activity |= {"where": request.match_info["conversation"]}
        if activity["where"] in fake.closed:
            return web.json_response({"error": {"code": "BotNotInConversationRoster"}}, status=403)
        if activity["type"] == "message" and fake.failures:
            status = fake.failures.pop(0)
            fake.refused.append(status)
            headers = {"Retry-After": "0.05"} if status == 429 else {}
            return web.json_response({"error": {"code": "Busy", "message": "later"}}, status=status, headers=headers)
        streams = [e for e in activity.get("entities", []) if e.get("type") == "streaminfo" and e.get("streamId")]
        if streams and (fake.stopped or fake.stream_ended):
            fake.refused_streams += 1
            said = "Content stream was cancelled by user." if fake.stopped else fake.stream_ended
            return web.json_response({"error": {"code": "ContentStreamNotAllowed", "message": said}}, status=403)
        if any(stream["streamId"] in fake.ended for stream in streams):
            said = "Content stream is not allowed on an already completed streamed message"
            return web.json_response({"error": {"code": "ContentStreamNotAllowed", "message": said}}, status=403)
        fake.ended.update(stream["streamId"] for stream in streams if stream["streamType"] == "final")
        fake.tokens.append(request.headers.get("Authorization", ""))
        key = f"m-{next(_ids)}"
        fake.posted[key] = activity | {"id": key, "at": time.monotonic()}
        self._lose(request, activity)
        return web.json_response({"id": key}, status=201)

    def _lose(self, request: web.Request, activity: dict[str, Any]) -> None:
        is_lost = self.fake.loses(request.method, activity)
        if self.fake.lost and self.fake.lost[0] == request.method:
            self.fake.lost.pop(0)
            is_lost = True
        if is_lost and request.transport:
            request.transport.close()

    async def delete(self, request: web.Request) -> web.Response:
        key = request.match_info["activity"]
        if self.fake.posted.pop(key, None) is None:
            raise web.HTTPNotFound
        # A stream and its end are one message.
        ends = [k for k, a in self.fake.posted.items() if any(e.get("streamId") == key for e in a.get("entities", []))]
        for end in ends:
            del self.fake.posted[end]
        return web.Response()

    async def put(self, request: web.Request) -> web.Response:
        activity, key = await request.json(), request.match_info["activity"]
        if self.fake.update_failures:
            return web.json_response({"error": {"code": "Busy"}}, status=self.fake.update_failures.pop(0))
        if refused := refusal(activity):
            self.fake.refused.append(refused[0])
            return web.json_response({"error": {"code": "BadSyntax", "message": refused[1]}}, status=refused[0])
        if key not in self.fake.posted:
            raise web.HTTPNotFound
        self.fake.updates.append((key, activity))
        kept = {name: self.fake.posted[key][name] for name in ("where", "at")}
        self.fake.posted[key] = activity | kept | {"id": key}
        self._lose(request, activity)
        return web.json_response({"id": key})

    async def roster(self, request: web.Request) -> web.Response:
        conversation = request.match_info["conversation"]
        self.fake.asked.append(conversation)
        if conversation not in self.fake.members:
            return web.Response(status=self.fake.roster_status)
        # Two pages, so that whoever reads one only is found out.
        first, rest = self.fake.members[conversation][:1], self.fake.members[conversation][1:]
        is_last = bool(request.query.get("continuationToken")) or not rest
        page = rest if request.query.get("continuationToken") else first
        # The roster names the id in the directory by either name, and what it does not know is null.
        name = "objectId" if is_last else "aadObjectId"
        listed = [
            {"id": f"29:{m}", "name": m, "email": None, **({name: m} if m else {}), **self.fake.people.get(m or "", {})}
            for m in page
        ]
        return web.json_response({"members": listed, **({} if is_last else {"continuationToken": "more"})})

    async def member(self, request: web.Request) -> web.Response:
        person = request.match_info["person"]
        about = self.fake.people.get(person, {"userRole": "user"})
        if about.get("status"):
            return web.Response(status=about["status"])
        return web.json_response({"id": f"29:{person}", "aadObjectId": person, "tenantId": "tenant-1"} | about)

    async def group(self, request: web.Request) -> web.Response:
        group = request.match_info["group"]
        self.fake.asked.append(group)
        if group not in self.fake.groups:
            raise web.HTTPForbidden
        if request.headers.get("ConsistencyLevel") != "eventual" or request.query.get("$count") != "true":
            refused = {"code": "Request_UnsupportedQuery", "message": "OData cast needs an advanced query"}
            return web.json_response({"error": refused}, status=400)
        at = int(request.query.get("$skiptoken", "0"))
        following = str(request.url.update_query({"$skiptoken": at + 1}))
        following = following.replace(self.fake.url, self.fake.next_page_at or self.fake.url)
        more = {"@odata.nextLink": following} if at + 1 < len(self.fake.groups[group]) else {}
        return web.json_response({"value": [{"id": self.fake.groups[group][at]}], **more})


@asynccontextmanager
async def connector() -> AsyncIterator[FakeConnector]:
    """Run the connector."""
    fake = FakeConnector()
    rest = _Rest(fake)
    app = web.Application()
    app.router.add_post("/v3/conversations/{conversation}/activities", rest.post)
    app.router.add_put("/v3/conversations/{conversation}/activities/{activity}", rest.put)
    app.router.add_delete("/v3/conversations/{conversation}/activities/{activity}", rest.delete)
    app.router.add_get("/v3/conversations/{conversation}/pagedMembers", rest.roster)
    app.router.add_get("/v3/conversations/{conversation}/members/{person}", rest.member)
    app.router.add_get("/graph/groups/{group}/transitiveMembers/microsoft.graph.user", rest.group)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield fake
    finally:
        await runner.cleanup()
