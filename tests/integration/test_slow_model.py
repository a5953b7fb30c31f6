"""The slow model as a server: asked by the real client, and strict to everybody else."""

from pathlib import Path

import aiohttp
import pytest
from support.builders import Heard, prompt

from bot.cli.demo import demo_settings
from bot.models import build_server, model_servers
from bot.sandbox.server import Sandbox
from bot.sandbox.slow_model import MODEL
from pipeline.rate_limits import memory_rate_limits
from pipeline.types import Deadline

_ASKED = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}


async def test_the_real_client_gets_a_reply(tmp_path: Path, articles: Path) -> None:
    async with Sandbox() as sandbox:
        server = {"base_url": sandbox.model_url, "api_key": sandbox.model_key, "model": MODEL}
        settings = demo_settings(tmp_path, articles, sandbox, llm={"provider": "openai", **server})
        (server_options,) = model_servers(settings)
        provider = build_server(settings, server_options, memory_rate_limits())
        offered = await provider.offered()
        completion = await provider.complete(prompt(()), Deadline.after(5), Heard())
        await provider.aclose()
    assert offered == [MODEL]
    assert '"insufficient_context"' in completion.text


@pytest.mark.parametrize(
    ("change", "key", "status", "code"),
    [
        ({}, "wrong", 401, "invalid_api_key"),
        ({"model": "another"}, "", 404, "model_not_found"),
        ({"stream": True}, "", 400, "unsupported_parameter"),
    ],
)
async def test_a_request_that_a_server_would_refuse_is_refused(
    change: dict[str, object], key: str, status: int, code: str
) -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {key or sandbox.model_key}"}
        url = f"{sandbox.model_url}/chat/completions"
        async with session.post(url, json={**_ASKED, **change}, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (status, code)


async def test_who_answers_is_chosen_among_those_who_are_there() -> None:
    async with Sandbox(answerers={"one": "One", "two": "Two"}) as sandbox, aiohttp.ClientSession() as session:
        url = f"{sandbox.url}/sandbox/answerer"
        async with session.post(url, json={"user": "U0ASKER", "answerer": "nobody"}) as refused:
            assert refused.status == 409
        async with session.post(url, json={"user": "U0ASKER", "answerer": "two"}) as taken:
            assert taken.status == 200
        assert sandbox.menu.chosen == "two"
