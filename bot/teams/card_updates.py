"""Update the posted cards of reviews in Teams, and try again later where Teams is busy."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import structlog

from bot.teams.cards import Json
from bot.teams.connector import Connector
from pipeline.models.retry_after import retry_after

_log = structlog.get_logger(__name__)
# Statuses after which another try may succeed.
PASSING_STATUSES = frozenset({408, 412, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S = 120.0
_PAUSES_S = (0.5, 2.0, 8.0, 30.0)


@dataclass(frozen=True, slots=True)
class PostedCard:
    """Where a card was posted."""

    service_url: str
    conversation_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class CardUpdates:
    """Replaces cards. The first try is awaited; later ones run in the background, with the card as it is by then."""

    connector: Connector
    pauses_s: Sequence[float] = _PAUSES_S
    _waiting: dict[PostedCard, asyncio.Task[None]] = field(default_factory=dict)

    async def show(self, card: PostedCard, render: Callable[[], Awaitable[Json]]) -> None:
        """Replace a posted card by what `render` returns. A failure is only logged: the review itself is stored."""
        if waiting := self._waiting.pop(card, None):
            waiting.cancel()
        wait_s = await self._updated(card, render)
        if wait_s is not None:
            task = asyncio.create_task(self._try_again(card, render, wait_s))
            self._waiting[card] = task
            task.add_done_callback(lambda done: self._ended(card, done))

    async def aclose(self) -> None:
        """Give up the updates that still wait."""
        tasks = list(self._waiting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _try_again(self, card: PostedCard, render: Callable[[], Awaitable[Json]], wait_s: float) -> None:
        for pause_s in self.pauses_s:
            await asyncio.sleep(max(pause_s, wait_s))
            again = await self._updated(card, render)
            if again is None:
                return
            wait_s = again
        _log.warning("card_not_updated", conversation_id=card.conversation_id, error="busy")

    async def _updated(self, card: PostedCard, render: Callable[[], Awaitable[Json]]) -> float | None:
        """Update a card. Return the seconds to wait at least before another try, None if none is needed or of use."""
        try:
            await self.connector.update(card.service_url, card.conversation_id, card.message_id, await render())
        except aiohttp.ClientResponseError as error:
            if error.status in PASSING_STATUSES:
                return min(retry_after(error.headers or {}) or 0.0, _LONGEST_WAIT_S)
            _log.warning("card_not_updated", conversation_id=card.conversation_id, error=error.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.info("card_update_failed", conversation_id=card.conversation_id, error=type(error).__name__)
            return 0.0
        return None

    def _ended(self, card: PostedCard, task: asyncio.Task[None]) -> None:
        if self._waiting.get(card) is task:
            del self._waiting[card]
        if not task.cancelled() and (error := task.exception()):
            _log.error("card_update_failed", conversation_id=card.conversation_id, error=type(error).__name__)
