"""A stand-in for a model server on loopback: slow, so that progress and Stop can be seen, and honest.

It speaks the OpenAI chat completions API and writes nothing of its own, see `slow_replies`.
"""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from bot.sandbox.slow_replies import is_slow, reply_to
from index.terms import words

SECONDS = 5.0
MODEL = "slow-stand-in"


class SlowModel:
    """Answers chat completions after `seconds`, for whoever has the key."""

    def __init__(self, key: str, seconds: float = SECONDS) -> None:
        self._key = key
        self._seconds = seconds

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the API."""
        return [web.post("/v1/chat/completions", self._complete), web.get("/v1/models", self._models)]

    async def _models(self, request: web.Request) -> web.Response:
        return self._refused(request) or web.json_response({"object": "list", "data": [{"id": MODEL}]})

    async def _complete(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        body = await request.json()
        if body.get("stream"):
            return _error(400, "stream is not supported by this server", "unsupported_parameter", "stream")
        if body.get("model") != MODEL:
            return _error(404, f"there is no model but {MODEL}", "model_not_found", "model")
        prompt = "\n\n".join(str(message["content"]) for message in body["messages"])
        reply = reply_to(prompt)
        await asyncio.sleep(self._seconds if is_slow(prompt) else 0)
        return web.json_response(_completion(prompt, json.dumps(reply, ensure_ascii=False)))

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self._key}":
            return None
        return _error(401, "Incorrect API key provided", "invalid_api_key", None)


def _completion(prompt: str, reply: str) -> dict[str, Any]:
    read, wrote = len(words(prompt)), len(words(reply))
    return {
        "id": "chatcmpl-sandbox",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote},
    }


def _error(status: int, message: str, code: str, parameter: str | None) -> web.Response:
    kind = "invalid_request_error"
    error = {"message": message, "type": kind, "code": code, "param": parameter}
    return web.json_response({"error": error}, status=status)
