"""State in the memory of one process, and how several processes over one store agree.

| part | with several processes |
| --- | --- |
| `rates` | counted together on the shared server; without `shared.url`, each process counts for itself |
| `answers` | kept on the shared server; without `shared.url`, a disputed answer is removed from one process only |
| `curated` | a signal makes every process read the vectors of approved answers again |
| `running` | Stop, edits and deletions reach the process that works by a signal |
| `unplaced` | each process tells admins once that a channel takes no cards; `/healthz` speaks of its own |
| `inbox_wake`, `outbox_wake` | a signal wakes the workers of every process; they also poll |

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
    unplaced: UnplacedCards = field(default_factory=UnplacedCards)
    inbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
    outbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
