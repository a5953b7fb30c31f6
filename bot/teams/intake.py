"""Handle an activity before Teams gets its acknowledgement: store a question in the inbox, or carry out a button."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.desk.questions import QuestionDesk, request_id_of
from bot.store.records import Asked
from bot.surfaces.running_questions import RunningQuestions
from bot.surfaces.waiting import is_about_a_review, question_changed
from bot.surfaces.wording import is_reaction
from bot.teams.cards import Json
from bot.teams.commands import help_message
from bot.teams.feedback import FeedbackActions, feedback_form
from bot.teams.membership import TeamsMembership
from bot.teams.outgoing import to_asker
from bot.teams.payloads import asked_of, conversation_of, is_addressed, key_of, person_of, tenant_of
from bot.teams.product import EARLIER_QUESTIONS, FOLLOW_UP_MINUTES
from bot.teams.review_actions import ReviewActions

_log = structlog.get_logger(__name__)
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class TeamsIntake:
    """Handles the activities of Teams."""

    questions: QuestionDesk
    actions: ReviewActions
    feedback: FeedbackActions
    membership: TeamsMembership
    running: RunningQuestions
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]
    _background: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, activity: Mapping[str, Any]) -> Json | None:
        """Handle an authenticated activity. Return the response body of an invoke, None for any other activity.

        Raises KeyError, TypeError, ValueError or AttributeError for a malformed activity.
        """
        if display_name := str(activity["from"].get("name") or "").strip():
            await self.questions.store.people.put(person_of(activity), display_name[:_NAME_CHARS])
        match activity["type"]:
            case "message":
                await self._message(activity)
            case "invoke":
                return await self._invoked(activity)
            case "messageUpdate" | "messageDelete":
                gone = activity["type"] == "messageDelete"
                text = None if gone else asked_of(activity).text
                await self.running.withdraw(self.questions.store.inbox, key_of(activity), text)
                # A new draft takes longer than Teams waits for the acknowledgement.
                key, tenant = key_of(activity), tenant_of(activity)
                self._in_background(question_changed(self.actions.reviews, self.actions.boards, tenant, key, text))
            case "conversationUpdate" | "installationUpdate":
                await self._members_changed(activity)
            case kind:
                _log.info("activity_ignored", kind=str(kind)[:40])
        return None

    async def _invoked(self, activity: Mapping[str, Any]) -> Json | None:
        match activity.get("name"):
            case "adaptiveCard/action":
                action = activity["value"]["action"]
                return await self.actions.pressed(activity, str(action["verb"]), dict(action.get("data") or {}))
            case "message/submitAction":
                if work := await self.feedback.judged(activity):
                    self._in_background(work)
                return {}
            case "message/fetchTask":
                return feedback_form()
            case name:
                _log.info("activity_ignored", kind="invoke", name=str(name)[:40])
                return None

    async def _message(self, activity: Mapping[str, Any]) -> None:
        value = activity.get("value")
        if isinstance(value, Mapping) and "verb" in value:
            # A client without Action.Execute sends a button as a message. Its card is updated by the review board.
            await self.actions.pressed(activity, str(value["verb"]), dict(value))
            return
        if not is_addressed(activity):
            _log.info("message_ignored", key=key_of(activity))
            return
        asked = asked_of(activity)
        if await self._is_only_thanks(asked, key_of(activity)):
            return
        if not await self.questions.store.inbox.add([key_of(activity)], asked.model_dump_json()):
            _log.info("redelivery_dropped", key=key_of(activity))
        self.wake_inbox()

    async def _is_only_thanks(self, asked: Asked, key: str) -> bool:
        """Tell whether a message only thanks the bot for its last answer and needs no reply."""
        if not asked.text.strip() or asked.has_files or not is_reaction(asked.text):
            return False
        store = self.questions.store
        if await store.reviews.awaiting(asked.where):
            # A reviewer asked back, so even a bare "yes" is an answer to pass on.
            return False
        if await is_about_a_review(self.actions.reviews, asked):
            return False
        return bool(await store.turns.before(request_id_of(key), asked.where, FOLLOW_UP_MINUTES, EARLIER_QUESTIONS))

    async def _members_changed(self, activity: Mapping[str, Any]) -> None:
        """Drop the cached members of a conversation. Where the bot itself was added, send the help message once."""
        where = conversation_of(activity)
        self.membership.forget(where.tenant_id, where.channel_id)
        added = [str(member.get("id")) for member in activity.get("membersAdded") or []]
        if activity.get("action") == "add" or str((activity.get("recipient") or {}).get("id")) in added:
            await self.questions.store.outbox.send([to_asker(f"welcome:{where.channel_id}", "", where, help_message())])
            self.wake_outbox()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._logging_failure(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    @staticmethod
    async def _logging_failure(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - nobody awaits this task; the feedback itself is stored
            _log.error("second_look_failed", error=type(error).__name__)

    async def aclose(self) -> None:
        """Wait for the complaints that are still being handled."""
        await asyncio.gather(*self._background)
