"""Stage 6 (generate): ask an OpenAI-compatible server, and translate its errors into ours."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx2
import openai
from openai import AsyncOpenAI

from pipeline.errors import PermanentModelError, RetryableModelError
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.retry_after import retry_after
from pipeline.models.retrying import RetryPolicy, with_retries
from pipeline.models.throttle import Throttle
from pipeline.tracing import Attribute, span
from pipeline.types import Completion, Deadline, Failure, Prompt

_RETRYABLE_4XX = {408: Failure.MODEL_TIMEOUT, 409: Failure.MODEL_DOWN, 429: Failure.MODEL_RATE_LIMITED}
_QUOTA_CODES = ("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded")
_FILTER_CODES = ("content_filter", "content_policy_violation")
_SERVER_ERROR = 500
OutputFormat = Literal["auto", "json_schema", "json_object", "text"]
# Strictest first: OpenAI's schema, the schema of llama.cpp's server, the prompt alone.
_FORMAT_NAMES: tuple[OutputFormat, ...] = ("json_schema", "json_object", "text")
# Error codes whose reason is not the output format.
_NOT_THE_FORMAT = frozenset({*_QUOTA_CODES, *_FILTER_CODES, "context_length_exceeded", "model_not_found"})
_FORMAT_REFUSALS = (400, 415, 422, 500, 501)


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, in US dollars."""

    input_usd: float
    output_usd: float

    def of(self, input_tokens: int | None, output_tokens: int | None) -> float | None:
        """Return what a request cost; None where the server did not count."""
        if input_tokens is None or output_tokens is None:
            return None
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How to call a model: times in seconds, sizes in tokens."""

    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    concurrency: int = 16
    output_tokens: int = 800
    temperature: float = 0.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    price: Price | None = None
    output_format: OutputFormat = "auto"


class OpenAIProvider:
    """A server that speaks the OpenAI chat completions API; `name` identifies it in logs and metrics."""

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        options: ModelOptions,
        breaker: CircuitBreaker,
        throttle: Throttle | None = None,
        name: str = "openai",
    ) -> None:
        self.name = name
        self.model = model
        self._throttle = throttle
        self._client = client.with_options(max_retries=0)
        self._options = options
        self._breaker = breaker
        self._slots = asyncio.Semaphore(options.concurrency)
        self._format = _FORMAT_NAMES.index(options.output_format) if options.output_format != "auto" else 0
        self._format_confirmed = options.output_format != "auto"

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return whether the circuit of this server is open, by its name."""
        return {self.name: self._breaker.is_open}

    async def complete(self, prompt: Prompt, deadline: Deadline, attempted: Callable[[], None]) -> Completion:
        """Return raw text, after at most the policy's attempts and never past the deadline."""

        async def attempt() -> Completion:
            if self._throttle:
                await self._throttle.wait(prompt.size + self._options.output_tokens, deadline)
            async with self._slots:
                attempted()
                with self._breaker.guard():
                    return await self._in_best_format(prompt, deadline)

        return await with_retries(attempt, self._options.retry, deadline)

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._client.close()

    async def _in_best_format(self, prompt: Prompt, deadline: Deadline) -> Completion:
        """Ask for the strictest output format that the server takes, and remember it.

        Until a format has worked, a refused request counts as an attempt and the next one asks for a looser format.
        The status cannot tell whether the format was the reason: servers refuse one with anything from 400 to 501.
        """
        number = self._format
        try:
            completion = await self._request(prompt, deadline, _response_format(number, prompt.reply_schema))
        except (PermanentModelError, RetryableModelError) as error:
            has_other_reason = error.failure is Failure.CONTENT_FILTER or error.server_code in _NOT_THE_FORMAT
            if self._format_confirmed or has_other_reason or error.status not in _FORMAT_REFUSALS:
                raise
            self._format = (number + 1) % len(_FORMAT_NAMES)
            raise RetryableModelError(error.failure, retry_after=0.0, status=error.status) from error
        self._format, self._format_confirmed = number, True
        return completion

    async def _request(self, prompt: Prompt, deadline: Deadline, form: dict[str, Any] | None) -> Completion:
        read = min(self._options.read_timeout_s, max(deadline.remaining(), 0.001))
        with span(f"chat {self.model}", self._attributes(), to_a_server=True) as note, _translated():
            reply = await self._client.chat.completions.create(
                model=self.model,
                messages=[{"role": m.role, "content": m.content} for m in prompt.messages],  # type: ignore[misc]
                response_format=openai.omit if form is None else form,  # type: ignore[arg-type]
                max_tokens=self._options.output_tokens,
                temperature=self._options.temperature,
                timeout=openai.Timeout(read, connect=min(self._options.connect_timeout_s, read)),
            )
            completion = self._completed(reply)
            note("gen_ai.usage.input_tokens", completion.input_tokens or 0)
            note("gen_ai.usage.output_tokens", completion.output_tokens or 0)
        return completion

    def _attributes(self) -> dict[str, Attribute]:
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.name,
            "gen_ai.request.model": self.model,
            "gen_ai.request.max_tokens": self._options.output_tokens,
            "gen_ai.request.temperature": self._options.temperature,
        }

    def _completed(self, reply: Any) -> Completion:  # noqa: ANN401 - a server may send anything with status 200
        completion = _completion(reply, self.name, self.model)
        price = self._options.price
        cost = price.of(completion.input_tokens, completion.output_tokens) if price else None
        return replace(completion, cost_usd=cost)


def _response_format(number: int, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the output format `_FORMAT_NAMES[number]` as the API takes it."""
    formats: tuple[dict[str, Any] | None, ...] = (
        {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}},
        {"type": "json_object", "schema": schema},
        None,
    )
    return formats[number]


def bounded_client(max_bytes: int) -> openai.DefaultAsyncHttpxClient:
    """Return an HTTP client that hangs up on a response of more than `max_bytes`."""

    async def bounded(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, max_bytes)

    return openai.DefaultAsyncHttpxClient(event_hooks={"response": [bounded]})


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._left = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.ReadError("the response is too long")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def classified(error: openai.OpenAIError) -> RetryableModelError | PermanentModelError:
    """Return our error for one of the openai package; see docs/architecture.md, "Retry policy"."""
    if isinstance(error, openai.APITimeoutError):
        return RetryableModelError(Failure.MODEL_TIMEOUT)
    if isinstance(error, openai.APIConnectionError):
        return RetryableModelError(Failure.MODEL_DOWN)
    if isinstance(error, openai.APIStatusError):
        return _by_status(error)
    if isinstance(error, openai.APIResponseValidationError):
        return RetryableModelError(Failure.MODEL_DOWN)
    return PermanentModelError(Failure.MODEL_REFUSED)


def _by_status(error: openai.APIStatusError) -> RetryableModelError | PermanentModelError:
    status = error.status_code
    code = (error.code or "").lower()
    if code in _FILTER_CODES:
        return PermanentModelError(Failure.CONTENT_FILTER, status, code)
    if code in _QUOTA_CODES:
        return PermanentModelError(Failure.MODEL_REFUSED, status, code)
    wait = retry_after(error.response.headers)
    if status in _RETRYABLE_4XX:
        return RetryableModelError(_RETRYABLE_4XX[status], wait, status)
    if status >= _SERVER_ERROR:
        return RetryableModelError(Failure.MODEL_DOWN, wait, status)
    return PermanentModelError(Failure.MODEL_REFUSED, status, code)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except openai.OpenAIError as error:
        # The original message may repeat the prompt or the key, so it is not kept as the cause.
        raise classified(error) from None
    except ValueError:
        # The body is not the JSON that the content type promised.
        raise RetryableModelError(Failure.MODEL_DOWN) from None


def _completion(reply: Any, provider: str, model: str) -> Completion:  # noqa: ANN401
    # With status 200 a proxy may send anything; the SDK does not check it.
    if isinstance(reply, str):
        # The content type is not JSON: this is a gateway's page, not the model's reply.
        raise RetryableModelError(Failure.MODEL_DOWN)
    choices = getattr(reply, "choices", None)
    message = getattr(choices[0], "message", None) if choices else None
    text = getattr(message, "content", None)
    if choices and getattr(choices[0], "finish_reason", None) == "content_filter":
        raise PermanentModelError(Failure.CONTENT_FILTER)
    if getattr(message, "refusal", None):
        raise PermanentModelError(Failure.CONTENT_FILTER)
    usage = getattr(reply, "usage", None)
    return Completion(
        text=text if isinstance(text, str) else "",
        provider=provider,
        model=model,
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int | None:  # noqa: ANN401
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value >= 0 else None
