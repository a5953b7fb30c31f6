"""The real openai client against a real HTTP server that misbehaves."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from openai import AsyncOpenAI
from support.builders import Heard, prompt, reply
from support.scripted_llm import ScriptedLlm, Step, scripted_llm
from support.waiting import until

from pipeline.errors import CircuitOpenError, ModelError, PermanentModelError, RetryableModelError
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.http import bounded_client
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
    heard = Heard()
    try:
        return await provider.complete(prompt(), Deadline.after(seconds), heard), heard.attempts
    except ModelError as error:
        return error, heard.attempts


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


def _refusal(message: str, status: int = 400, **fields: object) -> Step:
    return Step(status=status, body=json.dumps({"error": {"message": message, **fields}}))


_NO_MAX_TOKENS = _refusal(
    "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.",
    param="max_tokens",
    code="unsupported_parameter",
)
_NO_TEMPERATURE = _refusal("Only the default is supported.", param="temperature", code="unsupported_value")


async def test_two_refused_parameters_cost_one_attempt_and_are_never_sent_again() -> None:
    async with _provider(_NO_MAX_TOKENS, _NO_TEMPERATURE, _GOOD) as (provider, server):
        completion, attempts = await _complete(provider)
        assert isinstance(completion, Completion)
        assert attempts == 1
        await _complete(provider)
    assert len(server.requests) == 4
    *_, last = server.requests
    assert last["max_completion_tokens"] == 800
    assert not last.keys() & {"max_tokens", "temperature"}
    assert last["response_format"]["type"] == "json_schema"
    assert provider.dialect.words == "JSON schema, no temperature, max_completion_tokens"


@pytest.mark.parametrize(
    ("refusal", "formats"),
    [
        (_refusal("'response_format.type' must be one of others"), ["json_schema", "json_object"]),
        (_refusal("[{'loc': ('body', 'response_format', 'type')}]", 500), ["json_schema", "json_object"]),
        (
            Step(status=422, body=json.dumps({"detail": [{"loc": ["body", "response_format"], "msg": "extra"}]})),
            ["json_schema", "json_object"],
        ),
        (Step(status=400, body=json.dumps([{"error": {"code": 400, "message": "Invalid argument."}}])),
         ["json_schema", None]),
    ],
    ids=["named", "named in a 500", "a place", "nothing named"],
)  # fmt: skip
async def test_a_server_without_json_schema_is_asked_for_less_and_that_is_remembered(
    refusal: Step, formats: list[str | None]
) -> None:
    async with _provider(refusal, _GOOD) as (provider, server):
        completion, attempts = await _complete(provider)
        assert isinstance(completion, Completion)
        assert attempts == 1
        await _complete(provider)
    forms = [request.get("response_format", {}).get("type") for request in server.requests]
    assert forms == [*formats, formats[-1]]


@pytest.mark.parametrize(
    ("refusal", "requests"),
    [
        (_refusal("too long", code="context_length_exceeded"), 1),
        (_refusal("no such model", 404, code="model_not_found"), 1),
        (_refusal("too many messages", param="messages"), 1),
        (_refusal("no key", 401), 1),
        # What names nothing is tried once more without all that a request can do without.
        (_refusal("Something is wrong."), 2),
    ],
)
async def test_a_400_about_something_else_is_no_refused_format(refusal: Step, requests: int) -> None:
    async with _provider(refusal) as (provider, server):
        error, attempts = await _complete(provider)
        assert isinstance(error, PermanentModelError)
        assert (attempts, len(server.requests)) == (1, requests)
        await _complete(provider)
    assert len(server.requests) == requests + 1
    assert server.requests[-1]["response_format"]["type"] == "json_schema"


async def test_rules_go_into_the_question_where_no_system_role_is_taken() -> None:
    async with _provider(_refusal("System role not supported"), _GOOD) as (provider, server):
        completion, _ = await _complete(provider)
    assert isinstance(completion, Completion)
    (message,) = server.requests[-1]["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("You are a support assistant")


async def test_only_what_led_to_a_reply_is_remembered() -> None:
    chance = _refusal("Your question about temperature, role and stream is not allowed here.")
    async with _provider(_GOOD, *[chance] * 5, _GOOD) as (provider, server):
        await _complete(provider)
        error, _ = await _complete(provider)
        assert isinstance(error, PermanentModelError)
        await _complete(provider)
    assert server.requests[-1]["temperature"] == 0
    assert [message["role"] for message in server.requests[-1]["messages"]] == ["system", "user"]


async def test_a_plain_server_is_kept_after_a_prompt_that_it_refuses() -> None:
    odd = _refusal("Something is wrong.")
    async with _provider(odd, _GOOD, odd, _GOOD) as (provider, server):
        assert isinstance((await _complete(provider))[0], Completion)
        assert isinstance((await _complete(provider))[0], PermanentModelError)
        assert isinstance((await _complete(provider))[0], Completion)
    assert "response_format" not in server.requests[-1]


async def test_a_prompt_that_leaves_no_room_lifts_the_limit_for_itself_alone() -> None:
    too_large = _refusal("'max_tokens' or 'max_completion_tokens' is too large: 800.")
    async with _provider(too_large, too_large, _GOOD) as (provider, server):
        assert isinstance((await _complete(provider))[0], Completion)
        await _complete(provider)
    assert not server.requests[2].keys() & {"max_tokens", "max_completion_tokens"}
    assert server.requests[3]["max_tokens"] == 800


async def test_a_compressed_response_is_not_read_because_its_length_is_unknown() -> None:
    heard = Heard()
    body = Step("", body="x", headers={"content-encoding": "gzip"})
    async with (
        scripted_llm(body) as server,
        AsyncOpenAI(api_key="k", base_url=server.url, http_client=bounded_client(1000)) as client,
    ):
        with pytest.raises(RetryableModelError):
            await OpenAIProvider(client, "m", _OPTIONS, CircuitBreaker(9, 1.0)).complete(
                prompt(), Deadline.after(5), heard
            )
    assert {problem.code for problem in heard.problems} == {"response_too_long"}


async def test_a_redirect_is_not_followed_with_the_prompt() -> None:
    async with (
        scripted_llm(_GOOD) as other,
        scripted_llm(Step(status=307, headers={"location": f"{other.url}/chat/completions"})) as server,
        AsyncOpenAI(api_key="k", base_url=server.url, http_client=bounded_client(10**6)) as client,
    ):
        provider = OpenAIProvider(client, "m", _OPTIONS, CircuitBreaker(9, 1.0))
        with pytest.raises(PermanentModelError):
            await provider.complete(prompt(), Deadline.after(5), Heard())
    assert other.requests == []


async def test_many_requests_at_once_learn_the_same_once() -> None:
    all_asked = asyncio.Event()
    script = [replace(_NO_MAX_TOKENS, held=all_asked)] * 8 + [_GOOD]
    async with _provider(*script) as (provider, server):
        asking = [asyncio.create_task(_complete(provider)) for _ in range(8)]
        await until(lambda: len(server.requests) == 8)
        all_asked.set()
        found = await asyncio.gather(*asking)
    assert all(isinstance(completion, Completion) for completion, _ in found)
    assert provider.dialect.limit[0] == "max_completion_tokens"


async def test_a_server_that_only_streams_is_read_as_a_stream() -> None:
    pieces = [{"choices": [{"delta": {"content": part}}]} for part in ("half ", "and\u2028half")]
    events = [*pieces, {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}]
    body = (
        ": keep-alive\n\n"
        + "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
        + "data: [DONE]\n\n"
    )
    stream = Step(body=body, content_type="text/event-stream")
    async with _provider(_refusal("stream must be set to true"), stream) as (provider, server):
        completion, _ = await _complete(provider)
    assert isinstance(completion, Completion)
    assert (completion.text, completion.input_tokens, completion.finish_reason) == ("half and\u2028half", 3, "stop")
    assert server.requests[-1]["stream"] is True
    assert server.requests[-1]["stream_options"] == {"include_usage": True}


async def test_a_reply_that_was_cut_off_is_asked_for_once_more_with_more_room() -> None:
    async with _provider(Step("", finish_reason="length"), _GOOD) as (provider, server):
        completion, attempts = await _complete(provider)
        assert isinstance(completion, Completion)
        assert attempts == 1
        await _complete(provider)
    assert [request["max_tokens"] for request in server.requests] == [800, 8000, 8000]


async def test_a_model_that_thinks_until_the_end_twice_has_failed() -> None:
    heard = Heard()
    async with _provider(Step("", finish_reason="length")) as (provider, server):
        with pytest.raises(PermanentModelError) as caught:
            await provider.complete(prompt(), Deadline.after(5), heard)
    assert caught.value.failure is Failure.MODEL_CUT_OFF
    assert len(server.requests) == 2
    assert [(problem.input_tokens, problem.output_tokens) for problem in heard.problems] == [(11, 7), (11, 7)]
    assert {problem.finish_reason for problem in heard.problems} == {"length"}


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("{}", Failure.MODEL_EMPTY),
        ('{"choices": []}', Failure.MODEL_EMPTY),
        ('{"choices": null}', Failure.MODEL_EMPTY),
        ('{"choices": [{"message": {"content": null}}]}', Failure.MODEL_EMPTY),
        ('{"choices": [{"message": {"content": "  "}}]}', Failure.MODEL_EMPTY),
        ('{"error": {"message": "overloaded", "code": 502}}', Failure.MODEL_DOWN),
        ('{"error": {"message": "slow down", "code": 429}}', Failure.MODEL_RATE_LIMITED),
        ('{"choices": [{"error": {"code": 503}, "message": {"content": ""}}]}', Failure.MODEL_DOWN),
        ('{"error": {"message": "?", "code": "content_filter"}}', Failure.CONTENT_FILTER),
        ("[]", Failure.MODEL_DOWN),
        ("null", Failure.MODEL_DOWN),
    ],
)
async def test_a_200_without_a_completion_is_a_failed_request(body: str, failure: Failure) -> None:
    async with _provider(Step(body=body)) as (provider, _):
        error, _ = await _complete(provider)
    assert isinstance(error, ModelError)
    assert error.failure is failure


async def test_why_a_request_failed_is_told_without_the_servers_words() -> None:
    heard = Heard()
    refusal = _refusal("Your key sk-secret may not", 403, code="forbidden", param="the prompt was: hello")
    async with _provider(refusal) as (provider, _):
        with pytest.raises(PermanentModelError):
            await provider.complete(prompt(), Deadline.after(5), heard)
    (problem,) = heard.problems
    assert (problem.server, problem.model, problem.status, problem.code) == ("openai", "m", 403, "forbidden")
    assert problem.parameter == ""
    assert "secret" not in problem.model_dump_json()


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
    assert attempts == 0
