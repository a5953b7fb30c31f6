from datetime import UTC, datetime

import httpx2
import openai
import pytest

from pipeline.errors import PermanentModelError, RetryableModelError
from pipeline.llm import classified, retry_after_seconds
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
    assert error.status == status
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
        (_status(400, "content_filter"), Failure.POLICY),
        (_status(400, "context_length_exceeded"), Failure.MODEL_REFUSED),
        (_status(401), Failure.MODEL_REFUSED),
        (openai.OpenAIError("unknown"), Failure.MODEL_REFUSED),
    ],
)
def test_permanent_errors_name_their_row(error: openai.OpenAIError, failure: Failure) -> None:
    found = classified(error)
    assert isinstance(found, PermanentModelError)
    assert found.failure is failure


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:10 GMT"}, 10.0),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_a_servers_wait_is_read_in_all_three_forms(headers: dict[str, str], seconds: float | None) -> None:
    now = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
    assert retry_after_seconds(httpx2.Headers(headers), lambda: now) == seconds
