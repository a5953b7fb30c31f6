"""The only retry loop around a model, bounded by attempts and the deadline."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from pipeline.errors import RetryableModelError, Why
from pipeline.types import Deadline, Failure

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` tries, with full jitter: a random wait up to `base_s`, doubled per try, up to `cap_s`.

    Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    attempts: int = 3
    base_s: float = 0.5
    cap_s: float = 8.0


async def with_retries(
    call: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    deadline: Deadline,
    jitter: Callable[[float, float], float] = random.uniform,
) -> T:
    """Return what `call` returns. Raises its last error, or a MODEL_TIMEOUT at the deadline.

    A server's Retry-After replaces the backoff. A wait that reaches past the deadline ends the loop.
    """
    tries = 0

    def wait_before_next(error: Exception) -> bool | float:
        if not isinstance(error, RetryableModelError):
            return False
        backoff = jitter(0.0, min(policy.cap_s, policy.base_s * 2 ** (tries - 1)))
        wait = backoff if error.retry_after is None else max(error.retry_after, 0.0)
        return wait if wait < deadline.remaining() else False

    try:
        # stamina limits neither the waits that a hook asks for nor the call itself, so the deadline limits both.
        async with asyncio.timeout(deadline.remaining()):
            async for attempt in stamina.retry_context(on=wait_before_next, attempts=policy.attempts, timeout=None):
                with attempt:
                    tries += 1
                    return await call()
    except TimeoutError as error:
        raise RetryableModelError(Failure.MODEL_TIMEOUT, why=Why(code="deadline")) from error
    raise AssertionError("stamina ends by returning or raising")  # pragma: no cover
