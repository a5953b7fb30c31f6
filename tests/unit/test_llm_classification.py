from collections.abc import Callable, Mapping

import httpx2
import openai
import pytest

from pipeline.errors import PermanentModelError, RetryableModelError
from pipeline.models.refusals import classified
from pipeline.types import Failure

_REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")
_RETRYABLE = {408, 409, 429, *range(500, 600)}


def _status(status: int, code: str | None = None, headers: dict[str, str] | None = None) -> openai.APIStatusError:
    response = httpx2.Response(status, request=_REQUEST, headers=headers)
    return openai.APIStatusError("words with a key sk-123", response=response, body={"code": code})


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_is_either_worth_another_attempt_or_not(status: int) -> None:
    error = classified(_status(status))
    assert isinstance(error, RetryableModelError) == (status in _RETRYABLE)
    assert error.why.status == status
    assert "sk-123" not in str(error)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (openai.APITimeoutError(_REQUEST), Failure.MODEL_TIMEOUT),
        (openai.APIConnectionError(request=_REQUEST), Failure.MODEL_DOWN),
        (_status(429), Failure.MODEL_RATE_LIMITED),
        (_status(408), Failure.MODEL_TIMEOUT),
        (_status(503), Failure.MODEL_DOWN),
    ],
)
def test_retryable_errors_name_their_row(error: openai.OpenAIError, failure: Failure) -> None:
    found = classified(error)
    assert isinstance(found, RetryableModelError)
    assert found.failure is failure


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (_status(429, "insufficient_quota"), Failure.MODEL_REFUSED),
        (_status(400, "content_filter"), Failure.CONTENT_FILTER),
        (_status(400, "context_length_exceeded"), Failure.MODEL_REFUSED),
        (_status(401), Failure.MODEL_REFUSED),
        (openai.OpenAIError("unknown"), Failure.MODEL_REFUSED),
    ],
)
def test_permanent_errors_name_their_row(error: openai.OpenAIError, failure: Failure) -> None:
    found = classified(error)
    assert isinstance(found, PermanentModelError)
    assert found.failure is failure


def _every_error() -> list[type[openai.OpenAIError]]:
    found: list[type[openai.OpenAIError]] = []
    left = [openai.OpenAIError]
    while left:
        kind = left.pop()
        found.append(kind)
        left.extend(kind.__subclasses__())
    return found


_MADE: Mapping[type[openai.OpenAIError], Callable[[], openai.OpenAIError]] = {
    openai.APITimeoutError: lambda: openai.APITimeoutError(_REQUEST),
    openai.APIConnectionError: lambda: openai.APIConnectionError(request=_REQUEST),
}


@pytest.mark.parametrize("kind", _every_error(), ids=lambda kind: kind.__name__)
def test_every_error_class_of_the_package_is_one_of_ours_and_says_nothing_of_its_text(
    kind: type[openai.OpenAIError],
) -> None:
    if kind in _MADE:
        error: openai.OpenAIError = _MADE[kind]()
    else:
        # What counts is the class: a bare instance with what the classification reads.
        error = kind.__new__(kind)
        error.__dict__.update(
            status_code=429,
            code="secret-code",
            body=None,
            response=httpx2.Response(429, request=_REQUEST),
            request=_REQUEST,
        )
    ours = classified(error)
    # What is not known is not tried again.
    is_known = issubclass(kind, openai.APIStatusError | openai.APIConnectionError | openai.APIResponseValidationError)
    assert type(ours) is (RetryableModelError if is_known else PermanentModelError)
    assert "secret-code" not in str(ours)
