"""Deliver payloads to the app as Slack does: by signed HTTP requests, or by envelopes over a WebSocket."""

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
DisconnectReason = Literal["warning", "refresh_requested", "too_many_websockets", "link_disabled"]
# docs.slack.dev, Socket Mode: an app may have ten connections.
_MAX_SOCKETS = 10
# docs.slack.dev, Events API: an app has 3 seconds to answer; Slack tries three times more, at once, after a minute
# and after five minutes.
ANSWER_SECONDS = 3.0
RETRY_SECONDS = (0.0, 60.0, 300.0)
_OK = 200


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """The result of one try to deliver. `reason` is Slack's code for a failure, which the next try names."""

    acknowledged: bool
    body: dict[str, Any]
    reason: str = ""


class Transport(Protocol):
    """A way to deliver a payload to the app."""

    async def send(self, kind: Kind, payload: Mapping[str, Any], retry: int, reason: str) -> AppAnswer:
        """Deliver once and return the app's answer; it is not acknowledged after ANSWER_SECONDS.

        `retry` is 0 for the first try; `reason` is the failure of the try before.
        """


async def deliver(
    transport: Transport, kind: Kind, payload: Mapping[str, Any], retry_seconds: tuple[float, ...] = RETRY_SECONDS
) -> AppAnswer:
    """Deliver a payload and return the app's last answer. Only events are tried again, after `retry_seconds` each."""
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
    """Delivers signed requests to the app's URL (docs.slack.dev, "Verifying requests from Slack")."""

    def __init__(self, session: aiohttp.ClientSession, url: str, signing_secret: str) -> None:
        self._session = session
        self._url = url
        self._secret = signing_secret

    async def send(self, kind: Kind, payload: Mapping[str, Any], retry: int, reason: str) -> AppAnswer:
        """Deliver once and return the app's answer; it is acknowledged with status 200 within ANSWER_SECONDS."""
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
                return AppAnswer(response.status == _OK, _json_object(text), "http_error")
        except TimeoutError:
            return AppAnswer(acknowledged=False, body={}, reason="http_timeout")
        except aiohttp.ClientError:
            return AppAnswer(acknowledged=False, body={}, reason="connection_failed")


class SocketTransport:
    """Delivers envelopes over the WebSockets of the app (Socket Mode).

    `connected` is set once there was one, `opened` counts them, `pings` those that the app has sent. While
    `answers_pings` is False the connections stay open and say nothing, as through a broken network.
    """

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._sockets: list[web.WebSocketResponse] = []
        self._unanswered: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.connected = asyncio.Event()
        self.answers_pings = True
        self.opened = 0
        self.pings = 0

    @property
    def open_count(self) -> int:
        """The number of open connections."""
        return len(self._sockets)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection of the app. Its ticket from apps.connections.open admits one connection only."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._api.socket_tickets:
            raise web.HTTPUnauthorized
        self._api.socket_tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if len(self._sockets) >= _MAX_SOCKETS:
            await _disconnect(socket, "too_many_websockets")
            return socket
        self._sockets.append(socket)
        await socket.send_json(_hello(len(self._sockets)))
        self.opened += 1
        self.connected.set()
        try:
            async for message in socket:
                await self._received(socket, message)
        finally:
            self._sockets.remove(socket)
        return socket

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Tell the app to connect anew. After `warning` the connections stay; else Slack closes them."""
        for socket in list(self._sockets):
            if reason == "warning":
                await socket.send_json(_goodbye(reason))
            else:
                await _disconnect(socket, reason)

    async def close(self) -> None:
        """Close every connection."""
        for socket in list(self._sockets):
            await socket.close()

    async def _received(self, socket: web.WebSocketResponse, message: aiohttp.WSMessage) -> None:
        if message.type == aiohttp.WSMsgType.PING:
            self.pings += 1
            if self.answers_pings:
                await socket.pong(message.data)
        elif message.type == aiohttp.WSMsgType.TEXT:
            self._acknowledged(message.data)

    async def send(self, kind: Kind, payload: Mapping[str, Any], retry: int, reason: str) -> AppAnswer:
        """Deliver once, to the newest connection; return the app's answer, if it comes within ANSWER_SECONDS."""
        if not self._sockets:
            return AppAnswer(acknowledged=False, body={}, reason="connection_failed")
        envelope_id = secrets.token_hex(12)
        acknowledgement = self._unanswered[envelope_id] = asyncio.get_running_loop().create_future()
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
                return AppAnswer(acknowledged=True, body=await acknowledgement)
        except (TimeoutError, ConnectionError):
            return AppAnswer(acknowledged=False, body={}, reason="timeout")
        finally:
            self._unanswered.pop(envelope_id, None)

    def _acknowledged(self, text: str) -> None:
        body = _json_object(text)
        acknowledgement = self._unanswered.get(str(body.get("envelope_id")))
        if acknowledgement and not acknowledgement.done():
            acknowledgement.set_result(body.get("payload") or {})


def _hello(count: int) -> dict[str, Any]:
    about = {"host": "applink-sandbox", "started": "2026-01-01 00:00:00.000", "approximate_connection_time": 18060}
    return {
        "type": "hello",
        "num_connections": count,
        "debug_info": about,
        "connection_info": {"app_id": APP_ID},
    }


def _goodbye(reason: DisconnectReason) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}


async def _disconnect(socket: web.WebSocketResponse, reason: DisconnectReason) -> None:
    await socket.send_json(_goodbye(reason))
    await socket.close()


def signature(secret: str, body: str, timestamp: int) -> dict[str, str]:
    """Return the two headers by which an app verifies that a request is from Slack. `timestamp` is in seconds."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _http_body(kind: Kind, payload: Mapping[str, Any]) -> tuple[str, str]:
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields), "application/x-www-form-urlencoded"


def _json_object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
