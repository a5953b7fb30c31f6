"""Serve `/api/<method>`: check token and scopes, inject faults, call the method. Other methods are refused."""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox import methods, streams
from bot.sandbox.methods import ApiError, Arguments, Method
from bot.sandbox.workspace import APP_ID, BOT_USER_ID, TEAM_ID, Workspace

_JSON_FIELDS = ("blocks", "view", "metadata", "attachments", "loading_messages", "chunks", "prompts")
_CALLS_KEPT = 20_000
_TOKEN_SECONDS = 43_200
# Each method with its scopes, of which the token must have one; an empty set asks for none.
METHODS: Mapping[str, tuple[Method, frozenset[str]]] = {
    "api.test": (methods.api_test, frozenset()),
    "auth.test": (methods.auth_test, frozenset()),
    "chat.postMessage": (methods.post_message, frozenset({"chat:write"})),
    "chat.postEphemeral": (methods.post_ephemeral, frozenset({"chat:write"})),
    "chat.update": (methods.update, frozenset({"chat:write"})),
    "chat.delete": (methods.delete, frozenset({"chat:write"})),
    "chat.startStream": (streams.start, frozenset({"chat:write"})),
    "chat.appendStream": (streams.append, frozenset({"chat:write"})),
    "chat.stopStream": (streams.stop, frozenset({"chat:write"})),
    "conversations.replies": (methods.replies, frozenset({"channels:history", "groups:history", "im:history"})),
    "conversations.history": (methods.history, frozenset({"channels:history", "groups:history", "im:history"})),
    "conversations.open": (methods.open_conversation, frozenset({"im:write"})),
    "conversations.info": (methods.conversation_info, frozenset({"channels:read", "groups:read"})),
    "conversations.members": (methods.members, frozenset({"channels:read", "groups:read"})),
    "usergroups.users.list": (methods.usergroup_users, frozenset({"usergroups:read"})),
    "users.info": (methods.user_info, frozenset({"users:read"})),
    "views.open": (methods.open_view, frozenset()),
    "views.publish": (methods.publish_view, frozenset()),
    "assistant.threads.setStatus": (methods.set_status, frozenset({"chat:write", "assistant:write"})),
    "assistant.threads.setSuggestedPrompts": (methods.set_prompts, frozenset({"assistant:write"})),
    "agents.sessions.setStatus": (methods.set_session, frozenset({"assistant:write"})),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure injected into one call.

    `after` carries the call out first, so that the bot cannot know that it was done. `stall_s` and `retry_after` are
    seconds; `drop` closes the connection instead of answering.
    """

    after: bool = False
    status: int = 500
    retry_after: int | None = None
    drop: bool = False
    stall_s: float = 0.0


class WebApi:
    """The Web API of one workspace.

    `granted` are the bot token's scopes, `lacking` the methods that do not exist here. `fault` returns the failure to
    inject into a call of a method, if any. `calls` are the latest calls. `codes` are the OAuth codes and refresh tokens
    that `client`, an id and a secret, can exchange, `installs` the fields of the reply that say which workspace it is.
    """

    def __init__(self, workspace: Workspace, bot_token: str, app_token: str, granted: frozenset[str]) -> None:
        self._workspace = workspace
        self._tokens = {bot_token: "bot", app_token: "app"}
        self.granted = granted
        self.lacking: frozenset[str] = frozenset()
        self.fault: Callable[[str], Fault | None] = lambda _: None
        self.socket_tickets: set[str] = set()
        self.client = ("1.2", "s3cret")
        self.codes: set[str] = set()
        self.installs: Mapping[str, Any] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call as Slack does: HTTP 200 with `ok` true or false, unless a fault is injected."""
        method = request.match_info["method"]
        fault = self.fault(method)
        if fault and not fault.after:
            return await _failing(request, fault)
        response = await self._answered(request, method)
        return await _failing(request, fault) if fault else response

    async def _answered(self, request: web.Request, method: str) -> web.Response:
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.granted))}
        try:
            arguments = await _arguments(request)
            if method == "oauth.v2.access":
                return web.json_response({"ok": True, **self._exchanged_tokens(request, arguments)}, headers=headers)
            kind = self._kind_of_token(request, arguments)
            self.calls.append((method, {k: v for k, v in arguments.items() if k != "token"}))
            del self.calls[:-_CALLS_KEPT]
            body = await self._dispatch(method, kind, arguments, request)
        except ApiError as error:
            return web.json_response({"ok": False, "error": error.error, **error.details}, headers=headers)
        return web.json_response({"ok": True, **body}, headers=headers)

    async def _dispatch(self, method: str, kind: str, arguments: Arguments, request: web.Request) -> dict[str, Any]:
        if method == "apps.connections.open":
            if kind != "app":
                raise ApiError("not_allowed_token_type")
            ticket = secrets.token_urlsafe(16)
            self.socket_tickets.add(ticket)
            return {"url": f"ws://{request.host}/link/?ticket={ticket}&app_id={APP_ID}"}
        known = METHODS.get(method)
        if known is None or method in self.lacking:
            raise ApiError("unknown_method", req_method=method)
        if kind != "bot":
            raise ApiError("not_allowed_token_type")
        call, scopes = known
        if scopes and not scopes & self.granted:
            raise ApiError("missing_scope", needed=min(scopes), provided=",".join(sorted(self.granted)))
        return await call(self._workspace, arguments)

    def _exchanged_tokens(self, request: web.Request, arguments: Arguments) -> dict[str, Any]:
        """Return the bot token and a new refresh token for an OAuth code or a refresh token, each usable once."""
        credentials = b64encode(":".join(self.client).encode()).decode()
        if request.headers.get("Authorization") != f"Basic {credentials}":
            raise ApiError("bad_client_secret")
        given = str(arguments.get("refresh_token") or arguments.get("code") or "")
        if given not in self.codes:
            raise ApiError("invalid_refresh_token" if "refresh_token" in arguments else "invalid_code")
        self.codes.discard(given)
        token = next(token for token, kind in self._tokens.items() if kind == "bot")
        refresh = f"xoxe-1-{secrets.token_hex(12)}"
        self.codes.add(refresh)
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(self.granted)),
            "bot_user_id": BOT_USER_ID,
            "app_id": APP_ID,
            "team": {"id": TEAM_ID, "name": "Sandbox"},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": "U0ADMIN"},
            **self.installs,
            "refresh_token": refresh,
            "expires_in": _TOKEN_SECONDS,
        }

    def _kind_of_token(self, request: web.Request, arguments: Arguments) -> str:
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip() or str(arguments.get("token") or "")
        if not token:
            raise ApiError("not_authed")
        if token not in self._tokens:
            raise ApiError("invalid_auth")
        return self._tokens[token]


async def _failing(request: web.Request, fault: Fault) -> web.StreamResponse:
    await asyncio.sleep(fault.stall_s)
    if fault.drop and request.transport:
        request.transport.close()
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.status == 429:  # noqa: PLR2004 - Too Many Requests
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    return web.Response(status=fault.status, text="trouble", headers=headers)


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except json.JSONDecodeError:
            raise ApiError("invalid_json") from None
        return dict(body) if isinstance(body, dict) else {}
    form: dict[str, Any] = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    form = {**request.query, **form}
    for name in _JSON_FIELDS:
        if isinstance(form.get(name), str) and form[name][:1] in {"[", "{"}:
            form[name] = json.loads(form[name])
    return form
