"""The HTTP interface of the browser page: the workspace as one person sees it, and that person's actions."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.sandbox.acts import Acts, NotPossibleError
from bot.sandbox.menu import Menu
from bot.sandbox.workspace import BOT_NAME, BOT_USER_ID, Channel, Message, Workspace

_POLL_SECONDS = 20.0


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: str = Field(max_length=40)


ActT = TypeVar("ActT", bound=_Act)


class _Post(_Act):
    channel: str = Field(max_length=40)
    text: str = Field(min_length=1, max_length=12_000)
    thread_ts: str | None = Field(None, max_length=40)
    file: str | None = Field(None, max_length=100)


class _Press(_Act):
    channel: str = Field(max_length=40)
    ts: str = Field(max_length=40)
    block_id: str = Field(max_length=255)
    action: dict[str, Any]


class _Submit(_Act):
    view_id: str = Field(max_length=40)
    values: dict[str, dict[str, str | list[str]]]


class _MessageAct(_Act):
    channel: str = Field(max_length=40)
    ts: str = Field(max_length=40)
    text: str | None = Field(None, max_length=12_000)


class _Tab(_Act):
    tab: str = Field(pattern="^(home|messages)$")


class _HomePress(_Act):
    block_id: str = Field(max_length=255)
    action: dict[str, Any]
    values: dict[str, Any]


class _Choice(_Act):
    answerer: str = Field(max_length=40)


class Page:
    """Answers the browser page, which shows the workspace and the menu."""

    def __init__(self, workspace: Workspace, acts: Acts, menu: Menu) -> None:
        self._workspace = workspace
        self._acts = acts
        self._menu = menu

    def routes(self) -> list[web.RouteDef]:
        """Return the page's routes."""
        return [
            web.get("/sandbox/state", self._state),
            web.post("/sandbox/post", self._post),
            web.post("/sandbox/press", self._press),
            web.post("/sandbox/submit", self._submit),
            web.post("/sandbox/close", self._close),
            web.post("/sandbox/edit", self._edit),
            web.post("/sandbox/delete", self._delete),
            web.post("/sandbox/shortcut", self._shortcut),
            web.post("/sandbox/stop", self._stop),
            web.post("/sandbox/tab", self._tab),
            web.post("/sandbox/home", self._home),
            web.post("/sandbox/answerer", self._choose),
        ]

    async def _state(self, request: web.Request) -> web.Response:
        user = request.query.get("as", "")
        if user not in self._workspace.people:
            raise web.HTTPNotFound
        since = request.query.get("since", "")
        if since.isdigit() and int(since) >= self._workspace.version:
            await self._workspace.wait_for_change(int(since), _POLL_SECONDS)
        return web.json_response(self._state_for(user))

    async def _post(self, request: web.Request) -> web.Response:
        return await _run_act(request, _Post, self._say)

    async def _say(self, act: _Post) -> None:
        # Slack repeats an event that nobody took a minute later only.
        await self._menu.ready()
        if act.text.startswith("/"):
            await self._acts.command(act.user, act.channel, act.text)
        else:
            files = [{"id": "F0SANDBOX", "name": act.file}] if act.file else []
            await self._acts.post(act.user, act.channel, act.text, act.thread_ts, files)

    async def _press(self, request: web.Request) -> web.Response:
        return await _run_act(
            request, _Press, lambda a: self._acts.press(a.user, a.channel, a.ts, a.block_id, a.action)
        )

    async def _submit(self, request: web.Request) -> web.Response:
        return await _run_act(request, _Submit, lambda a: self._acts.submit(a.user, a.view_id, a.values))

    async def _close(self, request: web.Request) -> web.Response:
        return await _run_act(request, _Act, lambda a: self._acts.close(a.user))

    async def _edit(self, request: web.Request) -> web.Response:
        return await _run_act(request, _MessageAct, lambda a: self._acts.edit(a.user, a.channel, a.ts, a.text or ""))

    async def _delete(self, request: web.Request) -> web.Response:
        return await _run_act(request, _MessageAct, lambda a: self._acts.delete(a.user, a.channel, a.ts))

    async def _shortcut(self, request: web.Request) -> web.Response:
        return await _run_act(request, _MessageAct, lambda a: self._acts.shortcut(a.user, a.channel, a.ts))

    async def _stop(self, request: web.Request) -> web.Response:
        return await _run_act(request, _MessageAct, lambda a: self._acts.stop(a.user, a.channel, a.ts))

    async def _tab(self, request: web.Request) -> web.Response:
        return await _run_act(request, _Tab, lambda a: self._acts.open_tab(a.user, a.tab))

    async def _home(self, request: web.Request) -> web.Response:
        return await _run_act(
            request, _HomePress, lambda a: self._acts.press_home(a.user, a.block_id, a.action, a.values)
        )

    async def _choose(self, request: web.Request) -> web.Response:
        return await _run_act(request, _Choice, self._chosen)

    async def _chosen(self, act: _Choice) -> None:
        if not await self._menu.choose(act.answerer):
            raise NotPossibleError("nobody of this name answers here")

    def _state_for(self, user: str) -> dict[str, Any]:
        space = self._workspace
        channels = [c for c in space.channels.values() if user in c.members]
        view_id = space.view_of.get(user)
        return {
            "version": space.version,
            "me": user,
            "bot": {"id": BOT_USER_ID, "name": BOT_NAME},
            "people": [{"id": p.id, "name": p.name, "role": p.role, "about": p.about} for p in space.people.values()],
            "channels": [_channel_json(channel) for channel in channels],
            "messages": [_message_json(m, user) for m in space.messages if self._visible(m, user, channels)],
            "status": [{"channel": c, "thread_ts": t, "text": s} for (c, t), s in space.status.items() if s],
            "sessions": [{"channel": c, "thread_ts": t, "state": s} for (c, t), s in space.sessions.items()],
            "home": space.homes.get(user),
            "prompts": next((p for c, p in space.prompts.items() if user in space.channels[c].members), []),
            "view": space.views[view_id] if view_id else None,
            "view_errors": space.view_errors.get(view_id, {}) if view_id else {},
            "notice": space.notices.pop(user, None),
            **self._menu.as_json(),
        }

    @staticmethod
    def _visible(message: Message, user: str, channels: list[Channel]) -> bool:
        return message.visible_to in {None, user} and any(c.id == message.channel for c in channels)


async def _run_act(request: web.Request, shape: type[ActT], act: Callable[[ActT], Awaitable[Any]]) -> web.Response:
    try:
        await act(shape.model_validate_json(await request.read()))
    except ValidationError:
        return web.json_response({"error": "malformed request"}, status=400)
    except NotPossibleError as error:
        return web.json_response({"error": str(error)}, status=409)
    return web.json_response({})


def _channel_json(channel: Channel) -> dict[str, Any]:
    return {"id": channel.id, "name": channel.name, "is_im": channel.is_im, "is_private": channel.is_private}


def _message_json(message: Message, user: str) -> dict[str, Any]:
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "ephemeral": message.visible_to is not None,
        "edited": message.edited,
        "streaming": message.is_streaming,
        "tasks": message.tasks,
        "files": [file["name"] for file in message.files],
        "chosen": {key.partition(":")[2]: value for key, value in message.chosen.items() if key.startswith(f"{user}:")},
    }
