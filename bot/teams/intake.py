"""Handle an activity before Teams gets its acknowledgement: store a question in the inbox, or carry out a button."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.desk.presses import Kind, PressLimits, TooFast
from bot.desk.questions import QuestionDesk, request_id_of
from bot.store.records import Asked, Conversation
from bot.surfaces.press_words import too_fast_words
from bot.surfaces.running_questions import withdraw
from bot.surfaces.waiting import is_about_a_review, question_changed, show_change
from bot.surfaces.wording import is_reaction
from bot.surfaces.words import Words
from bot.teams.cards import Json, TeamsMessage
from bot.teams.commands import help_message
from bot.teams.feedback import FeedbackActions, task_message, thanks, was_our_form
from bot.teams.membership import TeamsMembership
from bot.teams.outgoing import to_asker
from bot.teams.payloads import asked_of, conversation_of, is_addressed, key_of, language_of, person_of, tenant_of
from bot.teams.product import EARLIER_QUESTIONS, FOLLOW_UP_MINUTES
from bot.teams.render import ESCALATE
from bot.teams.review_actions import ReviewActions, message_response
from bot.teams.review_cards import REFRESH

_log = structlog.get_logger(__name__)
_NAME_CHARS = 80
_INSTALLED = frozenset({"add", "add-upgrade"})
# Outcomes after which an edited question is asked again.
_UNANSWERED = frozenset({"not_enough_info", "limited", "unavailable", "blocked"})


@dataclass(frozen=True, slots=True)
class TeamsIntake:
    """Handles the activities of Teams."""

    questions: QuestionDesk
    actions: ReviewActions
    feedback: FeedbackActions
    membership: TeamsMembership
    presses: PressLimits
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]
    _background: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, activity: Mapping[str, Any]) -> Json | None:
        """Handle an authenticated activity. Return the response body of an invoke, None for any other activity.

        Raises KeyError, TypeError, ValueError or AttributeError for a malformed activity.
        """
        match activity["type"]:
            case "message":
                await self._message(activity)
            case "invoke":
                await self._named(activity)
                return await self._invoked(activity)
            case "messageUpdate":
                await self._edited(activity)
                await self._changed(activity, asked_of(activity).text)
            case "messageDelete":
                for key in _keys_of(activity):
                    await withdraw(self.questions.store, key, None)
                await self._changed(activity, None)
            case "conversationUpdate" | "installationUpdate":
                await self._members_changed(activity)
            case kind:
                _log.info("activity_ignored", kind=str(kind)[:40])
        return None

    async def _named(self, activity: Mapping[str, Any]) -> None:
        if display_name := str(activity["from"].get("name") or "").strip():
            await self.questions.store.people.put(person_of(activity), display_name[:_NAME_CHARS])

    async def _invoked(self, activity: Mapping[str, Any]) -> Json | None:
        if (kind := _kind_of(activity)) and (refused := await self._refused(activity, kind)):
            said = too_fast_words(refused, self._words(activity))
            return message_response(said) if activity["name"] == "adaptiveCard/action" else task_message(said)
        match activity.get("name"):
            case "adaptiveCard/action":
                action = activity["value"]["action"]
                return await self.actions.pressed(activity, str(action["verb"]), dict(action.get("data") or {}))
            case "message/submitAction":
                if work := await self.feedback.judged(activity):
                    self._in_background(work)
                return thanks(self._words(activity)) if was_our_form(activity) else {}
            case "message/fetchTask":
                return await self.feedback.opened(activity)
            case name:
                _log.info("activity_ignored", kind="invoke", name=str(name)[:40])
                return None

    async def _refused(self, activity: Mapping[str, Any], kind: Kind) -> TooFast | None:
        refused = await self.presses.refused(tenant_of(activity), person_of(activity), kind)
        if refused:
            _log.warning("press_refused", kind=kind)
        return refused

    async def _message(self, activity: Mapping[str, Any]) -> None:
        value = activity.get("value")
        is_press = isinstance(value, Mapping) and "verb" in value
        if not is_press and not is_addressed(activity):
            # An app that may read every message of a team also gets those of people among themselves.
            return
        await self._named(activity)
        if isinstance(value, Mapping) and is_press:
            # A client without Action.Execute sends a button as a message. Its card is updated by the review board.
            if await self._refused(activity, _kind_of_verb(str(value["verb"]))):
                return
            await self.actions.pressed(activity, str(value["verb"]), dict(value))
            return
        asked = asked_of(activity)
        if await self._is_only_thanks(asked, key_of(activity)):
            return
        await self._ask(key_of(activity), asked)

    async def _ask(self, key: str, asked: Asked) -> None:
        if not await self.questions.store.inbox.add([key], asked.model_dump_json(), asked.where.tenant_id):
            _log.info("redelivery_dropped", key=key)
        self.wake_inbox()

    async def _edited(self, activity: Mapping[str, Any]) -> None:
        """Change a question that waits or is worked on. One that got no answer is asked again, once.

        The new reply follows the old one, because nobody looks again at a message that only changes.
        """
        inbox, asked = self.questions.store.inbox, asked_of(activity)
        key, again = _keys_of(activity)
        for waiting in (again, key):
            if await inbox.payload(waiting) is not None:
                await withdraw(self.questions.store, waiting, asked.text)
                return
        if not is_addressed(activity) or not asked.text:
            return
        trace = await self.questions.store.requests.get(request_id_of(key))
        if trace is None:
            # The mention of the bot may come with the edit; the key of a command is known.
            await self._ask(key, asked)
        elif trace.outcome in _UNANSWERED:
            await self._ask(again, asked)

    async def _changed(self, activity: Mapping[str, Any], text: str | None) -> None:
        """Take back or change the question of a message in review. A new draft takes longer than Teams waits."""
        reviews, boards = self.actions.reviews, self.actions.boards
        for key in _keys_of(activity):
            if review := await question_changed(reviews, tenant_of(activity), key, text):
                self._in_background(show_change(reviews, boards, review, text))

    def _help(self, where: Conversation) -> TeamsMessage:
        return help_message(self.feedback.languages.words(where.language), private=where.private)

    def _words(self, activity: Mapping[str, Any]) -> Words:
        return self.feedback.languages.words(language_of(activity))

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
        """Drop the cached members of a conversation. Send the help message once for each installation of the bot.

        Teams tells of one installation by two activities, and of an upgrade of the app as if it were installed anew.
        """
        where = conversation_of(activity)
        self.membership.forget(where.tenant_id, where.channel_id)
        key, bot = f"welcome:{where.team_id or where.channel_id}", (activity.get("recipient") or {}).get("id")
        changes = {change: _ids(activity.get(change)) for change in ("membersAdded", "membersRemoved")}
        if activity.get("action") == "remove" or bot in changes["membersRemoved"]:
            await self.questions.store.outbox.forget(key)
        elif activity.get("action") in _INSTALLED or bot in changes["membersAdded"]:
            await self.questions.store.outbox.send([to_asker(key, "", where, self._help(where))])
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


def _kind_of(activity: Mapping[str, Any]) -> Kind | None:
    """Return the kind of press that an invoke is; None for one that is ignored."""
    match activity.get("name"):
        case "adaptiveCard/action":
            return _kind_of_verb(str(activity["value"]["action"]["verb"]))
        case "message/submitAction" | "message/fetchTask":
            return "opens_review"
        case _:
            return None


def _kind_of_verb(verb: str) -> Kind:
    return "opens_review" if verb == ESCALATE else "refresh" if verb == REFRESH else "press"


def _ids(members: Any) -> set[str]:  # noqa: ANN401 - unpacked JSON
    return {str(member.get("id")) for member in members or []}


def _keys_of(activity: Mapping[str, Any]) -> tuple[str, str]:
    """Return the inbox keys of a message: as it was first, and as it was edited after it got no answer."""
    key = key_of(activity)
    return key, f"{key}:edited"
