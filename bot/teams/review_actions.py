"""What people press in Teams: buttons of cards, and the thumbs under an answer."""

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.desk.permissions import AlreadyDecidedError, concerned, refusal_words
from bot.desk.questions import Desk
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, Conversation, Decision, Feedback, Review
from bot.surfaces.review_board import Boards
from bot.surfaces.wording import FEEDBACK_REASONS
from bot.teams.payloads import conversation_of, key_of, person_of
from bot.teams.render import CARD_TYPE, ESCALATE, RETRY, Json, called
from bot.teams.review_board import Cards
from bot.teams.review_cards import (
    ANSWER_INPUT,
    ANYWAY_INPUT,
    APPROVE,
    ASK_BACK,
    CLAIM,
    EDIT,
    INPUT_CHARS,
    QUESTION_INPUT,
    REASON_INPUT,
    REFRESH,
    REJECT,
    TAKE_OVER,
    review_card,
)
from index.errors import CitedeskError

_log = structlog.get_logger(__name__)
_MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
_NOTE_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Actions:
    """What a press does, and what the client is told."""

    desk: Desk
    reviews: ReviewDesk
    cards: Cards
    boards: Boards
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]

    async def pressed(self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> Json:
        """Do what a card's button asks for; return the answer to the invoke: a card, or words."""
        try:
            if verb in {ESCALATE, RETRY}:
                return _said(await self._asker(activity, verb, data))
            return await self._reviewer(person_of(activity), verb, data)
        except CitedeskError as error:
            return _said(await self._refusal(error))

    async def feedback(self, activity: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        """Keep what a reader thinks of an answer; return what takes longer than the client waits, if anything.

        The product names only the message that the answer stands in.
        """
        where = conversation_of(activity)
        request_id = await self.desk.store.posted.request_of(where.channel_id, str(activity.get("replyToId") or ""))
        if request_id is None:
            _log.warning("feedback_on_unknown_message", user_id=where.user_id)
            return None
        value = activity["value"]["actionValue"]
        form = _form(value.get("feedback"))
        reason = str(form.get("reason") or "")
        feedback = Feedback(
            request_id=request_id,
            user_id=where.user_id,
            helpful=value.get("reaction") == "like",
            reason=reason if reason in FEEDBACK_REASONS else "",
            note=str(form.get("note") or "").strip()[:_NOTE_CHARS],
        )
        disputed = await self.desk.give_feedback(feedback)
        return None if feedback.helpful else self._complaint(request_id, where, disputed=disputed)

    async def _complaint(self, request_id: str, where: Conversation, *, disputed: bool) -> None:
        """Have a person look at an answer that several found bad; show the reviewers what is said of it."""
        if disputed:
            asked = Asked(text=await self.desk.store.turns.question_of(request_id), where=where)
            await self.reviews.second_look(request_id, asked, self.boards.cards)
            self.wake_outbox()
        if review := await self.desk.add_complaint(request_id):
            await self.boards.refresh(review)

    async def _refusal(self, error: CitedeskError) -> str:
        """Return why nothing happened; cards that are out of date are mended on the way."""
        if isinstance(error, AlreadyDecidedError):
            await self.boards.refresh(error.review)
        names = await self.desk.store.people.names(concerned(error))
        return refusal_words(error, lambda user_id: called(user_id, names))

    async def _asker(self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> str:
        asked = Asked(text=_typed(data, "question"), where=conversation_of(activity))
        if verb == RETRY:
            if await self.desk.store.inbox.add([f"{key_of(activity)}:retry"], asked.model_dump_json()):
                self.wake_inbox()
            return "Trying again."
        opened = await self.desk.escalate(str(data["request_id"]), asked, self.boards.escalated)
        self.wake_outbox()
        return "A person has your question now." if opened else "A person has your question already."

    async def _reviewer(self, reviewer: str, verb: str, data: Mapping[str, Any]) -> Json:
        review_id = str(data["review_id"])
        if verb == REFRESH:
            return _shown(await self._as_it_stands(reviewer, review_id))
        if verb in {CLAIM, TAKE_OVER}:
            review = await self.reviews.claim(review_id, reviewer, take_over=verb == TAKE_OVER)
        elif verb == EDIT:
            return await self._edited(reviewer, review_id, data)
        elif verb == ASK_BACK:
            question, told = _typed(data, QUESTION_INPUT), await self.boards.asked_back_by(reviewer)
            if not question:
                return _said("Write what you need to know first.")
            review = await self.reviews.ask_back(review_id, reviewer, question, told)
        else:
            told = await self.boards.decided_by(reviewer)
            review = await self.reviews.decide(review_id, _decision(reviewer, verb, data), told)
        return await self._changed(review)

    async def _edited(self, reviewer: str, review_id: str, data: Mapping[str, Any]) -> Json:
        """Send an edit that the documents prove, or that the reviewer stands for; else show what they do not."""
        text = _typed(data, ANSWER_INPUT)
        review = await self.reviews.open_review(review_id, reviewer)
        if not text:
            return _said("Write an answer first, or reject.")
        check = await self.reviews.checked(review, text)
        anyway = str(data.get(ANYWAY_INPUT)) == "true"
        if check.findings and not anyway:
            names = await self.cards.names(review)
            message = review_card(review, show_draft=True, names=names, findings=check.findings, text=text)
            return _shown(message.card)
        decision = Decision(state="edited", reviewer_id=reviewer, answer=text, sent_anyway=bool(check.findings))
        return await self._changed(
            await self.reviews.decide(review_id, decision, await self.boards.decided_by(reviewer))
        )

    async def _changed(self, review: Review) -> Json:
        """Show everybody how a review stands now, the presser at once."""
        self.wake_outbox()
        await self.boards.refresh(review)
        return _shown((await self.cards.shown(review)).card)

    async def _as_it_stands(self, reviewer: str, review_id: str) -> Json:
        try:
            review = await self.reviews.open_review(review_id, reviewer)
        except AlreadyDecidedError as error:
            return (await self.cards.shown(error.review)).card
        # This card is for one person, who may read what the draft cites.
        reviewers, names = sorted(self.reviews.reviewers_of(review)), await self.cards.names(review)
        return review_card(review, show_draft=True, reviewers=reviewers, names=names).card


def feedback_form() -> Json:
    """Return the form that asks what is wrong with an answer, as the answer to the client's fetch."""
    choices = [{"title": title, "value": value} for value, title in FEEDBACK_REASONS.items()]
    reason = {"type": "Input.ChoiceSet", "id": "reason", "label": "What is wrong with it?", "choices": choices}
    note = {"type": "Input.Text", "id": "note", "label": "What should it say?", "isMultiline": True}
    body = [reason | {"value": "wrong"}, note | {"maxLength": _NOTE_CHARS}]
    card = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": body,
        "actions": [{"type": "Action.Submit", "title": "Send"}],
    }
    attachment = {"contentType": CARD_TYPE, "content": card}
    return {"task": {"type": "continue", "value": {"title": "Feedback", "card": attachment}}}


def _form(told: object) -> Mapping[str, Any]:
    """Return what was filled in: the custom form comes as JSON text, the product's own as words."""
    if isinstance(told, Mapping):
        return told
    try:
        read = json.loads(str(told))
    except ValueError:
        return {"note": str(told or "")}
    return read if isinstance(read, Mapping) else {"note": str(told)}


def _decision(reviewer: str, verb: str, data: Mapping[str, Any]) -> Decision:
    if verb == APPROVE:
        return Decision(state="approved", reviewer_id=reviewer)
    if verb == REJECT:
        return Decision(state="rejected", reviewer_id=reviewer, note=_typed(data, REASON_INPUT))
    raise ValueError(f"unknown button {verb[:40]}")


def _typed(data: Mapping[str, Any], name: str) -> str:
    """Return what was typed into an input; a client of somebody's own may send more than the input takes."""
    return str(data.get(name) or "").strip()[:INPUT_CHARS]


def _shown(card: Json) -> Json:
    return {"statusCode": 200, "type": CARD_TYPE, "value": card}


def _said(words: str) -> Json:
    return {"statusCode": 200, "type": _MESSAGE_TYPE, "value": words}
