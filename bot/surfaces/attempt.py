"""One try to post a message: whether it may still begin, and what earlier tries have left."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.store.lease import Lease
from bot.store.port import Outbox
from bot.store.records import Job, Outgoing


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message was posted. `answer_ids` are the message ids by which the product may name it in feedback.

    `is_shared` tells that another worker's try ends in the same place, so that it may be the one that people see.
    """

    channel_id: str
    message_id: str
    answer_ids: tuple[str, ...] = ()
    is_shared: bool = False


class PostError(Exception):
    """A message could not be posted.

    `reason` is the product's code. `is_passing` tells that another try may succeed, after `retry_after` seconds if the
    product named a time. `instead` are messages to queue if this one is given up.
    """

    def __init__(
        self,
        reason: str,
        *,
        is_passing: bool,
        retry_after: float | None = None,
        instead: Sequence[Outgoing] = (),
    ) -> None:
        super().__init__(reason)
        self.reason, self.is_passing, self.retry_after, self.instead = reason, is_passing, retry_after, tuple(instead)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to post the message of `job`. `post_s` is the longest time of one request."""

    job: Job
    lease: Lease
    outbox: Outbox
    post_s: float

    @property
    def is_first(self) -> bool:
        """Whether no earlier try can have posted the message."""
        return self.job.attempts == 1

    @property
    def anchor(self) -> str:
        """The id of the first message, which an earlier try has posted and this one completes; "" if there is none."""
        return self.job.anchor

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Make one request that posts something in this context, so that none arrives after the lease has ended.

        Raises PostError if the lease may end before the request does, and TimeoutError if the request takes too long.
        """
        if self.lease.left_s() < self.post_s:
            raise PostError("LEASE_ENDS", is_passing=True)
        async with asyncio.timeout(self.post_s):
            yield

    async def keep_anchor(self, message_id: str) -> None:
        """Store the id of the first message. Raises PostError if another worker has taken the message over."""
        if not await self.outbox.anchor(self.job, message_id):
            raise PostError("LEASE_LOST", is_passing=True)
