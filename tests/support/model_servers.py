"""OpenAI-compatible servers as strict and as odd as real ones, on loopback.

A `Dialect` is one server: what it refuses and how, and how it words what it sends. `serving` plays it and records every
request. The dialects are in `server_dialects`, odd replies in `reply_shapes`.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from support.writing_model import Known, reply_to, text_of

Body = Mapping[str, Any]
KEY = "sk-loopback"
MODEL = "served-model"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response. `body` is sent as JSON, or as it is if it is a string."""

    status: int
    body: Any


Rule = Callable[[Body], Refusal | None]


@dataclass(frozen=True, slots=True)
class Said:
    """One completion: the message of its only choice, and why it ended."""

    message: Mapping[str, Any]
    finish: str = "stop"


def plain(text: str, asked: Body) -> Said:  # noqa: ARG001 - the signature of all wordings
    """Return a completion whose content is the text."""
    return Said({"role": "assistant", "content": text})


@dataclass(frozen=True, slots=True)
class Dialect:
    """A server.

    `reference` names the public report or page that says so. `rules` are asked in order, and the first refusal is sent.
    `says` words a completion. A request with room for fewer than `thinks` output tokens ends while the model is still
    thinking. `opening` comes before every body and every stream. `settings` are what somebody who uses this server has
    to set in `[llm]`, besides its address, key and model.
    """

    name: str
    reference: str
    rules: tuple[Rule, ...] = ()
    says: Callable[[str, Body], Said] = plain
    streams: Literal["as asked", "always"] = "as asked"
    thinks: int = 0
    thought: Mapping[str, Any] = field(default_factory=lambda: {"role": "assistant", "content": None})
    opening: str = ""
    newline: str = "\n"
    base: str = "/v1"
    query: str = ""
    key_header: str = "authorization"
    no_key: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as it is; a JSON body if it is not a string."""

    body: Any
    status: int = 200
    content_type: str = "application/json"

    def response(self, opening: str = "") -> web.Response:
        """Return the response. A lone surrogate is sent as the bytes that a careless server sends."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        body = (opening + text).encode("utf-8", "surrogatepass")
        return web.Response(status=self.status, body=body, content_type=self.content_type)


@dataclass
class ModelServer:
    """A running server: its base URL, and what it was asked and answered, oldest first."""

    dialect: Dialect
    base_url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    first: list[Reply] = field(default_factory=list)

    def settings(self) -> dict[str, Any]:
        """Return the table `[llm]` for this server."""
        own = {"base_url": self.base_url + self.dialect.query, "api_key": KEY, "model": MODEL}
        return {"provider": "openai", **own, **self.dialect.settings}


Shaped = Callable[[str, Body, int], Reply | None]


def _as_it_is(text: str, asked: Body, number: int) -> Reply | None:  # noqa: ARG001 - the signature of all shapes
    return None


@asynccontextmanager
async def serving(dialect: Dialect, known: Sequence[Known], shaped: Shaped = _as_it_is) -> AsyncIterator[ModelServer]:
    """Serve a dialect on a free loopback port.

    `shaped` may replace a reply: it gets the text that would be sent, the request, and its number from 1.
    """
    server = ModelServer(dialect)

    async def chat(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        server.requests.append(asked)
        response = await _answered(request, server, known, shaped)
        server.statuses.append(response.status)
        return response

    app = web.Application()
    app.router.add_post(f"{dialect.base}/chat/completions", chat)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}{dialect.base}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _answered(
    request: web.Request, server: ModelServer, known: Sequence[Known], shaped: Shaped
) -> web.StreamResponse:
    dialect, asked = server.dialect, server.requests[-1]
    if refused := _refused(request, dialect, asked):
        return Reply(refused.body, refused.status).response()
    text = reply_to(asked["messages"], known)
    if reply := shaped(text, asked, len(server.requests)):
        return reply.response()
    said = dialect.says(text, asked) if _room(asked) >= dialect.thinks else Said(dialect.thought, "length")
    if dialect.streams == "always" or asked.get("stream") is True:
        return await _streamed(request, said, dialect)
    return Reply(completion(said)).response(dialect.opening)


def _refused(request: web.Request, dialect: Dialect, asked: Body) -> Refusal | None:
    if KEY not in request.headers.get(dialect.key_header, ""):
        return Refusal(401, dialect.no_key or {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})
    if dialect.query and request.query_string != dialect.query.lstrip("?"):
        return Refusal(404, {"error": {"code": "404", "message": "Resource not found"}})
    return next((refusal for rule in dialect.rules if (refusal := rule(asked))), None)


def _room(asked: Body) -> int:
    limits = [asked.get(name) for name in ("max_tokens", "max_completion_tokens")]
    return min((limit for limit in limits if isinstance(limit, int)), default=1_000_000)


def completion(said: Said) -> dict[str, Any]:
    """Return the body of a completion."""
    choice = {"index": 0, "message": dict(said.message), "finish_reason": said.finish, "logprobs": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1764200000,
        "model": MODEL,
        "choices": [choice],
        "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
    }


async def _streamed(request: web.Request, said: Said, dialect: Dialect) -> web.StreamResponse:
    """Send a completion as server-sent events: every text of the message in pieces of 40 characters."""
    response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    await response.write(dialect.opening.encode())
    for event in (*events(said), "[DONE]"):
        await response.write(f"data: {event}{dialect.newline * 2}".encode())
    return response


def events(said: Said) -> list[str]:
    """Return a completion as the JSON of its events: the role, the pieces of each text, the end, the usage."""
    pieces = [
        {name: value[at : at + 40]}
        for name, value in sorted(said.message.items(), key=lambda item: item[0] == "content")
        if isinstance(value, str) and name != "role"
        for at in range(0, len(value), 40)
    ]
    whole = {name: value for name, value in said.message.items() if isinstance(value, list)}
    deltas = [{"role": "assistant", "content": ""}, *pieces, *([whole] if whole else [])]
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": said.finish}]})
    usage: dict[str, Any] = {
        "choices": [],
        "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
    }
    common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1764200000, "model": MODEL}
    return [json.dumps({**common, **chunk}) for chunk in (*chunks, usage)]


def size_of(asked: Body) -> int:
    """Return the size of a prompt in tokens, four characters each."""
    return sum(len(text_of(message)) for message in asked["messages"]) // 4
