"""Buttons that people press on cards in Teams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import structlog

from bot.desk.permissions import AlreadyDecidedError, OutdatedDraftError, concerned
from bot.desk.questions import QuestionDesk
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, Decision, Review
from bot.surfaces.refusals import refusal_words
from bot.surfaces.review_board import Boards
from bot.surfaces.words import Languages, Words
from bot.teams.cards import CARD_TYPE, Json, display_name
from bot.teams.gap_actions import GAP_VERBS, GapActions
from bot.teams.payloads import conversation_of, key_of, language_of, person_of
from bot.teams.render import ESCALATE, RETRY, SUGGESTED
from bot.teams.review_board import card_of, names_of
from bot.teams.review_cards import (
    ANSWER_INPUT,
    ANYWAY_INPUT,
    APPROVE,
    ASK_BACK,
    CLAIM,
    DRAFT_AGAIN,
    EDIT,
    INPUT_CHARS,
    QUESTION_INPUT,
    REASON_INPUT,
    REFRESH,
    REJECT,
    REMEMBER_INPUT,
    TAKE_OVER,
    review_card,
)
from index.errors import CitedeskError

_log = structlog.get_logger(__name__)
_MESSAGE_TYPE = "application/vnd.microsoft.activity.message"


@dataclass(frozen=True, slots=True)
class _Presser:
    """Who pressed a button, and the texts in the language of their client."""

    user_id: str
    words: Words


@dataclass(frozen=True, slots=True)
class ReviewActions:
    """Carries out buttons. Each method returns what the client shows, as the response to an invoke."""

    questions: QuestionDesk
    reviews: ReviewDesk
    gaps: GapActions
    boards: Boards
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]
    languages: Languages

    async def pressed(self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> Json:
        """Carry out a button of a card; return a card or a message. Raises KeyError, ValueError for malformed data."""
        words = self.languages.words(language_of(activity))
        try:
            if verb in GAP_VERBS:
                shown = await self.gaps.pressed(activity, verb, data, words)
                return message_response(shown) if isinstance(shown, str) else _card_response(shown.card)
            if verb in {ESCALATE, RETRY, SUGGESTED}:
                return message_response(words(await self._asker_action(activity, verb, data)))
            return await self._reviewer_action(_Presser(person_of(activity), words), verb, data)
        except CitedeskError as error:
            return message_response(await self._refusal(error, words))

    async def _refusal(self, error: CitedeskError, words: Words) -> str:
        """Return why a button was refused. If the review has changed since its cards were, update them."""
        if isinstance(error, AlreadyDecidedError | OutdatedDraftError):
            await self.boards.refresh(error.review)
        names = await self.questions.store.people.names(concerned(error))
        return refusal_words(error, lambda user_id: display_name(user_id, names), words=words)

    async def _asker_action(self, activity: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> str:
        """Carry out an asker's button; return the message that the client shows."""
        request_id = str(data["request_id"])
        asked = Asked(text=_typed(data, "question"), where=conversation_of(activity), suggested=verb == SUGGESTED)
        if verb == RETRY:
            return await self._ask(f"{key_of(activity)}:retry", asked, "teams-trying-again")
        if verb == SUGGESTED:
            # However often one person presses it, a suggested question is asked once.
            which = sha256(asked.text.encode()).hexdigest()[:12]
            key = f"teams:suggested:{asked.where.channel_id}:{asked.where.user_id}:{request_id}:{which}"
            return await self._ask(key, asked, "teams-looking-it-up")
        review = await self.questions.escalate(request_id, asked, self.boards.escalated)
        self.wake_outbox()
        if review and review.joined:
            await self.boards.refresh(review)
        if review is None:
            return "escalated-before"
        return "teams-asked-again" if review.rejected_before else "teams-person-has-it"

    async def _ask(self, key: str, asked: Asked, message: str) -> str:
        """Put a question into the inbox, once; return what the client shows meanwhile."""
        if await self.questions.store.inbox.add([key], asked.model_dump_json(), asked.where.tenant_id):
            self.wake_inbox()
        return message

    async def _reviewer_action(self, presser: _Presser, verb: str, data: Mapping[str, Any]) -> Json:
        review_id, reviewer = str(data["review_id"]), presser.user_id
        if verb == REFRESH:
            return _card_response(await self._current_card(presser, review_id))
        if verb in {CLAIM, TAKE_OVER}:
            review = await self.reviews.claim(review_id, reviewer, take_over=verb == TAKE_OVER)
        elif verb == DRAFT_AGAIN:
            review = await self.reviews.draft_again(review_id, reviewer)
        elif verb == EDIT:
            return await self._edited(presser, review_id, data)
        elif verb == ASK_BACK:
            question, messages = _typed(data, QUESTION_INPUT), await self.boards.asked_back_by(reviewer)
            if not question:
                return message_response(presser.words("teams-write-question"))
            review = await self.reviews.ask_back(review_id, reviewer, question, messages)
        else:
            messages = await self.boards.decided_by(reviewer)
            review = await self.reviews.decide(review_id, _decision(reviewer, verb, data), messages)
        return await self._changed(presser, review)

    async def _edited(self, presser: _Presser, review_id: str, data: Mapping[str, Any]) -> Json:
        """Send an edited answer if it is verified or the reviewer chose "Send anyway"; else return the findings."""
        text, reviewer = _typed(data, ANSWER_INPUT), presser.user_id
        review = await self.reviews.open_review(review_id, reviewer)
        if not text:
            return message_response(presser.words("teams-write-answer"))
        check = await self.reviews.checked(review, text)
        anyway = str(data.get(ANYWAY_INPUT)) == "true"
        if check.findings and not anyway:
            view = await self.reviews.views.view_for(review, reviewer)
            named = replace(view, names=names_of(review, view.names, presser.words), reviewers=())
            days = self.reviews.settings.unsourced_days
            return _card_response(review_card(named, check.findings, text, presser.words, days).card)
        decision = Decision(
            state="edited",
            reviewer_id=reviewer,
            answer=text,
            sent_anyway=bool(check.findings),
            remember=bool(check.findings) and str(data.get(REMEMBER_INPUT)) == "true",
        )
        messages = await self.boards.decided_by(reviewer)
        return await self._changed(presser, await self.reviews.decide(review_id, decision, messages))

    async def _changed(self, presser: _Presser, review: Review) -> Json:
        """Update the posted cards of a review, and return its card for the person who pressed the button."""
        self.wake_outbox()
        await self.boards.refresh(review)
        return _card_response(card_of(await self.reviews.views.view_for(review, presser.user_id), presser.words).card)

    async def _current_card(self, presser: _Presser, review_id: str) -> Json:
        try:
            review = await self.reviews.open_review(review_id, presser.user_id)
        except AlreadyDecidedError as error:
            review = error.review
        # Only this reviewer sees the card.
        return card_of(await self.reviews.views.view_for(review, presser.user_id), presser.words).card


def _decision(reviewer: str, verb: str, data: Mapping[str, Any]) -> Decision:
    if verb == APPROVE:
        return Decision(state="approved", reviewer_id=reviewer)
    if verb == REJECT:
        return Decision(state="rejected", reviewer_id=reviewer, note=_typed(data, REASON_INPUT))
    raise ValueError(f"unknown button {verb[:40]}")


def _typed(data: Mapping[str, Any], name: str) -> str:
    """Return the text of an input, cut to its limit: a forged request may hold more than the input takes."""
    return str(data.get(name) or "").strip()[:INPUT_CHARS]


def _card_response(card: Json) -> Json:
    return {"statusCode": 200, "type": CARD_TYPE, "value": card}


def message_response(words: str) -> Json:
    """Return the response to a button that makes the client show a message."""
    return {"statusCode": 200, "type": _MESSAGE_TYPE, "value": words}
