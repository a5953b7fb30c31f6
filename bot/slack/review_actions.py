"""The review desk in Slack: the buttons of cards and of App Home, and the modals that they open."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.views import View

from bot.desk.permissions import AlreadyDecidedError, HiddenDraftError, OutdatedDraftError, concerned
from bot.desk.review_views import ReviewView
from bot.slack import home
from bot.slack.best_effort import CALL_ERRORS
from bot.slack.payloads import team_of
from bot.slack.review_cards import ASK_BACK, EDIT, REJECT, SHOW, findings_text
from bot.slack.review_modals import (
    ANYWAY_BLOCK,
    ANYWAY_INPUT,
    REMEMBER_BLOCK,
    REMEMBER_INPUT,
    TEXT_BLOCK,
    TEXT_INPUT,
    ask_back_view,
    draft_view,
    edit_view,
    refused_view,
    reject_many_view,
    reject_view,
)
from bot.slack.services import SlackServices
from bot.slack.text import escape, person
from bot.store.records import Decision, Review
from bot.surfaces.refusals import refusal_words
from bot.surfaces.words import Words
from index.errors import CitedeskError

# Bounds the work for one payload. App Home itself offers no more reviews than it shows on a page.
MAX_SELECTED = 25
_MODALS: Mapping[str, Callable[[Review, Words], View]] = {
    EDIT: lambda review, words: edit_view(review, words=words),
    REJECT: reject_view,
    ASK_BACK: ask_back_view,
}


async def approve(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Approve the draft, so that the asker gets it unchanged; tell the reviewer if that is refused."""
    reviewer, review_id = _reviewer_and_review(body)
    decision = Decision(state="approved", reviewer_id=reviewer)
    try:
        await _after_decision(slack, body, await _decide(slack, review_id, decision))
    except CitedeskError as error:
        await refuse(slack, body, error)


async def claim(slack: SlackServices, body: Mapping[str, Any], *, take_over: bool) -> None:
    """Claim a review, or take it over from another reviewer; tell the reviewer if that is refused."""
    reviewer, review_id = _reviewer_and_review(body)
    try:
        await slack.boards.refresh(await slack.reviews.claim(review_id, reviewer, take_over=take_over))
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    await home.refresh(slack, body)


async def draft_again(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Write the draft again from today's documents; tell the reviewer if that is refused."""
    reviewer, review_id = _reviewer_and_review(body)
    try:
        await slack.boards.refresh(await slack.reviews.draft_again(review_id, reviewer))
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    await home.refresh(slack, body)


async def open_modal(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Open the modal to see, to edit, to reject or to ask back, if the reviewer may decide the review."""
    reviewer, review_id = _reviewer_and_review(body)
    try:
        shown = await slack.reviews.views.view_for(await slack.reviews.open_review(review_id, reviewer), reviewer)
        view = _modal(str(body["actions"][0]["action_id"]), shown, await slack.words_for(body))
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    await (await slack.client(body)).views_open(trigger_id=body["trigger_id"], view=view)


def _modal(action: str, shown: ReviewView, words: Words) -> View:
    if action != SHOW:
        return _MODALS[action](shown.readable, words)
    if not shown.show_draft:
        raise HiddenDraftError(shown.review.review_id)
    return draft_view(shown, words)


async def submit_approval(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Approve the draft that the modal shows; if that is refused, show why in the modal."""
    reviewer, review_id = str(body["user"]["id"]), str(body["view"]["private_metadata"])
    try:
        decided = await _decide(slack, review_id, Decision(state="approved", reviewer_id=reviewer))
    except CitedeskError as error:
        words = await slack.words_for(body)
        await ack(response_action="update", view=refused_view(await _refusal(slack, error, words), words))
        return
    await ack()
    await _after_decision(slack, body, decided)


async def submit_edit(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Verify an edited answer as a model's draft is verified, and decide the review with it.

    If there are findings, show them instead, unless the reviewer has ticked to send it anyway.
    """
    reviewer, review_id, text = _submitted(body)
    words = await slack.words_for(body)
    send_anyway = _is_ticked(body, ANYWAY_BLOCK, ANYWAY_INPUT)
    try:
        review = await slack.reviews.open_review(review_id, reviewer)
        if not text:
            await ack(response_action="errors", errors={TEXT_BLOCK: words("answer-missing")})
            return
        check = await slack.reviews.checked(review, text)
        if check.findings and not send_anyway:
            if _are_shown(findings_text(check.findings, words), body):
                await ack(response_action="errors", errors={ANYWAY_BLOCK: words("anyway-missing")})
                return
            shown = (await slack.reviews.views.view_for(review, reviewer)).readable
            days = slack.reviews.settings.unsourced_days
            view = edit_view(shown, text, check.findings, words=words, remember_days=days)
            await ack(response_action="update", view=view)
            return
        decision = Decision(
            state="edited",
            reviewer_id=reviewer,
            answer=text,
            sent_anyway=bool(check.findings),
            remember=bool(check.findings) and _is_ticked(body, REMEMBER_BLOCK, REMEMBER_INPUT),
        )
        decided = await _decide(slack, review_id, decision)
    except CitedeskError as error:
        await ack(response_action="errors", errors={TEXT_BLOCK: await _refusal(slack, error, words)})
        return
    await ack()
    await _after_decision(slack, body, decided)


def _are_shown(findings: str, body: Mapping[str, Any]) -> bool:
    """Tell whether the submitted view shows these findings already, so that showing them changes nothing."""
    texts = [(block.get("text") or {}).get("text", "") for block in body["view"].get("blocks") or []]
    return any(findings in text for text in texts)


async def submit_rejection(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Reject the draft with the reason from the modal, which the asker gets."""
    reviewer, review_id, text = _submitted(body)
    decision = Decision(state="rejected", reviewer_id=reviewer, note=text)
    if decided := await _acknowledged(slack, ack, body, _decide(slack, review_id, decision)):
        await _after_decision(slack, body, decided)


async def submit_question(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Send a reviewer's question from the modal to the asker."""
    reviewer, review_id, text = _submitted(body)
    messages = await slack.boards.asked_back_by(reviewer)
    asking = slack.reviews.ask_back(review_id, reviewer, text, messages)
    if review := await _acknowledged(slack, ack, body, asking):
        slack.wake_outbox()
        await slack.boards.refresh(review)


async def _acknowledged(
    slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any], change: Awaitable[Review]
) -> Review | None:
    """Make a change and close the modal; if it is refused, show why in the modal and return None."""
    try:
        review = await change
    except CitedeskError as error:
        why = await _refusal(slack, error, await slack.words_for(body))
        await ack(response_action="errors", errors={TEXT_BLOCK: why})
        return None
    await ack()
    return review


async def claim_many(slack: SlackServices, body: Mapping[str, Any], review_ids: Sequence[str]) -> None:
    """Claim the selected reviews, each on its own; show in App Home which could not be claimed, and why."""
    reviewer, words = str(body["user"]["id"]), await slack.words_for(body)
    refused = await _each(slack, review_ids, lambda review_id: slack.reviews.claim(review_id, reviewer), words)
    await home.refresh(slack, body, _not_done(words("not-claimed"), refused))


async def reject_many(slack: SlackServices, body: Mapping[str, Any], review_ids: Sequence[str]) -> None:
    """Open the modal that asks for one reason to reject all selected reviews."""
    words = await slack.words_for(body)
    if not review_ids:
        await home.refresh(slack, body, words("select-first"))
        return
    view = reject_many_view(review_ids[:MAX_SELECTED], words)
    await (await slack.client(body)).views_open(trigger_id=body["trigger_id"], view=view)


async def submit_rejections(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Reject the selected reviews, each on its own; show in App Home which could not be rejected, and why."""
    reviewer, review_ids, text = _submitted(body)
    await ack()
    words = await slack.words_for(body)
    decision = Decision(state="rejected", reviewer_id=reviewer, note=text)
    refused = await _each(slack, review_ids.split(), lambda review_id: _decide(slack, review_id, decision), words)
    slack.wake_outbox()
    await home.publish(slack, team_of(body), reviewer, notice=_not_done(words("not-rejected"), refused))


async def _each(
    slack: SlackServices, review_ids: Sequence[str], change: Callable[[str], Awaitable[Review]], words: Words
) -> list[str]:
    """Change reviews one after the other and update their cards; return a line for each that was refused."""
    refused = []
    for review_id in review_ids[:MAX_SELECTED]:
        try:
            await slack.boards.refresh(await change(review_id))
        except CitedeskError as error:
            refused.append(f"`{review_id}`: {await _refusal(slack, error, words)}")
    return refused


def _not_done(what: str, refused: Sequence[str]) -> str:
    return "\n".join([f"{what}:", *refused]) if refused else ""


async def refuse(slack: SlackServices, body: Mapping[str, Any], error: CitedeskError) -> None:
    """Tell the person why an action was refused. If the review has changed since its cards were, update them too."""
    if isinstance(error, AlreadyDecidedError | OutdatedDraftError):
        await slack.boards.refresh(error.review)
    why = await _refusal(slack, error, await slack.words_for(body))
    if "channel" not in body:
        await home.refresh(slack, body, why)
        return
    client = await slack.client(body)
    try:
        await client.chat_postEphemeral(channel=str(body["channel"]["id"]), user=str(body["user"]["id"]), text=why)
    except CALL_ERRORS:
        await client.chat_postMessage(channel=str(body["user"]["id"]), text=why)


async def _refusal(slack: SlackServices, error: CitedeskError, words: Words) -> str:
    names = await slack.questions.store.people.names(concerned(error))
    return refusal_words(error, lambda user_id: person(user_id, names), escape, words)


async def _decide(slack: SlackServices, review_id: str, decision: Decision) -> Review:
    return await slack.reviews.decide(review_id, decision, await slack.boards.decided_by(decision.reviewer_id))


async def decide_and_refresh(slack: SlackServices, body: Mapping[str, Any], review_id: str, decision: Decision) -> None:
    """Decide a review, send the messages and update its cards. Raises the errors of `ReviewDesk.decide`."""
    await _after_decision(slack, body, await _decide(slack, review_id, decision))


async def _after_decision(slack: SlackServices, body: Mapping[str, Any], review: Review) -> None:
    slack.wake_outbox()
    await slack.boards.refresh(review)
    await home.publish(slack, team_of(body), str(body["user"]["id"]), home.selection_of(body))


def _reviewer_and_review(body: Mapping[str, Any]) -> tuple[str, str]:
    return str(body["user"]["id"]), str(body["actions"][0]["value"])


def _is_ticked(body: Mapping[str, Any], block: str, box: str) -> bool:
    values = body["view"]["state"]["values"]
    return bool(((values.get(block) or {}).get(box) or {}).get("selected_options"))


def _submitted(body: Mapping[str, Any]) -> tuple[str, str, str]:
    view = body["view"]
    text = str(view["state"]["values"][TEXT_BLOCK][TEXT_INPUT].get("value") or "").strip()
    return str(body["user"]["id"]), str(view["private_metadata"]), text
