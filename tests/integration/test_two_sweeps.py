"""Two processes sweep at once, as when the one that leads has just lost its lock: what is due is done once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.builders import draft
from support.workspace import ASKER, SUPPORT, workspace

from bot.store.records import Conversation, Review
from pipeline.types import Failure, NeedsReview

_REVIEW = Review(
    review_id="r-1",
    question="How long is an invitation valid?",
    conversation=Conversation(
        surface="slack", tenant_id="T0SANDBOX", user_id=ASKER, channel_id=SUPPORT, thread_id="1.0", private=False
    ),
    case=NeedsReview(reason=Failure.APPROVAL_REQUIRED, draft=draft(), sources=()),
)


async def test_a_late_card_is_queued_once_and_its_review_tells_it_once(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with workspace(own_data, articles, store={"url": postgres_url}) as desk:
        passed = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="microseconds")
        await desk.store.reviews.open(_REVIEW.model_copy(update={"card_after": passed}))
        reviews, boards = desk.bot.use_cases.reviews, desk.bot.runtime.boards
        await asyncio.gather(*(reviews.sweep(boards.reminder, boards.expired, boards.cards) for _ in range(4)))
        assert [event.what for event in await desk.store.reviews.events("r-1")].count("asked again") == 1
