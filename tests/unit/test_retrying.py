import asyncio
import time

import pytest

from pipeline.errors import PermanentModelError, RetryableModelError
from pipeline.models.retrying import RetryPolicy, with_retries
from pipeline.types import Deadline, Failure

_FAST = RetryPolicy(attempts=3, base_s=0.001, cap_s=0.002)


class _Call:
    """Fails with the given errors in turn, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    async def __call__(self) -> str:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def _retryable(retry_after: float | None = None) -> RetryableModelError:
    return RetryableModelError(Failure.MODEL_DOWN, retry_after)


async def test_a_retryable_error_is_tried_again_until_it_works() -> None:
    call = _Call(_retryable(), _retryable())
    assert await with_retries(call, _FAST, Deadline.after(5)) == "done"
    assert call.count == 3


async def test_the_number_of_attempts_is_bounded_and_the_last_error_is_raised() -> None:
    call = _Call(*(_retryable() for _ in range(9)))
    with pytest.raises(RetryableModelError):
        await with_retries(call, _FAST, Deadline.after(5))
    assert call.count == 3


@pytest.mark.parametrize("error", [PermanentModelError(Failure.MODEL_REFUSED), ValueError("bug")])
async def test_any_other_error_is_raised_at_once(error: Exception) -> None:
    call = _Call(error, error)
    with pytest.raises(type(error)):
        await with_retries(call, _FAST, Deadline.after(5))
    assert call.count == 1


async def test_the_servers_wait_replaces_the_backoff() -> None:
    began = time.monotonic()
    assert await with_retries(_Call(_retryable(0.2)), _FAST, Deadline.after(5)) == "done"
    assert 0.2 <= time.monotonic() - began < 1.0


async def test_a_wait_that_reaches_past_the_deadline_ends_the_loop_at_once() -> None:
    call = _Call(_retryable(60.0))
    began = time.monotonic()
    with pytest.raises(RetryableModelError) as caught:
        await with_retries(call, _FAST, Deadline.after(0.5))
    assert caught.value.failure is Failure.MODEL_DOWN
    assert call.count == 1
    assert time.monotonic() - began < 0.3


async def test_a_call_that_hangs_ends_as_a_timeout_at_the_deadline() -> None:
    began = time.monotonic()
    with pytest.raises(RetryableModelError) as caught:
        await with_retries(asyncio.Event().wait, _FAST, Deadline.after(0.1))
    assert caught.value.failure is Failure.MODEL_TIMEOUT
    assert time.monotonic() - began < 0.5


async def test_backoff_is_full_jitter_doubling_up_to_the_cap() -> None:
    spans: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        spans.append((low, high))
        return 0.0

    policy = RetryPolicy(attempts=4, base_s=1.0, cap_s=3.0)
    await with_retries(_Call(*(_retryable() for _ in range(3))), policy, Deadline.after(5), jitter)
    assert spans == [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0)]


async def test_cancellation_passes() -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(with_retries(hang, _FAST, Deadline.after(60)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
