"""The Slack surface as one running thing: what does its jobs, and the look at what time brings."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from bot.app import UseCases
from bot.settings import Settings
from bot.slack.answering import Answering
from bot.slack.clients import Workspaces
from bot.slack.delivery import Delivery
from bot.slack.directory import SlackDirectory
from bot.slack.events import SURFACE
from bot.slack.optional import Niceties
from bot.slack.posting import Cards
from bot.slack.surface import Surface
from bot.store.records import Review
from bot.workers import Handlers, Workers

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_slack(
    settings: Settings, uses: UseCases, workspaces: Workspaces, directory: SlackDirectory, workers: Workers
) -> AsyncIterator[Surface]:
    """Serve Slack's jobs and look at what time brings while the body runs."""
    niceties = Niceties()
    cards = Cards(uses.reviews, workspaces, settings.slack.reviewers_channel or "")
    attempts = settings.delivery.attempts
    answering = Answering(
        uses.desk,
        uses.reviews,
        workspaces,
        niceties,
        cards,
        settings.slack.progress_after_s,
        attempts,
        workers.outbox.wake,
    )
    delivery = Delivery(uses.desk, workspaces, niceties, workers.reply_limits, attempts)
    workers.add(SURFACE, Handlers(answering.work, delivery.deliver))
    surface = Surface(
        desk=uses.desk,
        reviews=uses.reviews,
        operations=uses.operations,
        workspaces=workspaces,
        directory=directory,
        niceties=niceties,
        cards=cards,
        answering=answering,
        prompts=tuple({"title": text[:70], "message": text} for text in settings.slack.prompts),
        wake_inbox=workers.inbox.wake,
        wake_outbox=workers.outbox.wake,
    )
    sweeping = asyncio.create_task(_sweep_for_ever(settings, surface))
    try:
        yield surface
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)


async def sweep(settings: Settings, slack: Surface) -> Sequence[Review]:
    """Remind, end and reopen reviews as time and new documents demand; forget texts that are old."""
    ended = await slack.reviews.sweep(slack.cards.reminder, slack.cards.decided)
    for review in ended:
        await slack.cards.refresh(review)
    reopened = await slack.reviews.curated.sweep(slack.cards.cards)
    await slack.desk.store.purge(settings.store.review_text_days, settings.store.gap_text_days)
    slack.wake_outbox()
    return [*ended, *reopened]


async def _sweep_for_ever(settings: Settings, slack: Surface) -> None:
    while True:
        try:
            await sweep(settings, slack)
        except Exception as error:  # noqa: BLE001 - what is due stays due
            _log.error("sweep_failed", error=type(error).__name__)
        await asyncio.sleep(settings.review.sweep_s)
