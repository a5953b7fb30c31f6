"""The Web API methods that the bot uses, with Slack's errors; any other method is refused."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox import blockkit
from bot.sandbox.workspace import APP_ID, BOT_ID, BOT_NAME, BOT_USER_ID, TEAM_ID, Channel, Message, Workspace

Arguments = Mapping[str, Any]
_JSON_FIELDS = ("blocks", "view", "metadata", "attachments", "loading_messages")


class ApiError(Exception):
    """Slack's `ok: false`."""

    def __init__(self, error: str, **details: Any) -> None:  # noqa: ANN401 - goes out as JSON
        super().__init__(error)
        self.error = error
        self.details = details


class WebApi:
    """Answers `POST /api/<method>`."""

    def __init__(self, workspace: Workspace, bot_token: str, app_token: str) -> None:
        self._workspace = workspace
        self._tokens = {bot_token: "bot", app_token: "app"}
        self.socket_tickets: set[str] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._methods: dict[str, Callable[[Arguments], Awaitable[dict[str, Any]]]] = {
            "api.test": self._ok,
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "views.open": self._open_view,
            "assistant.threads.setStatus": self._set_status,
            "users.info": self._user_info,
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call: HTTP 200, `ok` true or false, as Slack does."""
        method = request.match_info["method"]
        try:
            arguments = await _arguments(request)
            kind = self._kind_of_token(request, arguments)
            self.calls.append((method, {k: v for k, v in arguments.items() if k != "token"}))
            body = await self._dispatch(method, kind, arguments, request)
        except ApiError as error:
            return web.json_response({"ok": False, "error": error.error, **error.details})
        return web.json_response({"ok": True, **body})

    async def _dispatch(self, method: str, kind: str, arguments: Arguments, request: web.Request) -> dict[str, Any]:
        if method == "apps.connections.open":
            if kind != "app":
                raise ApiError("not_allowed_token_type")
            ticket = secrets.token_urlsafe(16)
            self.socket_tickets.add(ticket)
            return {"url": f"ws://{request.host}/link/?ticket={ticket}&app_id={APP_ID}"}
        handler = self._methods.get(method)
        if handler is None:
            raise ApiError("unknown_method", req_method=method)
        if kind != "bot":
            raise ApiError("not_allowed_token_type")
        return await handler(arguments)

    def _kind_of_token(self, request: web.Request, arguments: Arguments) -> str:
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip() or str(arguments.get("token") or "")
        if not token:
            raise ApiError("not_authed")
        if token not in self._tokens:
            raise ApiError("invalid_auth")
        return self._tokens[token]

    async def _ok(self, _: Arguments) -> dict[str, Any]:
        return {}

    async def _auth_test(self, _: Arguments) -> dict[str, Any]:
        return {
            "url": "https://sandbox.slack.test/",
            "team": "Sandbox",
            "team_id": TEAM_ID,
            "user": BOT_NAME.lower(),
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    async def _user_info(self, arguments: Arguments) -> dict[str, Any]:
        person = self._workspace.people.get(str(arguments.get("user")))
        if person is None:
            raise ApiError("user_not_found")
        return {"user": {"id": person.id, "team_id": TEAM_ID, "name": person.name.lower(), "real_name": person.name}}

    async def _post_message(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        text, blocks = _content(arguments)
        message = Message(
            ts=self._workspace.new_ts(),
            channel=channel.id,
            user=BOT_USER_ID,
            text=text,
            blocks=blocks,
            thread_ts=self._thread(channel, arguments),
            metadata=arguments.get("metadata"),
        )
        self._workspace.messages.append(message)
        if message.thread_ts:
            self._workspace.status.pop((channel.id, message.thread_ts), None)
        await self._workspace.changed()
        return {"channel": channel.id, "ts": message.ts, "message": message_json(message)}

    async def _post_ephemeral(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        user = str(arguments.get("user") or "")
        if user not in channel.members:
            raise ApiError("user_not_in_channel")
        text, blocks = _content(arguments)
        message = Message(
            self._workspace.new_ts(), channel.id, BOT_USER_ID, text, blocks, self._thread(channel, arguments), user
        )
        self._workspace.messages.append(message)
        await self._workspace.changed()
        return {"message_ts": message.ts}

    async def _update(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        message = self._workspace.message(channel.id, str(arguments.get("ts") or ""))
        if message is None:
            raise ApiError("message_not_found")
        if not message.is_bot or message.visible_to:
            raise ApiError("cant_update_message")
        message.text, message.blocks = _content(arguments)
        message.edited = True
        await self._workspace.changed()
        return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message_json(message)}

    async def _open_view(self, arguments: Arguments) -> dict[str, Any]:
        view = arguments.get("view")
        if errors := blockkit.view_errors(view):
            raise ApiError("invalid_arguments", response_metadata={"messages": errors})
        user, problem = self._workspace.take_trigger(str(arguments.get("trigger_id") or ""))
        if user is None:
            raise ApiError(problem or "invalid_trigger_id")
        view_id = f"V{secrets.token_hex(6).upper()}"
        stored = {**dict(view or {}), "id": view_id, "team_id": TEAM_ID, "app_id": APP_ID, "bot_id": BOT_ID}
        stored["hash"] = secrets.token_hex(8)
        self._workspace.views[view_id] = stored
        self._workspace.view_of[user] = view_id
        self._workspace.view_errors.pop(view_id, None)
        await self._workspace.changed()
        return {"view": stored}

    async def _set_status(self, arguments: Arguments) -> dict[str, Any]:
        channel, thread = str(arguments.get("channel_id")), str(arguments.get("thread_ts") or "")
        if channel not in self._workspace.channels or not thread:
            raise ApiError("channel_not_found" if thread else "invalid_thread_ts")
        status = str(arguments.get("status") or "")
        self._workspace.status[channel, thread] = status
        await self._workspace.changed()
        return {}

    def _channel(self, arguments: Arguments) -> Channel:
        name = str(arguments.get("channel") or "")
        channel = self._workspace.direct_channel(name) if name.startswith("U") else self._workspace.channels.get(name)
        if channel is None:
            raise ApiError("channel_not_found")
        if BOT_USER_ID not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def _thread(self, channel: Channel, arguments: Arguments) -> str | None:
        thread = arguments.get("thread_ts")
        if not thread:
            return None
        if self._workspace.message(channel.id, str(thread)) is None:
            raise ApiError("invalid_thread_ts")
        return str(thread)


def message_json(message: Message) -> dict[str, Any]:
    """Return a message as Slack's payloads carry it."""
    body: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "team": TEAM_ID,
    }
    if message.is_bot:
        body |= {"bot_id": BOT_ID, "app_id": APP_ID}
    if message.thread_ts:
        body["thread_ts"] = message.thread_ts
    if message.metadata:
        body["metadata"] = message.metadata
    return body


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except json.JSONDecodeError:
            raise ApiError("invalid_json") from None
        return dict(body) if isinstance(body, dict) else {}
    form: dict[str, Any] = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in _JSON_FIELDS:
        if isinstance(form.get(name), str) and form[name][:1] in {"[", "{"}:
            form[name] = json.loads(form[name])
    return form


def _content(arguments: Arguments) -> tuple[str, list[dict[str, Any]]]:
    text, blocks = str(arguments.get("text") or ""), arguments.get("blocks") or []
    if not text and not blocks:
        raise ApiError("no_text")
    if len(text) > blockkit.MAX_TEXT:
        raise ApiError("msg_too_long")
    if errors := blockkit.block_errors(blocks):
        raise ApiError("invalid_blocks", errors=errors, response_metadata={"messages": errors})
    if blockkit.markdown_length(blocks) > blockkit.MAX_MARKDOWN_TOTAL:
        raise ApiError("msg_blocks_too_long")
    return text, [dict(block) for block in blocks]
