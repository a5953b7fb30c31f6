"""State in the memory of one process. To serve with several processes, each part must become shared state.

| part | what goes wrong with several processes |
| --- | --- |
| `rates` | without `shared.url`, each process counts for itself: a limit holds for each, not for all together |
| `answers` | without `shared.url`, a disputed answer is removed from the cache of one process only |
| `curated` | another process keeps its cached vectors until it approves or reopens an answer itself |
| `running` | Stop, edits and deletions interrupt only the questions of this process |
| `reindexing` | only `build.lock`, on the same disk, prevents two builds at once |
| `unplaced` | each process tells admins once that a channel takes no cards; `/healthz` speaks of its own |
| `inbox_wake`, `outbox_wake` | other processes find a new job only by polling |

Circuit breakers, metrics, cached group members and the bounds on concurrent requests are also per process.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.desk.curated import CuratedVersion
from bot.surfaces.card_placing import UnplacedCards
from bot.surfaces.running_questions import RunningQuestions
from bot.telemetry.metrics import Metrics
from pipeline.caching import AnswerCache
from pipeline.rate_limits import RateLimits


async def _nothing_to_close() -> None:
    pass


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The state of a process. `bot.app` builds it once and hands each part to the classes that need it.

    `aclose` closes the connections to the server that processes share, if there is one.
    """

    answers: AnswerCache
    rates: RateLimits
    metrics: Metrics
    aclose: Callable[[], Awaitable[None]] = _nothing_to_close
    curated: CuratedVersion = field(default_factory=CuratedVersion)
    running: RunningQuestions = field(default_factory=RunningQuestions)
    reindexing: asyncio.Lock = field(default_factory=asyncio.Lock)
    unplaced: UnplacedCards = field(default_factory=UnplacedCards)
    inbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
    outbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
