"""The review desk in Slack: presses on cards and in App Home, and the modals that they open."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.desk.permissions import AlreadyDecidedError, concerned, refusal_words
from bot.slack import home
from bot.slack.best_effort import TROUBLE
from bot.slack.payloads import team_of
from bot.slack.review_cards import (
    ANYWAY_BLOCK,
    ANYWAY_INPUT,
    ASK_BACK,
    EDIT,
    TEXT_BLOCK,
    TEXT_INPUT,
    ask_back_view,
    edit_view,
    reject_many_view,
    reject_view,
)
from bot.slack.services import SlackServices
from bot.slack.text import person
from bot.store.records import Decision, Review
from index.errors import CitedeskError

# Above it, a selection would take longer than Slack waits.
MAX_SELECTED = 25


async def approve(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Send the draft as it is."""
    reviewer, review_id = _who_and_what(body)
    decision = Decision(state="approved", reviewer_id=reviewer)
    try:
        await _decided(slack, body, await _decide(slack, review_id, decision))
    except CitedeskError as error:
        await refuse(slack, body, error)


async def claim(slack: SlackServices, body: Mapping[str, Any], *, take_over: bool) -> None:
    """Show the others who is at work."""
    reviewer, review_id = _who_and_what(body)
    try:
        await slack.boards.refresh(await slack.reviews.claim(review_id, reviewer, take_over=take_over))
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    await home.refresh(slack, body)


async def open_modal(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Open the modal to edit, to reject or to ask back, for those who may."""
    reviewer, review_id = _who_and_what(body)
    try:
        review = await slack.reviews.open_review(review_id, reviewer)
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    action = body["actions"][0]["action_id"]
    view = edit_view(review) if action == EDIT else ask_back_view(review) if action == ASK_BACK else reject_view(review)
    await (await slack.client(body)).views_open(trigger_id=body["trigger_id"], view=view)


async def submit_edit(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Check an edited answer like a model's; send it if it is proved, or if the reviewer stands for it."""
    reviewer, review_id, text = _submitted(body)
    values = body["view"]["state"]["values"]
    anyway = bool(((values.get(ANYWAY_BLOCK) or {}).get(ANYWAY_INPUT) or {}).get("selected_options"))
    try:
        review = await slack.reviews.open_review(review_id, reviewer)
        if not text:
            await ack(response_action="errors", errors={TEXT_BLOCK: "Write an answer, or cancel and reject."})
            return
        check = await slack.reviews.checked(review, text)
        if check.findings and not anyway:
            await ack(response_action="update", view=edit_view(review, text, check.findings))
            return
        decision = Decision(state="edited", reviewer_id=reviewer, answer=text, sent_anyway=bool(check.findings))
        decided = await _decide(slack, review_id, decision)
    except CitedeskError as error:
        await ack(response_action="errors", errors={TEXT_BLOCK: await _words_for(slack, error)})
        return
    await ack()
    await _decided(slack, body, decided)


async def submit_rejection(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Take a rejection with its reason."""
    reviewer, review_id, text = _submitted(body)
    try:
        decision = Decision(state="rejected", reviewer_id=reviewer, note=text)
        decided = await _decide(slack, review_id, decision)
    except CitedeskError as error:
        await ack(response_action="errors", errors={TEXT_BLOCK: await _words_for(slack, error)})
        return
    await ack()
    await _decided(slack, body, decided)


async def submit_question(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Send a reviewer's question to the asker."""
    reviewer, review_id, text = _submitted(body)
    try:
        review = await slack.reviews.ask_back(review_id, reviewer, text, await slack.boards.asked_back_by(reviewer))
    except CitedeskError as error:
        await ack(response_action="errors", errors={TEXT_BLOCK: await _words_for(slack, error)})
        return
    await ack()
    slack.wake_outbox()
    await slack.boards.refresh(review)


async def claim_many(slack: SlackServices, body: Mapping[str, Any], review_ids: Sequence[str]) -> None:
    """Claim the selected reviews; what cannot be claimed is left."""
    reviewer = str(body["user"]["id"])
    missed = 0
    for review_id in review_ids[:MAX_SELECTED]:
        try:
            await slack.boards.refresh(await slack.reviews.claim(review_id, reviewer))
        except CitedeskError:
            missed += 1
    await home.refresh(slack, body, f"{missed} could not be claimed." if missed else "")


async def reject_many(slack: SlackServices, body: Mapping[str, Any], review_ids: Sequence[str]) -> None:
    """Open the modal for the one reason of several rejections."""
    if not review_ids:
        await home.refresh(slack, body, "Select some reviews first.")
        return
    view = reject_many_view(review_ids[:MAX_SELECTED])
    await (await slack.client(body)).views_open(trigger_id=body["trigger_id"], view=view)


async def submit_rejections(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Reject the selected reviews, each once and each only if this person may."""
    reviewer, review_ids, text = _submitted(body)
    await ack()
    missed = 0
    for review_id in review_ids.split()[:MAX_SELECTED]:
        decision = Decision(state="rejected", reviewer_id=reviewer, note=text)
        try:
            await slack.boards.refresh(await _decide(slack, review_id, decision))
        except CitedeskError:
            missed += 1
    slack.wake_outbox()
    await home.publish(slack, team_of(body), reviewer, notice=f"{missed} could not be rejected." if missed else "")


async def refuse(slack: SlackServices, body: Mapping[str, Any], error: CitedeskError) -> None:
    """Tell whoever pressed why nothing happened; a card that is out of date is mended on the way."""
    if isinstance(error, AlreadyDecidedError):
        await slack.boards.refresh(error.review)
    words = await _words_for(slack, error)
    if "channel" not in body:
        await home.refresh(slack, body, words)
        return
    client = await slack.client(body)
    try:
        await client.chat_postEphemeral(channel=str(body["channel"]["id"]), user=str(body["user"]["id"]), text=words)
    except TROUBLE:
        await client.chat_postMessage(channel=str(body["user"]["id"]), text=words)


async def _words_for(slack: SlackServices, error: CitedeskError) -> str:
    names = await slack.questions.store.people.names(concerned(error))
    return refusal_words(error, lambda user_id: person(user_id, names))


async def _decide(slack: SlackServices, review_id: str, decision: Decision) -> Review:
    return await slack.reviews.decide(review_id, decision, await slack.boards.decided_by(decision.reviewer_id))


async def _decided(slack: SlackServices, body: Mapping[str, Any], review: Review) -> None:
    slack.wake_outbox()
    await slack.boards.refresh(review)
    await home.publish(slack, team_of(body), str(body["user"]["id"]), home.place_of(body))


def _who_and_what(body: Mapping[str, Any]) -> tuple[str, str]:
    return str(body["user"]["id"]), str(body["actions"][0]["value"])


def _submitted(body: Mapping[str, Any]) -> tuple[str, str, str]:
    view = body["view"]
    text = str(view["state"]["values"][TEXT_BLOCK][TEXT_INPUT].get("value") or "").strip()
    return str(body["user"]["id"]), str(view["private_metadata"]), text
