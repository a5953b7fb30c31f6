"""Slack's signatures: whether Slack signed a request, and whether it was taken before."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from multidict import CIMultiDictProxy
from slack_sdk.signature import SignatureVerifier

# The library raises for a time that is no number, for a signature that is not ASCII and for a body that is no text.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
# The library takes a signature for five minutes, and one of a clock that is fast for five more.
_REMEMBERED_S = 600.0


class AlreadyTakenError(Exception):
    """The same request was taken, or is being taken, which `is_running` tells."""

    def __init__(self, *, is_running: bool) -> None:
        super().__init__(is_running)
        self.is_running = is_running


class SignedRequests:
    """Checks signatures with one signing secret, and remembers in this process those of requests that were taken.

    Slack signs anew when it delivers again, so the same signature twice is a copy that somebody else sends.
    """

    def __init__(self, secret: str, now: Callable[[], float] = time.monotonic) -> None:
        self._verifier = SignatureVerifier(secret)
        self._now = now
        self._running: set[str] = set()
        # By the time at which they were taken.
        self._taken: dict[str, float] = {}

    def signature(self, headers: CIMultiDictProxy[str], body: bytes) -> str | None:
        """Return the signature of a request; None if it is missing, malformed, old or wrong."""
        timestamps, signatures = (
            headers.getall("X-Slack-Request-Timestamp", []),
            headers.getall("X-Slack-Signature", []),
        )
        if len(timestamps) != 1 or len(signatures) != 1:
            return None
        timestamp, signature = timestamps[0], signatures[0]
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return None
        try:
            return signature if self._verifier.is_valid(body, timestamp, signature) else None
        except UnicodeDecodeError:
            return None

    @contextmanager
    def taking(self, signature: str) -> Iterator[Callable[[], None]]:
        """Enclose the work on a request; yield what to call once it is taken. Raises AlreadyTakenError."""
        self._forget_old()
        if signature in self._running or signature in self._taken:
            raise AlreadyTakenError(is_running=signature in self._running)
        self._running.add(signature)
        try:
            yield lambda: self._taken.__setitem__(signature, self._now())
        finally:
            self._running.discard(signature)

    def _forget_old(self) -> None:
        while self._taken and self._now() - self._taken[oldest := next(iter(self._taken))] > _REMEMBERED_S:
            del self._taken[oldest]
