"""Translate the errors of a model server into ours; see docs/architecture.md, "Retry policy".

A server's message may repeat the prompt or the key: it is read for the parameter that it names, and never kept.
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from socket import gaierror
from typing import Any

import httpx2
import openai

from pipeline.errors import ModelError, PermanentModelError, RetryableModelError, Why
from pipeline.models.dialect import Dialect, Parameter
from pipeline.models.http import UnboundedError
from pipeline.models.retry_after import retry_after
from pipeline.safety.redaction import credentials
from pipeline.types import Failure

_RETRYABLE_4XX = {408: Failure.MODEL_TIMEOUT, 409: Failure.MODEL_DOWN}
_BAD_REQUEST, _NOT_FOUND, _RATE_LIMITED, _SERVER_ERROR = 400, 404, 429, 500
_QUOTA_CODES = ("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded")
_FILTER_CODES = ("content_filter", "content_policy_violation", "responsibleaipolicyviolation")
# How servers say, without a code, that the prompt does not fit.
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|(?:prompt|input)s? (?:is|are) too (?:long|large)|too many tokens"
)
_TOO_LARGE = re.compile(r"too (?:large|high|big)|context|at least 1|must be (?:less|at most)|exceeds?")
# Groq found no JSON in what its model wrote; the next try may hold some.
_SAMPLED_BADLY = "json_validate_failed"
_TOO_LONG_CODE = "context_length_exceeded"
# Codes that name another reason than a parameter.
_OTHER_REASONS = frozenset(
    {*_QUOTA_CODES, *_FILTER_CODES, _TOO_LONG_CODE, "exceed_context_size_error", "model_not_found"}
)
_MAY_BE_A_PARAMETER = (400, 404, 415, 422, 500, 501)
# Servers report a format or a role that they cannot take as an error of their own.
_IN_SERVER_ERRORS: tuple[Parameter, ...] = ("output_format", "system")
_READ_CHARS = 2000
# What LiteLLM sends as a string where it has nothing to say.
_NOTHING = ("none", "null")
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,40}")
# Causes of a failed connection, the nearest to its root first.
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate_not_trusted"),
    (ssl.SSLError, "tls_failed"),
    (gaierror, "unknown_host"),
    (ConnectionRefusedError, "connection_refused"),
    (httpx2.ProxyError, "proxy_failed"),
    (httpx2.ConnectTimeout, "connect_timeout"),
    (httpx2.ReadTimeout, "read_timeout"),
    (UnboundedError, "response_too_long"),
    (httpx2.ConnectError, "connection_failed"),
    (httpx2.LocalProtocolError, "illegal_header"),
)


class RefusedParameterError(ModelError):
    """The server refuses `parameter`; None: it refuses the request and names no parameter.

    `error` is raised if there is no other way to ask. `is_about_room`: this prompt leaves too little for the reply.
    """

    failure = Failure.MODEL_REFUSED

    def __init__(self, parameter: Parameter | None, error: ModelError, *, is_about_room: bool = False) -> None:
        super().__init__(why=replace(error.why, parameter=error.why.parameter or parameter or ""))
        self.parameter = parameter
        self.error = error
        self.is_about_room = is_about_room


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says. `words` is its message, bounded: to be searched, never kept or shown."""

    code: str = ""
    parameter: str = ""
    words: str = ""


def classified(error: openai.OpenAIError) -> ModelError:
    """Return our error for one of the openai package."""
    if isinstance(error, openai.APITimeoutError):
        return RetryableModelError(Failure.MODEL_TIMEOUT, why=Why(code=_cause(error)))
    if isinstance(error, openai.APIConnectionError):
        return RetryableModelError(Failure.MODEL_DOWN, why=Why(code=_cause(error)))
    if isinstance(error, openai.APIStatusError):
        return by_status(error.status_code, error.body, error.response.headers)
    if isinstance(error, openai.APIResponseValidationError):
        return RetryableModelError(Failure.MODEL_DOWN)
    return PermanentModelError(Failure.MODEL_REFUSED)


def by_status(status: int, body: object, headers: Mapping[str, str] | None = None) -> ModelError:
    """Return our error for an HTTP status and the body that came with it."""
    said = error_body(body)
    is_too_long = status == _BAD_REQUEST and _TOO_LONG.search(said.words)
    why = Why(status, _TOO_LONG_CODE if is_too_long else said.code, said.parameter)
    code = said.code.casefold()
    if code in (*_FILTER_CODES, *_QUOTA_CODES):
        return PermanentModelError(Failure.CONTENT_FILTER if code in _FILTER_CODES else Failure.MODEL_REFUSED, why)
    if code == _SAMPLED_BADLY:
        return RetryableModelError(Failure.MODEL_EMPTY, why=why)
    wait = retry_after(headers or {})
    if status == _RATE_LIMITED:
        return RetryableModelError(Failure.MODEL_RATE_LIMITED, wait, why)
    if status in _RETRYABLE_4XX:
        return RetryableModelError(_RETRYABLE_4XX[status], wait, why)
    if status >= _SERVER_ERROR:
        return RetryableModelError(Failure.MODEL_DOWN, wait, why)
    return PermanentModelError(Failure.MODEL_REFUSED, why)


def refused_parameter(error: openai.APIStatusError, dialect: Dialect) -> RefusedParameterError | None:
    """Return the refusal of a parameter that an error is, or may be; None for an error with another reason."""
    status, said = error.status_code, error_body(error.body)
    if status not in _MAY_BE_A_PARAMETER or said.code.casefold() in _OTHER_REASONS:
        return None
    parameter = dialect.refused_in(said.parameter or said.words)
    if parameter and (status < _SERVER_ERROR or parameter in _IN_SERVER_ERRORS):
        is_about_room = parameter == "limit" and _TOO_LARGE.search(said.words) is not None
        return RefusedParameterError(parameter, classified(error), is_about_room=is_about_room)
    if said.parameter or status >= _SERVER_ERROR or not said.words or _TOO_LONG.search(said.words):
        return None
    if status == _NOT_FOUND and "parameter" not in said.words:
        return None
    return RefusedParameterError(None, classified(error))


def error_body(body: object) -> ErrorBody:
    """Read the body of an error in the shapes of OpenAI, Azure, Gemini (a list), FastAPI (`detail`), vLLM, Mistral."""
    inner = body[0] if isinstance(body, list) and body else body
    for key in ("error", "message"):
        inner = inner[key] if isinstance(inner, dict) and isinstance(inner.get(key), dict) else inner
    if not isinstance(inner, dict):
        return ErrorBody(words=inner.casefold()[:_READ_CHARS] if isinstance(inner, str) else "")
    details = [entry for entry in _listed(inner.get("detail")) if isinstance(entry, dict)]
    places = [".".join(map(str, _listed(entry.get("loc")))) for entry in details]
    words = [inner.get("message"), inner.get("detail"), *places, *(entry.get("msg") for entry in details)]
    codes = (named(inner.get(key)) for key in ("code", "type", "status"))
    return ErrorBody(
        code=next((code for code in codes if code and not code.isdigit()), ""),
        parameter=named(inner.get("param")) or next((place for place in map(named, places) if place), ""),
        words=" ".join(word for word in words if isinstance(word, str)).casefold()[:_READ_CHARS],
    )


def named(value: object) -> str:
    """Return a value of a server if it looks like a name or a number, else "": a sentence may repeat the prompt."""
    text = str(value) if isinstance(value, str | int) else ""
    is_name = _NAME.fullmatch(text) and text.casefold() not in _NOTHING
    return text if is_name and not any(credentials(text)) else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _cause(error: BaseException) -> str:
    chain = list(_chain(error))
    return next((code for kind, code in _CAUSES if any(isinstance(link, kind) for link in chain)), "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 10:  # noqa: PLR2004 - a chain may be a circle
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1
