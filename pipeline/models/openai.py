"""Stage 6 (generate): ask an OpenAI-compatible server, in the way that it takes."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import httpx2
import openai
from openai import AsyncOpenAI

from pipeline.errors import ModelError, PermanentModelError, RetryableModelError, Why
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.dialect import Dialect
from pipeline.models.refusals import RefusedParameterError, classified, refused_parameter
from pipeline.models.response import Reply, failed_generation, read_reply
from pipeline.models.retrying import RetryPolicy, with_retries
from pipeline.models.throttle import Throttle
from pipeline.request_log import RequestLog
from pipeline.tracing import Attribute, span
from pipeline.types import Completion, Deadline, Failure, ModelProblem, Prompt

# Each parameter has at most four ways to be sent, so a server refuses fewer requests than this.
_LESSONS = 12
_NOTHING_SPENT = Reply("")


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
    """How to call a model: times in seconds, sizes in tokens.

    `output_tokens_max` is the room for a reply that was cut off, asked for once more. `extra_body` is sent as it is.
    """

    connect_timeout_s: float = 5.0
    read_timeout_s: float = 60.0
    concurrency: int = 16
    output_tokens: int = 800
    output_tokens_max: int = 8000
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    price: Price | None = None
    dialect: Dialect = field(default_factory=Dialect)
    extra_body: Mapping[str, object] = field(default_factory=dict)


class OpenAIProvider:
    """A server that speaks the OpenAI chat completions API; `name` identifies it in logs and metrics.

    It begins with the dialect of its options and drops what the server refuses, for the life of the process.
    """

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
        self.dialect = options.dialect
        self.output_tokens = options.output_tokens
        self._throttle = throttle
        self._client = client.with_options(max_retries=0)
        self._options = options
        self._breaker = breaker
        self._slots = asyncio.Semaphore(options.concurrency)
        self._has_answered = False
        self._plain_is_in_vain = False

    @property
    def circuit_is_open(self) -> bool:
        """Whether the server is left alone now, because it kept failing."""
        return self._breaker.is_open

    async def complete(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:
        """Return raw text, after at most the policy's attempts and never past the deadline."""

        async def attempt() -> Completion:
            if self._throttle:
                await self._throttle.wait(prompt.size + self.output_tokens, deadline)
            async with self._slots:
                with self._breaker.guard(deadline):
                    log.attempted()
                    return await self._attempt(prompt, deadline, log)

        return await with_retries(attempt, self._options.retry, deadline)

    async def offered(self) -> list[str]:
        """Return the names of the models that the server lists. Raises a ModelError."""
        try:
            response = await self._client.get("/models", cast_to=httpx2.Response)
            listed = response.json()
        except openai.OpenAIError as error:
            raise classified(error) from None
        except ValueError:
            raise RetryableModelError(Failure.MODEL_DOWN) from None
        entries = listed.get("data") if isinstance(listed, dict) else listed
        names = [entry.get("id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        return [name for name in names if isinstance(name, str) and name.isprintable()]

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._client.close()

    async def _attempt(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:
        """Return a completion that says something; one that was cut off is asked for once more with more room."""
        reply = await self._in_its_dialect(prompt, deadline, log)
        if reply.was_cut_off and self.output_tokens < self._options.output_tokens_max:
            reply = await self._with_more_room(prompt, deadline, log, reply)
        if not reply.text.strip():
            raise self._noted(_nothing_said(reply), log, spent=reply)
        return self._completion(reply)

    async def _in_its_dialect(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Reply:
        """Return the reply to a request; what the server refuses of it is sent in another way, or left out.

        Only what led to a reply is remembered: an error may name a parameter by chance.
        """
        dialect, lessons = self.dialect, _Lessons(may_be_plain=not (self._has_answered or self._plain_is_in_vain))
        for _ in range(_LESSONS):
            try:
                reply = await self._request(prompt, deadline, dialect, self.output_tokens, log)
            except RefusedParameterError as refusal:
                following = lessons.after(refusal, dialect)
                if following is None:
                    self._plain_is_in_vain = self._plain_is_in_vain or lessons.were_plain
                    raise self._noted(refusal.error, log) from None
                self._noted(refusal, log, learnt=True)
                dialect = following
            else:
                self.dialect = self.dialect.merged(lessons.lasting(dialect, self.dialect))
                self._has_answered = True
                return reply
        raise PermanentModelError(Failure.MODEL_REFUSED)  # pragma: no cover - there are fewer lessons

    async def _with_more_room(self, prompt: Prompt, deadline: Deadline, log: RequestLog, cut_off: Reply) -> Reply:
        """Return the reply with the most room, and remember if that was needed; else the one that was cut off."""
        room = self._options.output_tokens_max
        self._noted(_nothing_said(cut_off), log, learnt=True, spent=cut_off)
        try:
            reply = await self._request(prompt, deadline, self.dialect, room, log)
        except RefusedParameterError as refusal:
            self._noted(refusal.error, log)
            return replace(cut_off, input_tokens=None, output_tokens=None)
        if not reply.was_cut_off:
            self.output_tokens = room
        return reply

    async def _request(self, prompt: Prompt, deadline: Deadline, dialect: Dialect, room: int, log: RequestLog) -> Reply:
        """Return the reply to one request. Raises a ModelError, which is in the log unless a parameter is refused."""
        began = time.monotonic()
        try:
            return await self._sent(prompt, deadline, dialect, room)
        except RefusedParameterError:
            raise
        except ModelError as error:
            raise self._noted(error, log, seconds=time.monotonic() - began) from None
        except asyncio.CancelledError:
            if deadline.is_over:
                late = RetryableModelError(Failure.MODEL_TIMEOUT, why=Why(code="deadline"))
                self._noted(late, log, seconds=time.monotonic() - began)
            raise

    async def _sent(self, prompt: Prompt, deadline: Deadline, dialect: Dialect, room: int) -> Reply:
        read = min(self._options.read_timeout_s, max(deadline.remaining(), 0.001))
        body = {"model": self.model, **dialect.parameters(prompt, room), **self._options.extra_body}
        timeout = openai.Timeout(read, connect=min(self._options.connect_timeout_s, read))
        with span(f"chat {self.model}", self._attributes(dialect, room), to_a_server=True) as note:
            try:
                response = await self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, body=body, options={"timeout": timeout}
                )
                # A hostile body of full length takes half a second.
                reply = await asyncio.to_thread(read_reply, response.content.decode("utf-8", "replace"))
            except openai.APIStatusError as error:
                if text := failed_generation(error.body):
                    return Reply(text)
                # The original message may repeat the prompt or the key, so it is not kept as the cause.
                raise refused_parameter(error, dialect) or classified(error) from None
            except openai.OpenAIError as error:
                raise classified(error) from None
            except (ValueError, httpx2.InvalidURL):
                raise PermanentModelError(Failure.MODEL_REFUSED, Why(code="illegal_request")) from None
            note("gen_ai.usage.input_tokens", reply.input_tokens or 0)
            note("gen_ai.usage.output_tokens", reply.output_tokens or 0)
        return reply

    def _noted(
        self,
        error: ModelError,
        log: RequestLog,
        *,
        learnt: bool = False,
        seconds: float = 0.0,
        spent: Reply = _NOTHING_SPENT,
    ) -> ModelError:
        """Tell the log of a failed request, and of the tokens that its reply took. Return the error."""
        problem = ModelProblem(
            server=self.name,
            model=self.model,
            failure=error.failure,
            learnt=learnt,
            seconds=round(seconds, 3),
            input_tokens=spent.input_tokens,
            output_tokens=spent.output_tokens,
            cost_usd=self._cost(spent),
            **asdict(error.why),
        )
        log.failed(problem)
        return error

    def _cost(self, reply: Reply) -> float | None:
        price = self._options.price
        return price.of(reply.input_tokens, reply.output_tokens) if price else None

    def _attributes(self, dialect: Dialect, room: int) -> dict[str, Attribute]:
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.name,
            "gen_ai.request.model": self.model,
            "gen_ai.request.max_tokens": room,
            "gen_ai.request.temperature": dialect.temperature[0] or 0.0,
        }

    def _completion(self, reply: Reply) -> Completion:
        return Completion(
            text=reply.text,
            provider=self.name,
            model=self.model,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            cost_usd=self._cost(reply),
            finish_reason=reply.finish_reason,
        )


@dataclass(slots=True)
class _Lessons:
    """What one request learns. `may_be_plain`: a refusal that names nothing may be about what can be left out."""

    may_be_plain: bool
    were_plain: bool = False
    is_room_the_problem: bool = False

    def after(self, refusal: RefusedParameterError, sent: Dialect) -> Dialect | None:
        """Return how to ask next; None if there is no other way."""
        self.is_room_the_problem = self.is_room_the_problem or refusal.is_about_room
        if refusal.parameter:
            return sent.without(refusal.parameter)
        if not self.may_be_plain or self.were_plain:
            return None
        self.were_plain = True
        return sent.plain()

    def lasting(self, dialect: Dialect, before: Dialect) -> Dialect:
        """Return what to remember of a dialect that was answered: not the limit, if only this prompt left no room."""
        return replace(dialect, limit=before.limit) if self.is_room_the_problem else dialect


def _nothing_said(reply: Reply) -> ModelError:
    """Return the error of a reply that was cut off, which no further attempt changes, or of an empty one."""
    why = Why(finish_reason=reply.finish_reason)
    if reply.was_cut_off:
        return PermanentModelError(Failure.MODEL_CUT_OFF, why)
    return RetryableModelError(Failure.MODEL_EMPTY, why=why)
