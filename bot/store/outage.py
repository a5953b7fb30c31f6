"""Say once that a store cannot be written, and once that it can again, however many statements fail meanwhile."""

import time
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)
# A write that succeeds so soon after one that failed does not end an outage: on a full disk a small one may still fit.
_CALM_S = 2.0


class Outage:
    """The outage of one store. `is_on` while writes fail."""

    def __init__(self, store: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._began = self._failed = 0.0
        self.is_on = False

    def failed(self, reason: str) -> None:
        """Note that a statement failed because the store is full, read-only, damaged or away."""
        self._failed = self._clock()
        if not self.is_on:
            self.is_on, self._began = True, self._failed
            _log.error("store_unavailable", store=self._store, reason=reason)

    def wrote(self) -> None:
        """Note that a write succeeded."""
        now = self._clock()
        if self.is_on and now - self._failed >= _CALM_S:
            self.is_on = False
            _log.warning("store_works_again", store=self._store, after_s=round(now - self._began, 1))
