"""Circuit breaker: send nothing to a provider that keeps failing, then try it with one request."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.errors import CircuitOpenError, RetryableModelError
from pipeline.types import Deadline


class CircuitBreaker:
    """Opens after `threshold` failures in a row, for `open_s` seconds; then one request may try."""

    def __init__(self, threshold: int, open_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._threshold = threshold
        self._open_s = open_s
        self._now = now
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether requests are refused now."""
        return self._opened_at is not None and self._now() - self._opened_at < self._open_s

    @contextmanager
    def guard(self, deadline: Deadline) -> Iterator[None]:
        """Run the body and count its failure or success. Raises CircuitOpenError while the circuit is open.

        A body that is cancelled at its deadline has failed: a server that sends a byte now and then never times out.
        """
        probe = self._enter()
        try:
            yield
        except RetryableModelError:
            self._failed()
            raise
        except asyncio.CancelledError:
            if deadline.is_over:
                self._failed()
            raise
        finally:
            if probe:
                self._probing = False
        self._failures, self._opened_at = 0, None

    def _enter(self) -> bool:
        if self._opened_at is None:
            return False
        if self._probing or self._now() - self._opened_at < self._open_s:
            raise CircuitOpenError
        self._probing = True
        return True

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= self._threshold:
            self._opened_at = self._now()
