"""All state that lives in the memory of one process. To serve from several processes, replace each part.

| part | what goes wrong in several processes |
| --- | --- |
| `rates` | each process counts for itself, so every limit holds once a process |
| `answers` | a disputed answer is forgotten in one process only |
| `curated` | the others do not see a newly approved answer before they restart |
| `running` | Stop and edits reach only questions that this process works on |
| `reindexing` | only `build.lock` on the same disk keeps two builds apart |
| `inbox_wake`, `outbox_wake` | the others find a new job by polling only |
"""

import asyncio
from dataclasses import dataclass, field

from bot.desk.curated import Version
from bot.surfaces.running_questions import RunningQuestions
from pipeline.caching import AnswerCache
from pipeline.rate_limits import RateLimits


@dataclass(frozen=True, slots=True)
class ProcessState:
    """Built once by `bot.app`, which hands each part to whoever needs it."""

    answers: AnswerCache
    rates: RateLimits
    curated: Version = field(default_factory=Version)
    running: RunningQuestions = field(default_factory=RunningQuestions)
    reindexing: asyncio.Lock = field(default_factory=asyncio.Lock)
    inbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
    outbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
