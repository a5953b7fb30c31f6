"""Stage 3 (recall): the ports of the answer cache and of the approved answers, and the cache in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.types import Answered, NormalizedQuestion, RequestContext


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Everything that an answer depends on, so that a new snapshot, prompt or model never gets an old answer."""

    tenant_id: str
    question: str
    readable_groups: frozenset[str]
    within: tuple[str, ...]
    language: str
    snapshot: str
    prompt: str
    model: str


class AnswerCache(Protocol):
    """Keeps verified answers for a while. An implementation may drop any of them early; no method raises."""

    async def get(self, key: CacheKey, max_age_s: float) -> Answered | None:
        """Return the answer if it is at most `max_age_s` seconds old."""

    async def put(self, key: CacheKey, answer: Answered) -> None:
        """Remember a verified answer."""

    async def forget(self, content_hash: str) -> None:
        """Drop a disputed answer, whatever the question it is kept under, and keep it no more.

        A request that runs meanwhile may be about to store the same answer.
        """


class CuratedAnswers(Protocol):
    """Finds answers that a person approved."""

    async def recall(self, question: NormalizedQuestion, context: RequestContext) -> Answered | None:
        """Return the approved answer to this question that these readers may see, if it still holds."""


class MemoryAnswerCache:
    """Answer cache in the memory of this process: keeps the `size` answers used last."""

    def __init__(self, size: int, now: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._now = now
        self._snapshot = ""
        self._answers: OrderedDict[CacheKey, tuple[float, Answered]] = OrderedDict()
        self._disputed: OrderedDict[str, None] = OrderedDict()

    async def get(self, key: CacheKey, max_age_s: float) -> Answered | None:
        """Return the answer if it is at most `max_age_s` seconds old."""
        stored_at, answer = self._answers.get(key, (0.0, None))
        if answer is None or self._now() - stored_at > max_age_s:
            return None
        self._answers.move_to_end(key)
        return answer.model_copy(update={"cached": True})

    async def put(self, key: CacheKey, answer: Answered) -> None:
        """Remember a verified answer, unless it is disputed; drop the answers from other snapshots."""
        if answer.content_hash in self._disputed:
            return
        if key.snapshot != self._snapshot:
            self._answers = OrderedDict((k, known) for k, known in self._answers.items() if k.snapshot == key.snapshot)
            self._snapshot = key.snapshot
        self._answers[key] = (self._now(), answer)
        self._answers.move_to_end(key)
        while len(self._answers) > self._size:
            self._answers.popitem(last=False)

    async def forget(self, content_hash: str) -> None:
        """Drop a disputed answer and remember that it is disputed, as one of the last `size`."""
        self._disputed[content_hash] = None
        if len(self._disputed) > self._size:
            self._disputed.popitem(last=False)
        for key in [key for key, (_, known) in self._answers.items() if known.content_hash == content_hash]:
            del self._answers[key]
