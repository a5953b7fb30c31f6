"""Slack's signatures: whether Slack signed a request, and whether it was taken before."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from multidict import CIMultiDictProxy
from slack_sdk.signature import SignatureVerifier

# The library raises for a time that is no number, for a signature that is not ASCII and for a body that is no text.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
# The library takes a signature for five minutes, and one of a clock that is fast for five more.
_REMEMBERED_S = 600.0


_Response = TypeVar("_Response")


class SignedRequests:
    """Checks signatures with one signing secret, and remembers in this process those of requests that were taken.

    Slack signs anew when it delivers again, so the same signature twice is a copy that somebody else sends.
    """

    def __init__(self, secret: str, now: Callable[[], float] = time.monotonic) -> None:
        self._verifier = SignatureVerifier(secret)
        self._now = now
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
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

    async def once(
        self,
        signature: str,
        work: Callable[[], Coroutine[Any, Any, _Response]],
        is_taken: Callable[[_Response], bool],
    ) -> _Response | None:
        """Work on a request and return the response; return None for a copy of one that was taken.

        A copy waits for the request that is worked on, and takes its place if that fails.
        """
        turn = self._turns.setdefault(signature, asyncio.Lock())
        async with turn:
            self._forget_old()
            if signature in self._taken:
                return None
            response = await work()
            if is_taken(response):
                self._taken[signature] = self._now()
            return response

    def _forget_old(self) -> None:
        while self._taken and self._now() - self._taken[oldest := next(iter(self._taken))] > _REMEMBERED_S:
            del self._taken[oldest]
