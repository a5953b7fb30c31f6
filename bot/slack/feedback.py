"""Feedback on answers: the two buttons, and the modal that asks why an answer is bad."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.blocks import InputBlock, Option, PlainTextInputElement, PlainTextObject, StaticSelectElement
from slack_sdk.models.views import View

from bot.slack.best_effort import CALL_ERRORS
from bot.slack.blocks import section
from bot.slack.services import SlackServices
from bot.store.records import Feedback
from bot.surfaces.wording import FEEDBACK_REASONS, feedback_reasons
from bot.surfaces.words import ENGLISH, Words

REASON_GIVEN = "feedback_reason_given"
_NOTE_CHARS = 1000


async def button_pressed(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Store the feedback of a pressed button. Thank for a good answer; open the modal for a bad one.

    If enough people have found the answer bad, open a review of it.
    """
    ids, _, question = str(body["actions"][0]["value"]).partition("\n")
    request_id, _, judgement = ids.rpartition(":")
    user_id = str(body["user"]["id"])
    helpful = judgement == "up"
    disputed = await slack.questions.give_feedback(Feedback(request_id=request_id, user_id=user_id, helpful=helpful))
    client, words = await slack.client(body), await slack.words_for(body)
    if helpful:
        try:
            await client.chat_postEphemeral(
                channel=str(body["channel"]["id"]),
                user=user_id,
                text=words("feedback-thanks"),
                thread_ts=body["message"].get("thread_ts"),
            )
        except CALL_ERRORS:
            # The pressed button already shows the choice, so the thanks may be missing.
            return
        return
    await client.views_open(trigger_id=body["trigger_id"], view=complaint_view(request_id, words))
    if disputed:
        asked = await slack.pressed_question(request_id, question, body)
        await slack.reviews.second_look(request_id, asked, slack.boards.cards)
        slack.wake_outbox()


async def reason_given(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Store the reason from the modal and thank for it; show it on the card of an open review of the answer."""
    values = body["view"]["state"]["values"]
    reason = str((values["reason"]["reason"].get("selected_option") or {}).get("value") or "other")
    note = str(values["note"]["note"].get("value") or "").strip()
    await slack.questions.give_feedback(
        Feedback(
            request_id=str(body["view"]["private_metadata"]),
            user_id=str(body["user"]["id"]),
            helpful=False,
            reason=reason if reason in FEEDBACK_REASONS else "other",
            note=note[:_NOTE_CHARS],
        )
    )
    await ack(response_action="update", view=thanks_view(await slack.words_for(body)))
    review = await slack.questions.add_complaint(str(body["view"]["private_metadata"]))
    if review:
        await slack.boards.refresh(review)


def thanks_view(words: Words = ENGLISH) -> View:
    """Return the modal that thanks for a complaint."""
    blocks = [section(words("feedback-thanks-for-reason"))]
    return View(type="modal", title=words("modal-thanks"), close=words("close"), blocks=blocks)


def complaint_view(request_id: str, words: Words = ENGLISH) -> View:
    """Return the modal that asks what is wrong with an answer."""
    reasons = feedback_reasons(words)
    options = [Option(value=value, text=PlainTextObject(text=label)) for value, label in reasons.items()]
    return View(
        type="modal",
        callback_id=REASON_GIVEN,
        title=words("modal-complaint"),
        submit=words("submit-send"),
        close=words("close-skip"),
        private_metadata=request_id,
        blocks=[
            InputBlock(
                block_id="reason",
                label=words("reason"),
                element=StaticSelectElement(action_id="reason", options=options, initial_option=options[0]),
            ),
            InputBlock(
                block_id="note",
                label=words("input-should-say"),
                optional=True,
                element=PlainTextInputElement(action_id="note", multiline=True, max_length=_NOTE_CHARS),
            ),
        ],
    )
