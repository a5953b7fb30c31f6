import time

import pytest

from pipeline.errors import RetryableModelError
from pipeline.models.throttle import Throttle
from pipeline.types import Deadline, Failure


async def test_without_limits_nothing_waits() -> None:
    throttle = Throttle(None, None)
    began = time.monotonic()
    for _ in range(100):
        await throttle.wait(10_000, Deadline.after(1))
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(("throttle", "tokens"), [(Throttle(3, None), 1), (Throttle(None, 3000), 1000)])
async def test_what_the_provider_does_not_allow_before_the_deadline_is_refused_with_the_wait(
    throttle: Throttle, tokens: int
) -> None:
    for _ in range(3):
        await throttle.wait(tokens, Deadline.after(1))
    began = time.monotonic()
    with pytest.raises(RetryableModelError) as caught:
        await throttle.wait(tokens, Deadline.after(0.2))
    assert time.monotonic() - began < 0.3
    assert caught.value.failure is Failure.MODEL_RATE_LIMITED
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 0.2


async def test_a_prompt_larger_than_a_minutes_tokens_takes_the_whole_minute_and_goes() -> None:
    await Throttle(None, 100).wait(5000, Deadline.after(1))
