import asyncio

import pytest
from support.clocks import Clock

from pipeline.errors import CircuitOpenError, PermanentModelError, RetryableModelError
from pipeline.models.breaker import CircuitBreaker
from pipeline.types import Deadline, Failure

_LATER = Deadline.after(60)


def _fail(breaker: CircuitBreaker, error: Exception | None = None) -> None:
    with pytest.raises(Exception) as caught, breaker.guard(_LATER):  # noqa: PT011 - the error is given
        raise error or RetryableModelError(Failure.MODEL_DOWN)
    assert not isinstance(caught.value, CircuitOpenError)


def test_a_circuit_opens_after_failures_in_a_row_and_closes_after_a_good_probe() -> None:
    clock = Clock()
    breaker = CircuitBreaker(3, 30.0, clock)
    for _ in range(3):
        _fail(breaker)
    with pytest.raises(CircuitOpenError), breaker.guard(_LATER):
        pass
    assert breaker.is_open
    clock.advance(31)
    with breaker.guard(_LATER):
        pass
    _fail(breaker)
    assert not breaker.is_open


def test_a_failed_probe_keeps_the_circuit_open() -> None:
    clock = Clock()
    breaker = CircuitBreaker(1, 30.0, clock)
    _fail(breaker)
    clock.time = 31.0
    _fail(breaker)
    clock.time = 40.0
    with pytest.raises(CircuitOpenError), breaker.guard(_LATER):
        pass


def test_only_one_request_probes_at_a_time() -> None:
    clock = Clock()
    breaker = CircuitBreaker(1, 30.0, clock)
    _fail(breaker)
    clock.time = 31.0
    with breaker.guard(_LATER), pytest.raises(CircuitOpenError), breaker.guard(_LATER):
        pass


def test_a_permanent_error_says_nothing_about_the_providers_health() -> None:
    breaker = CircuitBreaker(1, 30.0)
    _fail(breaker, PermanentModelError(Failure.MODEL_REFUSED))
    assert not breaker.is_open
    _fail(breaker)
    assert breaker.is_open


async def test_a_request_that_its_deadline_ends_counts_and_one_that_is_stopped_does_not() -> None:
    for seconds, opens in ((0.0, True), (60.0, False)):
        breaker = CircuitBreaker(1, 30.0, Clock())
        with pytest.raises(asyncio.CancelledError), breaker.guard(Deadline.after(seconds)):
            raise asyncio.CancelledError
        assert breaker.is_open is opens
