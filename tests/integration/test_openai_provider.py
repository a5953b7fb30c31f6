"""The real openai client against a real HTTP server that misbehaves."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from openai import AsyncOpenAI
from support.builders import prompt, reply
from support.scripted_llm import ScriptedLlm, Step, scripted_llm

from pipeline.errors import CircuitOpenError, ModelError, PermanentModelError, RetryableModelError
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.openai import ModelOptions, OpenAIProvider
from pipeline.models.retrying import RetryPolicy
from pipeline.types import Completion, Deadline, Failure

_GOOD = Step(reply("good.json"))
_OPTIONS = ModelOptions(read_timeout_s=0.4, retry=RetryPolicy(3, 0.001, 0.002))


@asynccontextmanager
async def _provider(*script: Step, breaker_after: int = 99) -> AsyncIterator[tuple[OpenAIProvider, ScriptedLlm]]:
    async with (
        scripted_llm(*script) as server,
        AsyncOpenAI(api_key="sk-test", base_url=server.url, max_retries=2) as client,
    ):
        yield OpenAIProvider(client, "m", _OPTIONS, CircuitBreaker(breaker_after, 30.0)), server


async def _complete(provider: OpenAIProvider, seconds: float = 5.0) -> tuple[Completion | ModelError, int]:
    attempts = 0

    def count() -> None:
        nonlocal attempts
        attempts += 1

    try:
        return await provider.complete(prompt(), Deadline.after(seconds), count), attempts
    except ModelError as error:
        return error, attempts


async def test_a_completion_carries_text_model_and_token_counts() -> None:
    async with _provider(_GOOD) as (provider, server):
        completion, attempts = await _complete(provider)
    assert isinstance(completion, Completion)
    assert (completion.text, attempts) == (reply("good.json"), 1)
    assert (completion.input_tokens, completion.output_tokens) == (11, 7)
    (request,) = server.requests
    assert request["response_format"]["type"] == "json_schema"
    assert request["temperature"] == 0
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


@pytest.mark.parametrize(
    "fault",
    [
        Step(status=500),
        Step(status=503),
        Step(status=429),
        Step(status=408),
        Step(status=409),
        Step(drop=True),
        Step(stall=2.0),
        Step(body="<html>gateway</html>"),
    ],
    ids=lambda s: f"{s.status}{'-drop' if s.drop else ''}{'-stall' if s.stall else ''}{'-html' if s.body else ''}",
)
async def test_a_passing_fault_is_tried_again_and_no_other_loop_adds_requests(fault: Step) -> None:
    async with _provider(_GOOD, fault, _GOOD) as (provider, server):
        await _complete(provider)
        completion, attempts = await _complete(provider)
    assert isinstance(completion, Completion)
    assert attempts == 2
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_a_permanent_error_is_not_tried_again(status: int) -> None:
    async with _provider(_GOOD, Step(status=status)) as (provider, server):
        await _complete(provider)
        error, attempts = await _complete(provider)
    assert isinstance(error, PermanentModelError)
    assert (attempts, len(server.requests)) == (1, 2)


async def test_an_exhausted_quota_is_not_tried_again_although_it_is_a_429() -> None:
    async with _provider(Step(status=429, error_code="insufficient_quota")) as (provider, _):
        error, attempts = await _complete(provider)
    assert isinstance(error, PermanentModelError)
    assert attempts == 1


async def test_a_rate_limit_waits_as_long_as_the_server_says() -> None:
    async with _provider(_GOOD, Step(status=429, headers={"retry-after-ms": "300"}), _GOOD) as (provider, _):
        await _complete(provider)
        began = time.monotonic()
        completion, attempts = await _complete(provider)
    assert isinstance(completion, Completion)
    assert attempts == 2
    assert time.monotonic() - began >= 0.3


async def test_a_rate_limit_past_the_deadline_ends_at_once() -> None:
    async with _provider(Step(status=429, headers={"retry-after": "120"})) as (provider, _):
        began = time.monotonic()
        error, attempts = await _complete(provider, 2.0)
    assert isinstance(error, RetryableModelError)
    assert (error.failure, attempts) == (Failure.MODEL_RATE_LIMITED, 1)
    assert time.monotonic() - began < 1.0


async def test_a_stalling_server_never_holds_a_request_past_its_deadline() -> None:
    async with _provider(Step(stall=5.0)) as (provider, _):
        began = time.monotonic()
        error, _ = await _complete(provider, 0.3)
    assert isinstance(error, RetryableModelError)
    assert error.failure is Failure.MODEL_TIMEOUT
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("refusal", [400, 422, 500])
async def test_a_server_without_json_schema_is_asked_for_less_and_that_is_remembered(refusal: int) -> None:
    async with _provider(Step(status=refusal), Step(status=refusal), _GOOD) as (provider, server):
        completion, attempts = await _complete(provider)
        assert isinstance(completion, Completion)
        assert attempts == 3
        await _complete(provider)
    forms = [request.get("response_format", {}).get("type") for request in server.requests]
    assert forms == ["json_schema", "json_object", None, None]


@pytest.mark.parametrize(
    "body", ["{}", '{"choices": []}', '{"choices": [{"message": {"content": null}}]}', "[]", "null"]
)
async def test_a_200_without_a_completion_is_an_empty_text(body: str) -> None:
    async with _provider(Step(body=body)) as (provider, _):
        completion, _ = await _complete(provider)
    assert isinstance(completion, Completion)
    assert completion.text == ""


async def test_a_filtered_completion_is_a_policy_matter() -> None:
    async with _provider(Step("x", finish_reason="content_filter")) as (provider, _):
        error, attempts = await _complete(provider)
    assert isinstance(error, PermanentModelError)
    assert (error.failure, attempts) == (Failure.CONTENT_FILTER, 1)


async def test_a_provider_that_keeps_failing_is_left_alone() -> None:
    async with _provider(_GOOD, Step(status=503), breaker_after=3) as (provider, server):
        await _complete(provider)
        await _complete(provider)
        error, attempts = await _complete(provider)
    assert isinstance(error, CircuitOpenError)
    assert len(server.requests) == 4
    assert attempts == 1
