"""Before Slack gets its acknowledgement: refuse foreign workspaces, store questions in the inbox."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.response import BoltResponse

from bot.slack.clients import ForeignWorkspaceError
from bot.slack.payloads import Intake, intake_of, team_of
from bot.slack.services import SlackServices
from bot.surfaces.wording import is_pleasantry

_log = structlog.get_logger(__name__)
Next = Callable[[], Awaitable[BoltResponse]]


def remember(slack: SlackServices) -> Callable[..., Awaitable[BoltResponse]]:
    """Return the global middleware.

    If storing fails, Bolt answers 500 and Slack delivers again; a question that is known already ends here.
    """

    async def middleware(body: dict[str, Any], next_: Next) -> BoltResponse:
        try:
            await slack.workspaces.client(team_of(body))
        except ForeignWorkspaceError:
            _log.warning("foreign_workspace_refused", tenant_id=team_of(body)[:40], kind=body.get("type"))
            return BoltResponse(status=403, body="")
        try:
            intake = intake_of(body)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Signed, but of a shape that no version of Slack sends: the sender will not send better.
            _log.warning("payload_refused", kind=str(body.get("type"))[:40], error=type(error).__name__)
            return BoltResponse(status=400, body="")
        if intake and await _is_for_us(slack, intake):
            if not await slack.questions.store.inbox.add(intake.keys, intake.asked.model_dump_json()):
                _log.info("redelivery_dropped", key=intake.keys[0])
            slack.wake_inbox()
            if body.get("type") == "event_callback":
                # Nothing is left for a listener to do.
                return BoltResponse(status=200, body="")
        return await next_()

    return middleware


async def _is_for_us(slack: SlackServices, intake: Intake) -> bool:
    """Tell whether a message is meant for the bot. One without a mention must continue a thread of its writer."""
    asked, where = intake.asked, intake.asked.where
    if asked.is_reply and await slack.questions.store.reviews.awaiting(where):
        # A reviewer asked back: even a bare "yes" is an answer.
        return True
    if asked.is_reply and is_pleasantry(asked.text) and not asked.has_files:
        return not intake.untagged and not where.private
    if not intake.untagged:
        return True
    return await slack.questions.store.threads.owns(where)
