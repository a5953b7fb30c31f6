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
    """One answer: text of the completion, or another status, body, delay or break; not before `held` is set."""

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    stall: float = 0.0
    drop: bool = False
    error_code: str | None = None
    finish_reason: str = "stop"
    content_type: str = "application/json"
    stall_in_body: float = 0.0
    drip: float = 0.0
    reset: bool = False
    truncate: bool = False
    padding: int = 0
    held: asyncio.Event | None = None

    async def wait(self) -> None:
        """Wait as long as the answer takes."""
        if self.held:
            await self.held.wait()
        # A slow server: its client waits in real seconds.
        await asyncio.sleep(self.stall)


@dataclass
class ScriptedLlm:
    """What the server plays and what it was asked."""

    url: str
    script: list[Step]
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closed_early: int = 0

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
        server.paths.append(request.path_qs)
        server.headers.append(dict(request.headers))
        try:
            await step.wait()
        except asyncio.CancelledError:
            server.closed_early += 1
            raise
        if step.drop and request.transport:
            request.transport.close()
        if step.reset and request.transport:
            request.transport.abort()
        body = (_body(step) if step.body is None else step.body) + " " * step.padding
        if step.stall_in_body or step.drip or step.truncate:
            return await _in_pieces(request, step, body.encode())
        return web.Response(status=step.status, headers=step.headers, text=body, content_type=step.content_type)

    app = web.Application()
    app.router.add_post("/{base:.*}/chat/completions", chat)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _in_pieces(request: web.Request, step: Step, body: bytes) -> web.StreamResponse:
    """Send the headers and half of the body, then stall, drip on, or hang up."""
    response = web.StreamResponse(
        status=step.status,
        headers={**step.headers, "content-type": step.content_type, "content-length": str(len(body))},
    )
    await response.prepare(request)
    half = len(body) // 2
    await response.write(body[:half])
    if step.truncate and request.transport:
        request.transport.close()
        return response
    # A server that is slow in the middle of a body.
    await asyncio.sleep(step.stall_in_body)
    for at in range(half, len(body)):
        await response.write(body[at : at + 1])
        await asyncio.sleep(step.drip)
    return response


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
