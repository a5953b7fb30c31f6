import time

import pytest

from pipeline.errors import RetryableModelError
from pipeline.models.throttle import Throttle
from pipeline.rate_limits import memory_rate_limits
from pipeline.types import Deadline, Failure

pytestmark = pytest.mark.usefixtures("wall_clock")


def _throttle(requests: int | None, tokens: int | None) -> Throttle:
    return Throttle(memory_rate_limits(), "openai/m", requests, tokens)


async def test_without_limits_nothing_waits() -> None:
    throttle = _throttle(None, None)
    began = time.monotonic()
    for _ in range(100):
        await throttle.wait(10_000, Deadline.after(1))
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(("requests", "tokens", "cost"), [(3, None, 1), (None, 3000, 1000)])
async def test_what_the_provider_does_not_allow_before_the_deadline_is_refused_with_the_wait(
    requests: int | None, tokens: int | None, cost: int
) -> None:
    throttle = _throttle(requests, tokens)
    for _ in range(3):
        await throttle.wait(cost, Deadline.after(1))
    began = time.monotonic()
    with pytest.raises(RetryableModelError) as caught:
        await throttle.wait(cost, Deadline.after(0.2))
    assert time.monotonic() - began < 0.3
    assert caught.value.failure is Failure.MODEL_RATE_LIMITED
    assert caught.value.retry_after == pytest.approx(30)


async def test_two_servers_do_not_use_up_each_others_minute() -> None:
    rates = memory_rate_limits()
    first, second = Throttle(rates, "openai/m", 1, None), Throttle(rates, "local/m", 1, None)
    await first.wait(1, Deadline.after(1))
    await second.wait(1, Deadline.after(0.01))
    with pytest.raises(RetryableModelError):
        await second.wait(1, Deadline.after(0.01))


async def test_a_prompt_larger_than_a_minutes_tokens_goes_and_takes_the_whole_minute() -> None:
    throttle = _throttle(None, 100)
    await throttle.wait(5000, Deadline.after(1))
    with pytest.raises(RetryableModelError):
        await throttle.wait(1, Deadline.after(0.05))
