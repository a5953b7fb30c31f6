"""Refuse other workspaces and their people, and store questions in the inbox, before Slack gets its acknowledgement."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncRespond
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.clients import ForeignWorkspaceError
from bot.slack.payloads import Intake, Withdrawal, intake_of, speaker_of, team_of, withdrawal_of
from bot.slack.press_limits import press_of, refused_press
from bot.slack.proposals import proposal_of, review_below
from bot.slack.services import SlackServices
from bot.slack.strangers import is_from_stranger
from bot.slack.tenants import SlackDesks
from bot.store.records import Asked, Review
from bot.surfaces.running_questions import withdraw
from bot.surfaces.untagged import is_question_to_bot, mentions_somebody
from bot.surfaces.waiting import is_about_a_review, question_changed
from bot.surfaces.wording import is_reaction
from pipeline.normalizing import unmarked
from pipeline.understanding.smalltalk import kind_of

_log = structlog.get_logger(__name__)
# Set in Bolt's context if the question of a button is known already.
ASKED_BEFORE = "asked_before"
# Set in Bolt's context: the review that the edit or deletion of a message has changed, and its new text; else None.
CHANGED = "changed"
Next = Callable[[], Awaitable[BoltResponse]]


def build_intake(desks: SlackDesks) -> Callable[..., Awaitable[BoltResponse]]:
    """Return the middleware that every payload passes.

    An event with a question ends here; all else goes on to the listeners. If storing fails, the answer is 500 and
    Slack delivers the event again.
    """

    async def middleware(
        body: dict[str, Any], context: AsyncBoltContext, next_: Next, respond: AsyncRespond
    ) -> BoltResponse:
        slack = desks.of(body)
        if refused := await _refused_stranger(slack, body, respond):
            return refused
        try:
            intake, speaker, withdrawal = intake_of(body), speaker_of(body), withdrawal_of(body)
            press = press_of(body)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            # Delivering this payload again would not help, so the answer is not 500.
            _log.warning("payload_refused", kind=str(body.get("type"))[:40], error=type(error).__name__)
            return BoltResponse(status=400, body="")
        if press and (too_fast := await refused_press(slack, body, press, respond)):
            return too_fast
        if speaker:
            await slack.questions.store.threads.spoke(speaker)
        context[CHANGED] = await _changed(slack, team_of(body), withdrawal)
        if intake and await _is_for_us(slack, intake.asked) and not await _is_proposal(slack, body):
            context[ASKED_BEFORE] = not await _stored(slack, intake)
            if body.get("type") == "event_callback":
                # A command, a shortcut or a button still needs the acknowledgement of its listener; an event does not.
                return BoltResponse(status=200, body="")
        return await next_()

    return middleware


async def _refused_stranger(
    slack: SlackServices, body: Mapping[str, Any], respond: AsyncRespond
) -> BoltResponse | None:
    """Return the response to a payload of another workspace or its people, and tell them; None for any other."""
    if not await is_from_stranger(body, slack.workspaces.serves) and await _is_installed(slack, team_of(body)):
        return None
    _log.warning("stranger_refused", tenant_id=team_of(body)[:40], kind=body.get("type"))
    if body.get("response_url") and not body.get("command"):
        await _tell_stranger(respond, slack.languages.words()("stranger"))
    # Acknowledged, or Slack would send it again. The answer to a command is shown to whoever typed it.
    return BoltResponse(status=200, body=slack.languages.words()("stranger") if body.get("command") else "")


async def _tell_stranger(respond: AsyncRespond, said: str) -> None:
    """Tell whoever pressed a button or used the message menu why nothing happens. They alone see it."""
    try:
        await respond(text=said, response_type="ephemeral", replace_original=False)
    except CALL_ERRORS as error:
        _log.info("stranger_not_told", reason=error_of(error))


async def _stored(slack: SlackServices, intake: Intake) -> bool:
    """Store a question; return False if it is known already.

    Whose thread it is comes first, so that a failure between the two is made good by redelivery.
    """
    asked, store = intake.asked, slack.questions.store
    if not asked.where.private:
        # In a thread that was there before, others may have spoken: the worker reads it and decides whose it is.
        begins = asked.message_id == asked.where.thread_id
        await (store.threads.asked(asked.where) if begins else store.threads.spoke(asked.where))
    is_new = await store.inbox.add(intake.keys, asked.model_dump_json(), asked.where.tenant_id)
    if not is_new and not asked.untagged:
        _log.info("redelivery_dropped", key=intake.keys[0])
    slack.wake_inbox()
    return is_new


async def _changed(
    slack: SlackServices, tenant_id: str, withdrawal: Withdrawal | None
) -> tuple[Review, str | None] | None:
    """Change or take back the question of an edited or deleted message; return its review, if any, and its text."""
    if withdrawal is None:
        return None
    await withdraw(slack.questions.store, withdrawal.key, withdrawal.text)
    review = await question_changed(slack.reviews, tenant_id, withdrawal.key, withdrawal.text)
    return (review, withdrawal.text) if review else None


async def _is_installed(slack: SlackServices, tenant_id: str) -> bool:
    try:
        await slack.workspaces.client(tenant_id)
    except ForeignWorkspaceError:
        return False
    return True


async def _is_proposal(slack: SlackServices, body: Mapping[str, Any]) -> bool:
    """Tell whether a message is a reviewer's answer below a card; in a direct message it looks like a question."""
    proposal = proposal_of(body)
    return proposal is not None and await review_below(slack, proposal) is not None


async def _is_for_us(slack: SlackServices, asked: Asked) -> bool:
    """Tell whether a message is meant for the bot and needs a reply.

    Without a mention, a message in a channel is meant for it only in a thread that is still its writer's, if it reads
    as a question or a reviewer has asked its writer something.
    """
    store = slack.questions.store
    if asked.untagged and (mentions_somebody(asked.text) or not await store.threads.owns(asked.where)):
        return False
    if asked.is_reply and await store.reviews.awaiting(asked.where):
        # A reviewer has asked back, so a bare "yes" is an answer, and so is "Windows, version 4": no name begins it.
        return True
    if asked.is_reply and await is_about_a_review(slack.reviews, asked):
        return True
    if asked.untagged:
        return is_question_to_bot(asked.text)
    return asked.has_files or not asked.is_reply or not _ends_talk(asked)


def _ends_talk(asked: Asked) -> bool:
    """Tell whether a reply in a thread only thanks or agrees. Thanks that mention the bot get a word back."""
    text = unmarked(asked.text)
    return is_reaction(text) and (asked.where.private or kind_of(text) == "acknowledgement")
