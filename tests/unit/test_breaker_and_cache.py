from dataclasses import replace

import pytest

from pipeline.caching import CacheKey, MemoryAnswerCache
from pipeline.errors import CircuitOpenError, PermanentModelError, RetryableModelError
from pipeline.models.breaker import CircuitBreaker
from pipeline.types import Answered, Failure


class _Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def _fail(breaker: CircuitBreaker, error: Exception | None = None) -> None:
    with pytest.raises(Exception) as caught, breaker.guard():  # noqa: PT011 - the error is given
        raise error or RetryableModelError(Failure.MODEL_DOWN)
    assert not isinstance(caught.value, CircuitOpenError)


def test_a_circuit_opens_after_failures_in_a_row_and_closes_after_a_good_probe() -> None:
    clock = _Clock()
    breaker = CircuitBreaker(3, 30.0, clock)
    for _ in range(3):
        _fail(breaker)
    with pytest.raises(CircuitOpenError), breaker.guard():
        pass
    clock.time = 31.0
    with breaker.guard():
        pass
    _fail(breaker)
    with breaker.guard():
        pass


def test_a_failed_probe_keeps_the_circuit_open() -> None:
    clock = _Clock()
    breaker = CircuitBreaker(1, 30.0, clock)
    _fail(breaker)
    clock.time = 31.0
    _fail(breaker)
    clock.time = 40.0
    with pytest.raises(CircuitOpenError), breaker.guard():
        pass


def test_only_one_request_probes_at_a_time() -> None:
    clock = _Clock()
    breaker = CircuitBreaker(1, 30.0, clock)
    _fail(breaker)
    clock.time = 31.0
    with breaker.guard(), pytest.raises(CircuitOpenError), breaker.guard():
        pass


def test_a_permanent_error_says_nothing_about_the_providers_health() -> None:
    breaker = CircuitBreaker(1, 30.0)
    _fail(breaker, PermanentModelError(Failure.MODEL_REFUSED, 401))
    with breaker.guard():
        pass


def _key(question: str, groups: frozenset[str] = frozenset(), snapshot: str = "s1") -> CacheKey:
    return CacheKey("T1", question, groups, (), "", snapshot, "p@1", "m")


_ANSWER = Answered(text="yes [1]", confidence="high", citations=(), sources=())


def test_an_answer_is_recalled_for_the_same_key_and_marked() -> None:
    cache = MemoryAnswerCache(10)
    cache.put(_key("q"), _ANSWER)
    found = cache.get(_key("q"), 60.0)
    assert found is not None
    assert found.cached


@pytest.mark.parametrize("other", [_key("p"), _key("q", frozenset({"leads"})), _key("q", snapshot="s2")])
def test_another_question_reader_or_snapshot_is_another_key(other: CacheKey) -> None:
    cache = MemoryAnswerCache(10)
    cache.put(_key("q"), _ANSWER)
    assert cache.get(other, 60.0) is None


def test_age_and_size_are_bounded() -> None:
    clock = _Clock()
    cache = MemoryAnswerCache(2, clock)
    for question in ("a", "b", "c"):
        cache.put(_key(question), _ANSWER)
    assert cache.get(_key("a"), 60.0) is None
    clock.time = 61.0
    assert cache.get(_key("c"), 60.0) is None
    assert cache.get(_key("c"), 3600.0) is not None


def test_a_new_snapshot_drops_what_was_answered_over_the_old_one() -> None:
    cache = MemoryAnswerCache(10)
    old = CacheKey("T1", "q", frozenset(), (), "", "s1", "p", "m")
    cache.put(old, _ANSWER)
    cache.put(replace(old, snapshot="s2"), _ANSWER)
    assert cache.get(old, 60.0) is None
    assert cache.get(replace(old, snapshot="s2"), 60.0) is not None
