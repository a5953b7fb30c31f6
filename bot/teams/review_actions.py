"""Buttons that people press on cards in Teams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.desk.permissions import AlreadyDecidedError, concerned, people_of, refusal_words
from bot.desk.questions import QuestionDesk
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, Decision, Review
from bot.surfaces.review_board import Boards
from bot.teams.payloads import conversation_of, key_of, person_of
from bot.teams.render import CARD_TYPE, ESCALATE, RETRY, Json, called
from bot.teams.review_board import card_of, names_of
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


@dataclass(frozen=True, slots=True)
class ReviewActions:
    """Does what a button asks for, and returns what the client shows."""

    questions: QuestionDesk
    reviews: ReviewDesk
    boards: Boards
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]

    async def pressed(self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> Json:
        """Do what a button asks for; return the response to the invoke: a card, or words."""
        try:
            if verb in {ESCALATE, RETRY}:
                return _said(await self._asker(activity, verb, data))
            return await self._reviewer(person_of(activity), verb, data)
        except CitedeskError as error:
            return _said(await self._refusal(error))

    async def _refusal(self, error: CitedeskError) -> str:
        """Return why nothing was changed; update the cards if they are out of date."""
        if isinstance(error, AlreadyDecidedError):
            await self.boards.refresh(error.review)
        names = await self.questions.store.people.names(concerned(error))
        return refusal_words(error, lambda user_id: called(user_id, names))

    async def _asker(self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> str:
        asked = Asked(text=_typed(data, "question"), where=conversation_of(activity))
        if verb == RETRY:
            if await self.questions.store.inbox.add([f"{key_of(activity)}:retry"], asked.model_dump_json()):
                self.wake_inbox()
            return "Trying again."
        opened = await self.questions.escalate(str(data["request_id"]), asked, self.boards.escalated)
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
        """Send an edit that verification accepts or that the reviewer sends anyway; else show the findings."""
        text = _typed(data, ANSWER_INPUT)
        review = await self.reviews.open_review(review_id, reviewer)
        if not text:
            return _said("Write an answer first, or reject.")
        check = await self.reviews.checked(review, text)
        anyway = str(data.get(ANYWAY_INPUT)) == "true"
        if check.findings and not anyway:
            names = names_of(review, await self.questions.store.people.names(people_of(review)))
            message = review_card(review, show_draft=True, names=names, findings=check.findings, text=text)
            return _shown(message.card)
        decision = Decision(state="edited", reviewer_id=reviewer, answer=text, sent_anyway=bool(check.findings))
        return await self._changed(
            await self.reviews.decide(review_id, decision, await self.boards.decided_by(reviewer))
        )

    async def _changed(self, review: Review) -> Json:
        """Update the cards of a review, and return the one that the presser sees at once."""
        self.wake_outbox()
        return _shown(card_of(await self.boards.refresh(review)).card)

    async def _as_it_stands(self, reviewer: str, review_id: str) -> Json:
        try:
            review = await self.reviews.open_review(review_id, reviewer)
        except AlreadyDecidedError as error:
            return card_of(await self.reviews.view(error.review)).card
        # This card is for one person, who may read what the draft cites.
        return card_of(replace(await self.reviews.view(review), show_draft=True)).card


def _decision(reviewer: str, verb: str, data: Mapping[str, Any]) -> Decision:
    if verb == APPROVE:
        return Decision(state="approved", reviewer_id=reviewer)
    if verb == REJECT:
        return Decision(state="rejected", reviewer_id=reviewer, note=_typed(data, REASON_INPUT))
    raise ValueError(f"unknown button {verb[:40]}")


def _typed(data: Mapping[str, Any], name: str) -> str:
    """Return the text of an input, cut to the input's limit: a modified client may send more."""
    return str(data.get(name) or "").strip()[:INPUT_CHARS]


def _shown(card: Json) -> Json:
    return {"statusCode": 200, "type": CARD_TYPE, "value": card}


def _said(words: str) -> Json:
    return {"statusCode": 200, "type": _MESSAGE_TYPE, "value": words}
