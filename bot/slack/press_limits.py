"""Refuse presses, commands and openings of App Home that come too fast, before they are worked on.

Submitted modals are not counted: they hold what somebody has written, and a press has opened each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncRespond
from slack_bolt.response import BoltResponse

from bot.desk.presses import Kind
from bot.slack import home
from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.blocks import ESCALATE, FEEDBACK
from bot.slack.payloads import team_of
from bot.slack.services import SlackServices
from bot.surfaces.press_words import too_fast_words

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """Who presses, and what kind of press it is."""

    user_id: str
    kind: Kind


async def refused_press(
    slack: SlackServices, body: Mapping[str, Any], press: Press, respond: AsyncRespond
) -> BoltResponse | None:
    """Return the response to a press that is not taken, and tell the presser; None if it is taken."""
    refused = await slack.presses.refused(team_of(body), press.user_id, press.kind)
    if refused is None:
        return None
    _log.warning("press_refused", kind=press.kind)
    if refused.is_told and not body.get("command"):
        return BoltResponse(status=200, body="")
    said = too_fast_words(refused, await slack.words_of(team_of(body), press.user_id))
    if body.get("command"):
        return BoltResponse(status=200, body=said)
    await _tell(slack, body, respond, said)
    return BoltResponse(status=200, body="")


def press_of(body: Mapping[str, Any]) -> Press | None:
    """Return the press in a payload; None for any other payload.

    A malformed payload raises AttributeError, KeyError, IndexError or TypeError.
    """
    match body.get("type"):
        case "block_actions":
            opens = body["actions"][0].get("action_id") in {ESCALATE, FEEDBACK}
            return Press(str(body["user"]["id"]), "opens_review" if opens else "press")
        case "message_action":
            return Press(str(body["user"]["id"]), "press")
        case "event_callback" if body["event"].get("type") == "app_home_opened":
            return Press(str(body["event"].get("user")), "press")
        case None if body.get("command"):
            return Press(str(body.get("user_id")), "press")
        case _:
            return None


async def _tell(slack: SlackServices, body: Mapping[str, Any], respond: AsyncRespond, said: str) -> None:
    """Tell the presser, and nobody else. Whoever only opens App Home sees what it showed before."""
    try:
        if body.get("response_url"):
            await respond(text=said, response_type="ephemeral", replace_original=False)
        elif body.get("type") == "block_actions":
            await home.refresh(slack, body, said)
    except CALL_ERRORS as error:
        _log.info("presser_not_told", reason=error_of(error))
