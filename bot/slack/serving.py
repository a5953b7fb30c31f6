"""The Slack surface: what its listeners and the workers share."""

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
from bot.workers import Handlers, Workers


def serve_slack(
    settings: Settings, uses: UseCases, workspaces: Workspaces, directory: SlackDirectory, workers: Workers
) -> Surface:
    """Have the workers serve Slack's jobs; return what the listeners need."""
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
    return Surface(
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
