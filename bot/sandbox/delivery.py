"""How Slack reaches an app: signed HTTP requests, or envelopes over a WebSocket; both redelivered."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.sandbox.webapi import WebApi
from bot.sandbox.workspace import APP_ID

Kind = Literal["events_api", "interactive", "slash_commands"]
# docs.slack.dev, Events API: an app has 3 seconds; then three more tries, at once, after 1 and after 5 minutes.
ANSWER_SECONDS = 3.0
RETRY_SECONDS = (0.0, 60.0, 300.0)
_OK = 200


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """Whether the app acknowledged, and the body of its answer."""

    acknowledged: bool
    body: dict[str, Any]
    reason: str = ""


class Transport(Protocol):
    """One try to hand a payload to the app."""

    async def send(self, kind: Kind, payload: Mapping[str, Any], retry: int, reason: str) -> AppAnswer:
        """Return what the app answered within three seconds."""


async def deliver(
    transport: Transport, kind: Kind, payload: Mapping[str, Any], retry_seconds: tuple[float, ...] = RETRY_SECONDS
) -> AppAnswer:
    """Hand a payload over; events are repeated on Slack's schedule, everything else has one try."""
    answer = await transport.send(kind, payload, 0, "")
    if kind != "events_api":
        return answer
    for number, pause in enumerate(retry_seconds, 1):
        if answer.acknowledged:
            break
        await asyncio.sleep(pause)
        answer = await transport.send(kind, payload, number, answer.reason)
    return answer


class HttpTransport:
    """Signed requests to the app's URL, as docs.slack.dev, "Verifying requests from Slack"."""

    def __init__(self, session: aiohttp.ClientSession, url: str, signing_secret: str) -> None:
        self._session = session
        self._url = url
        self._secret = signing_secret

    async def send(self, kind: Kind, payload: Mapping[str, Any], retry: int, reason: str) -> AppAnswer:
        """Return what the app answered within three seconds."""
        body, content_type = _http_body(kind, payload)
        headers = {"Content-Type": content_type, **signature(self._secret, body, int(time.time()))}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._session.post(self._url, data=body.encode(), headers=headers) as response,
            ):
                text = await response.text()
                return AppAnswer(response.status == _OK, _json_or_nothing(text), "http_error")
        except TimeoutError:
            return AppAnswer(acknowledged=False, body={}, reason="http_timeout")
        except aiohttp.ClientError:
            return AppAnswer(acknowledged=False, body={}, reason="connection_failed")


class SocketTransport:
    """Socket Mode: the app connects, envelopes go out, acknowledgements come back."""

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._sockets: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.connected = asyncio.Event()

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection of the app, admitted by a ticket from apps.connections.open."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._api.socket_tickets:
            raise web.HTTPUnauthorized
        self._api.socket_tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP_ID}})
        self._sockets.append(socket)
        self.connected.set()
        try:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    self._acknowledged(message.data)
        finally:
            self._sockets.remove(socket)
        return socket

    async def close(self) -> None:
        """Close every connection."""
        for socket in list(self._sockets):
            await socket.close()

    async def send(self, kind: Kind, payload: Mapping[str, Any], retry: int, reason: str) -> AppAnswer:
        """Return what the app acknowledged within three seconds."""
        if not self._sockets:
            return AppAnswer(acknowledged=False, body={}, reason="connection_failed")
        envelope_id = secrets.token_hex(12)
        waiting = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        envelope: dict[str, Any] = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": dict(payload),
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        try:
            await self._sockets[-1].send_json(envelope)
            async with asyncio.timeout(ANSWER_SECONDS):
                return AppAnswer(acknowledged=True, body=await waiting)
        except (TimeoutError, ConnectionError):
            return AppAnswer(acknowledged=False, body={}, reason="timeout")
        finally:
            self._waiting.pop(envelope_id, None)

    def _acknowledged(self, text: str) -> None:
        body = _json_or_nothing(text)
        waiting = self._waiting.get(str(body.get("envelope_id")))
        if waiting and not waiting.done():
            waiting.set_result(body.get("payload") or {})


def signature(secret: str, body: str, timestamp: int) -> dict[str, str]:
    """Return the two headers by which an app recognizes Slack."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _http_body(kind: Kind, payload: Mapping[str, Any]) -> tuple[str, str]:
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields), "application/x-www-form-urlencoded"


def _json_or_nothing(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
