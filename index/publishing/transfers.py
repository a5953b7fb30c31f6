"""Run transfers side by side, a bounded number at a time, and take their results in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")
# A block has at most 1 MiB, so transfers hold at most 24 MiB.
_AT_ONCE, _AHEAD = 8, 16


def transferred(transfer: Callable[[A], R], items: Iterable[A]) -> Generator[R, None, None]:
    """Yield `transfer(item)` for each item, in order. The first error ends it; what has begun is waited for."""
    with ThreadPoolExecutor(_AT_ONCE, "snapshot-transfer") as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(transfer, item))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
