"""Refuse other workspaces and their people, and store questions in the inbox, before Slack gets its acknowledgement."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.response import BoltResponse

from bot.slack.clients import ForeignWorkspaceError
from bot.slack.payloads import Intake, intake_of, team_of
from bot.slack.services import SlackServices
from bot.slack.strangers import is_from_stranger
from bot.surfaces.waiting import is_about_a_review
from bot.surfaces.wording import STRANGER, is_reaction

_log = structlog.get_logger(__name__)
Next = Callable[[], Awaitable[BoltResponse]]


def build_intake(slack: SlackServices) -> Callable[..., Awaitable[BoltResponse]]:
    """Return the middleware that every payload passes.

    An event with a question ends here; all else goes on to the listeners. If storing fails, the answer is 500 and
    Slack delivers the event again.
    """

    async def middleware(body: dict[str, Any], next_: Next) -> BoltResponse:
        if is_from_stranger(body, slack.workspaces.serves) or not await _is_installed(slack, team_of(body)):
            _log.warning("stranger_refused", tenant_id=team_of(body)[:40], kind=body.get("type"))
            # Acknowledged, or Slack would send it again. The answer to a command is shown to whoever typed it.
            return BoltResponse(status=200, body=STRANGER if body.get("command") else "")
        try:
            intake = intake_of(body)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Delivering this payload again would not help, so the answer is not 500.
            _log.warning("payload_refused", kind=str(body.get("type"))[:40], error=type(error).__name__)
            return BoltResponse(status=400, body="")
        if intake and await _is_for_us(slack, intake):
            if not await slack.questions.store.inbox.add(intake.keys, intake.asked.model_dump_json()):
                _log.info("redelivery_dropped", key=intake.keys[0])
            slack.wake_inbox()
            if body.get("type") == "event_callback":
                # A command, a shortcut or a button still needs the acknowledgement of its listener; an event does not.
                return BoltResponse(status=200, body="")
        return await next_()

    return middleware


async def _is_installed(slack: SlackServices, tenant_id: str) -> bool:
    try:
        await slack.workspaces.client(tenant_id)
    except ForeignWorkspaceError:
        return False
    return True


async def _is_for_us(slack: SlackServices, intake: Intake) -> bool:
    """Tell whether a message is meant for the bot.

    A channel message without a mention must be in a thread in which its writer has asked before.
    """
    asked, where = intake.asked, intake.asked.where
    if asked.is_reply and await slack.questions.store.reviews.awaiting(where):
        # A reviewer has asked back, so even a bare "yes" is an answer.
        return True
    if asked.is_reply and await is_about_a_review(slack.reviews, asked):
        return True
    if asked.is_reply and is_reaction(asked.text) and not asked.has_files:
        return not intake.untagged and not where.private
    if not intake.untagged:
        return True
    return await slack.questions.store.threads.owns(where)
