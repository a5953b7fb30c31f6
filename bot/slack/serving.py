"""The Slack surface as one running thing: listeners, workers, and the look at what time brings."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.app import UseCases
from bot.inbox import Worker, WorkerLimits
from bot.settings import Settings
from bot.slack.answering import Answering
from bot.slack.clients import Workspaces
from bot.slack.delivery import Delivery
from bot.slack.directory import SlackDirectory
from bot.slack.optional import Niceties
from bot.slack.posting import Cards
from bot.slack.surface import Surface
from bot.store.records import Review

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunningSlack:
    """The surface with its workers at work."""

    surface: Surface
    inbox: Worker
    outbox: Worker


@asynccontextmanager
async def running_slack(
    settings: Settings, uses: UseCases, workspaces: Workspaces, directory: SlackDirectory
) -> AsyncIterator[RunningSlack]:
    """Run the workers while the body runs; then finish or hand back what they hold."""
    niceties = Niceties()
    cards = Cards(uses.reviews, workspaces, settings.slack.reviewers_channel or "")
    delivery = settings.delivery
    answering = Answering(
        uses.desk, uses.reviews, workspaces, niceties, cards, settings.slack.progress_after_s, delivery.attempts
    )
    replies = _limits(settings, delivery.reply_workers)
    outgoing = Delivery(uses.desk, workspaces, niceties, replies, delivery.attempts)
    inbox = Worker("inbox", uses.desk.store.inbox, answering.work, _limits(settings, delivery.question_workers))
    outbox = Worker("outbox", uses.desk.store.outbox, outgoing.deliver, replies)
    answering.outbox = outbox
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
        wake_inbox=inbox.wake,
        wake_outbox=outbox.wake,
    )
    inbox.start()
    outbox.start()
    sweeping = asyncio.create_task(_sweep_for_ever(settings, surface))
    try:
        yield RunningSlack(surface, inbox, outbox)
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        # Questions first: what they end with still goes out.
        await inbox.stop(delivery.drain_s)
        await outbox.stop(delivery.drain_s)


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


def _limits(settings: Settings, concurrency: int) -> WorkerLimits:
    delivery = settings.delivery
    return WorkerLimits(
        concurrency=concurrency,
        lease_s=delivery.lease_s,
        poll_s=delivery.poll_s,
        backoff_base_s=delivery.backoff_base_s,
        backoff_cap_s=delivery.backoff_cap_s,
    )
