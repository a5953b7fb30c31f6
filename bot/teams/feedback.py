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
from bot.surfaces.words import ENGLISH, Languages, Words
from bot.teams.cards import CARD_TYPE, Json
from bot.teams.payloads import conversation_of, language_of, person_of

_log = structlog.get_logger(__name__)
_NOTE_CHARS = 1000


@dataclass(frozen=True, slots=True)
class FeedbackActions:
    """Stores feedback and opens reviews of disputed answers."""

    questions: QuestionDesk
    reviews: ReviewDesk
    boards: Boards
    wake_outbox: Callable[[], None]
    languages: Languages

    async def opened(self, activity: Mapping[str, Any]) -> Json:
        """Return what Teams opens under a pressed thumb: the form that asks what is wrong, or thanks for praise.

        Praise is stored at once, because no form follows that would send it.
        """
        words = self.languages.words(language_of(activity))
        if _judgement(activity).get("reaction") != "like":
            return feedback_form(words)
        if request_id := await self._request_of(activity):
            await self.questions.give_feedback(
                Feedback(request_id=request_id, user_id=person_of(activity), helpful=True)
            )
        return thanks(words)

    async def _request_of(self, activity: Mapping[str, Any]) -> str | None:
        """Return the request that a judged message answers. Teams names only the message."""
        where = conversation_of(activity)
        message_id = str(activity.get("replyToId") or "")
        request_id = await self.questions.store.posted.request_of(where.channel_id, message_id)
        if request_id is None:
            _log.warning("feedback_on_unknown_message", user_id=where.user_id)
        return request_id

    async def judged(self, activity: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        """Store a reader's feedback. Return a coroutine for the slow rest of a complaint, None for praise."""
        where, request_id = conversation_of(activity), await self._request_of(activity)
        if request_id is None:
            return None
        value = _judgement(activity)
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


def feedback_form(words: Words = ENGLISH) -> Json:
    """Return the form that asks what is wrong with an answer, as the response to `message/fetchTask`."""
    choices = [{"title": title, "value": value} for value, title in feedback_reasons(words).items()]
    reason = {"type": "Input.ChoiceSet", "id": "reason", "label": words("modal-complaint"), "choices": choices}
    note = {"type": "Input.Text", "id": "note", "label": words("input-should-say"), "isMultiline": True}
    card = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [reason | {"value": "wrong"}, note | {"maxLength": _NOTE_CHARS}],
        "actions": [{"type": "Action.Submit", "title": words("submit-send")}],
    }
    attachment = {"contentType": CARD_TYPE, "content": card}
    return {"task": {"type": "continue", "value": {"title": words("teams-feedback-title"), "card": attachment}}}


def thanks(words: Words = ENGLISH) -> Json:
    """Return the thanks for feedback that Teams shows in the place of a form."""
    return task_message(words("feedback-thanks-for-reason"))


def task_message(said: str) -> Json:
    """Return a message that Teams shows in the place of a form."""
    return {"task": {"type": "message", "value": said}}


def was_our_form(activity: Mapping[str, Any]) -> bool:
    """Tell whether feedback was typed into our form, for which Teams itself does not thank."""
    return bool(_read(_judgement(activity).get("feedback")))


def _judgement(activity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pressed thumb and what was typed. Some clients send them one level deeper than others."""
    value = activity.get("value")
    value = value if isinstance(value, Mapping) else {}
    inner = value.get("data")
    judged = (inner if isinstance(inner, Mapping) and inner else value).get("actionValue")
    return judged if isinstance(judged, Mapping) else {}


def _read(submitted: object) -> Mapping[str, Any]:
    """Return the fields of our form, which arrives as JSON text; none for the form of Teams itself."""
    if isinstance(submitted, Mapping):
        return submitted
    try:
        read = json.loads(str(submitted))
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, Mapping) else {}


def _form(submitted: object) -> Mapping[str, Any]:
    """Return the fields of a feedback form. The form of Teams itself has a note alone."""
    return _read(submitted) or {"note": str(submitted or "")}
