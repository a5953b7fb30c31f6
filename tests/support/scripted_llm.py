"""A real HTTP server that speaks the OpenAI chat API and fails in ways a test scripts."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Step:
    """One answer: text of the completion, or another status, body, delay or break."""

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    stall: float = 0.0
    drop: bool = False
    error_code: str | None = None
    finish_reason: str = "stop"


@dataclass
class ScriptedLlm:
    """What the server plays and what it was asked."""

    url: str
    script: list[Step]
    requests: list[dict[str, Any]] = field(default_factory=list)

    def next_step(self) -> Step:
        """Return the next step; the last one is repeated."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@asynccontextmanager
async def scripted_llm(*script: Step) -> AsyncIterator[ScriptedLlm]:
    """Serve on a free loopback port."""
    server = ScriptedLlm("", list(script))

    async def chat(request: web.Request) -> web.StreamResponse:
        server.requests.append(await request.json())
        step = server.next_step()
        if step.stall:
            await asyncio.sleep(step.stall)
        if step.drop and request.transport:
            request.transport.close()
        return web.Response(
            status=step.status,
            headers=step.headers,
            text=_body(step) if step.body is None else step.body,
            content_type="application/json",
        )

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


def _body(step: Step) -> str:
    if step.status != 200:
        return json.dumps({"error": {"message": "scripted", "code": step.error_code, "type": "scripted"}})
    return json.dumps(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": step.finish_reason,
                    "message": {"role": "assistant", "content": step.text},
                }
            ],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }
    )
