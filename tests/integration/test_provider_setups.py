"""Azure-, Ollama-, vLLM- and llama.cpp-style servers and failover work by settings alone."""

import gc
from contextlib import aclosing
from pathlib import Path

import pytest
from support.builders import Heard, prompt, reply
from support.models import shared_embedder
from support.scripted_llm import Step, scripted_llm

from bot.cli.ask import ask_once
from bot.cli.asker import Asker
from bot.models import build_servers
from bot.settings import Settings, load_settings
from index.builder import BuildRules, build
from pipeline.errors import PermanentModelError
from pipeline.rate_limits import memory_rate_limits
from pipeline.types import Completion, Deadline, Failure

_GOOD = Step(reply("good.json"))


async def _completed(settings: Settings) -> tuple[Completion, Heard]:
    heard = Heard()
    async with aclosing(build_servers(settings, memory_rate_limits())) as servers:
        completion = await servers.ask(lambda one, in_time: one.complete(prompt(), in_time, heard), Deadline.after(5))
        assert servers.open_circuits == dict.fromkeys((server.name for server in servers.providers), False)
    return completion, heard


async def test_azures_query_and_key_header_reach_every_request() -> None:
    async with scripted_llm(_GOOD) as server:
        root = server.url.removesuffix("/v1")
        settings = load_settings(
            llm={
                "provider": "openai", "model": "m", "api_key": "azure-secret", "key_header": "api-key",
                "base_url": f"{root}/openai/deployments/d1?api-version=2026-05-01",
            }
        )  # fmt: skip
        await _completed(settings)
    assert server.paths == ["/openai/deployments/d1/chat/completions?api-version=2026-05-01"]
    assert {name.casefold(): value for name, value in server.headers[0].items()}["api-key"] == "azure-secret"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/api/v1"])
async def test_a_local_server_needs_only_its_url_and_model(path: str) -> None:
    async with scripted_llm(_GOOD) as server:
        settings = load_settings(llm={"base_url": server.url.removesuffix("/v1") + path, "model": "llama3.2"})
        completion, _ = await _completed(settings)
    assert completion.model == "llama3.2"
    assert server.paths == [f"{path.rstrip('/')}/chat/completions"]


async def test_the_next_server_is_asked_and_each_has_its_price() -> None:
    async with scripted_llm(Step(status=500)) as first, scripted_llm(_GOOD) as second:
        settings = load_settings(
            llm={
                "base_url": first.url, "model": "a", "backoff_base_s": 0.001, "backoff_cap_s": 0.002,
                "failover": [{"name": "local", "base_url": second.url, "model": "b"}],
                "prices": {"b": {"input_usd": 1.0, "output_usd": 10.0}},
            }
        )  # fmt: skip
        completion, heard = await _completed(settings)
    assert (completion.provider, completion.model) == ("local", "b")
    assert len(first.requests) == 3
    assert heard.attempts == 4
    assert completion.cost_usd == pytest.approx((11 * 1.0 + 7 * 10.0) / 1e6)


async def test_what_one_model_refuses_to_say_no_other_is_asked() -> None:
    async with scripted_llm(Step(status=400, error_code="content_filter")) as first, scripted_llm(_GOOD) as second:
        settings = load_settings(
            llm={"base_url": first.url, "failover": [{"name": "local", "base_url": second.url, "model": "b"}]}
        )
        with pytest.raises(PermanentModelError) as caught:
            await _completed(settings)
    assert caught.value.failure is Failure.CONTENT_FILTER
    assert second.requests == []


async def test_a_question_from_the_command_line_leaves_no_connection_open(tmp_path: Path, articles: Path) -> None:
    build([articles], tmp_path, shared_embedder(), BuildRules())
    async with scripted_llm(_GOOD) as server:
        settings = load_settings(data_dir=tmp_path, llm={"provider": "openai", "base_url": server.url, "model": "m"})
        await ask_once(settings, "When does the first payment reminder go out?", Asker("u"))
        # What is still open now warns as it is collected, and a warning fails the test.
        gc.collect()
    assert len(server.requests) == 2  # the draft, and the judge
