"""Wait for a state, with a bound, and for the moment after which nothing more comes."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from bot.store.port import Store

T = TypeVar("T")
PATIENCE_S = 20.0
_LOOK_EVERY_S = 0.01


async def until(
    look: Callable[[], T], patience_s: float = PATIENCE_S, told: Callable[[], object] = lambda: "it did not come true"
) -> T:
    """Return what `look` sees once it is true; fail with what `told` returns after `patience_s` seconds."""
    end = time.monotonic() + patience_s
    while not (seen := look()):
        assert time.monotonic() < end, told()
        # What is looked at changes in other tasks and threads, which tell nobody.
        await asyncio.sleep(_LOOK_EVERY_S)
    return seen


async def settled(store: Store, patience_s: float = PATIENCE_S) -> None:
    """Return when no question, no build and no message waits: after that, nothing comes of what was received before.

    A question or a build leaves its queue in the transaction that queues its reply, and a message leaves the outbox
    once it is posted or given up. So the outbox is read last.
    """
    end = time.monotonic() + patience_s
    while waiting := await _working(store) or (await store.outbox.length()).waiting:
        assert time.monotonic() < end, f"{waiting} jobs still wait"
        # The workers tell nobody that a queue is empty.
        await asyncio.sleep(_LOOK_EVERY_S)


async def _working(store: Store) -> int:
    return (await store.inbox.length()).waiting or (await store.builds.length()).waiting
