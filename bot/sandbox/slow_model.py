"""A stand-in for a model server on loopback: slow, so that progress and Stop can be seen, and honest.

It speaks the OpenAI chat completions API and writes nothing of its own: it repeats the sentences of the prompt's
context that share most words with the question, or says that the context does not hold the answer.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from index.stemming import stem
from index.terms import question_terms, words
from pipeline.proof.units import Unit, units

SECONDS = 5.0
MODEL = "slow-stand-in"
_BLOCK = re.compile(r"^\[(\d+)\] chunk_id=(\S+), title=(.*)\n", re.MULTILINE)
_ASKED = "\n\nQuestion:\n"
_ITEM_MARK = re.compile(r"\A(?:[-*+]|\d{1,3}[.)])\s+")
# An answer holds two thirds of the question's words at least, and five words at least, which a quote needs.
_SHARE, _WORDS = 0.66, 5
_UNITS_MAX = 8


@dataclass(frozen=True, slots=True)
class _Block:
    marker: int
    chunk_id: str
    title: str
    text: str


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
        await asyncio.sleep(self._seconds if _BLOCK.search(prompt) else 0)
        return web.json_response(_completion(prompt, json.dumps(reply, ensure_ascii=False)))

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self._key}":
            return None
        return _error(401, "Incorrect API key provided", "invalid_api_key", None)


def reply_to(prompt: str) -> dict[str, Any]:
    """Return the reply to a prompt, in the form that the prompt asks for: verbatim sentences, each with its marker."""
    context, _, question = prompt.rpartition(_ASKED)
    blocks = _blocks(context)
    asked = {stem(term) for term in question_terms(question)}
    best = max(((_share(asked, block, unit), block, unit) for block in blocks for unit in _usable(block)),
               key=lambda found: found[0], default=None)  # fmt: skip
    if best is None or best[0] < _SHARE:
        return {"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []}
    _, block, unit = best
    # A step without the others says little, so the whole list or paragraph is repeated.
    said = [own.of(block.text) for own in _usable(block) if own.block == unit.block][:_UNITS_MAX]
    return {
        "status": "answered",
        "answer": "\n".join(f"{text} [{block.marker}]" for text in said),
        "confidence": "high",
        "citations": [_citation(block, text) for text in said],
    }


def _citation(block: _Block, text: str) -> dict[str, Any]:
    return {"marker": block.marker, "chunk_id": block.chunk_id, "quote": _ITEM_MARK.sub("", text)}


def _blocks(context: str) -> list[_Block]:
    found = list(_BLOCK.finditer(context))
    ends = [match.start() for match in found[1:]] + [len(context)]
    return [
        _Block(int(match[1]), match[2], match[3], context[match.end() : end].strip())
        for match, end in zip(found, ends, strict=True)
    ]


def _usable(block: _Block) -> list[Unit]:
    return [u for u in units(block.text) if u.kind in {"text", "item"} and len(words(u.of(block.text))) >= _WORDS]


def _share(asked: set[str], block: _Block, unit: Unit) -> float:
    """Return the share of the question's words that a unit has; those of the title count half."""
    said = {stem(word) for word in words(unit.of(block.text))}
    title = {stem(word) for word in words(block.title)} - said
    return (len(asked & said) + len(asked & title) / 2) / max(len(asked), 1)


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
