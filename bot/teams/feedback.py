"""Feedback on answers: the thumbs under an answer, and the form that asks what is wrong."""

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.desk.questions import QuestionDesk
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, Conversation, Feedback
from bot.surfaces.review_board import Boards
from bot.surfaces.wording import FEEDBACK_REASONS, feedback_reasons
from bot.teams.cards import CARD_TYPE, Json
from bot.teams.payloads import conversation_of

_log = structlog.get_logger(__name__)
_NOTE_CHARS = 1000


@dataclass(frozen=True, slots=True)
class FeedbackActions:
    """Stores feedback and opens reviews of disputed answers."""

    questions: QuestionDesk
    reviews: ReviewDesk
    boards: Boards
    wake_outbox: Callable[[], None]

    async def judged(self, activity: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        """Store a reader's feedback. Return a coroutine for the slow rest of a complaint, None for praise.

        Teams names only the message, so the request is looked up by the message id.
        """
        where = conversation_of(activity)
        request_id = await self.questions.store.posted.request_of(
            where.channel_id, str(activity.get("replyToId") or "")
        )
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
        disputed = await self.questions.give_feedback(feedback)
        return None if feedback.helpful else self._complaint(request_id, where, disputed=disputed)

    async def _complaint(self, request_id: str, where: Conversation, *, disputed: bool) -> None:
        """Open a review of a disputed answer, and add the complaints to the review that is open."""
        if disputed:
            asked = Asked(text=await self.questions.store.turns.question_of(request_id), where=where)
            await self.reviews.second_look(request_id, asked, self.boards.cards)
            self.wake_outbox()
        if review := await self.questions.add_complaint(request_id):
            await self.boards.refresh(review)


def feedback_form() -> Json:
    """Return the form that asks what is wrong with an answer, as the response to `message/fetchTask`."""
    choices = [{"title": title, "value": value} for value, title in feedback_reasons().items()]
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


def _form(submitted: object) -> Mapping[str, Any]:
    """Return the fields of a feedback form. Our form arrives as JSON text, the form of Teams itself as plain text."""
    if isinstance(submitted, Mapping):
        return submitted
    try:
        read = json.loads(str(submitted))
    except ValueError:
        return {"note": str(submitted or "")}
    return read if isinstance(read, Mapping) else {"note": str(submitted)}
