"""`bot.surfaces.product.ChatProduct` for Slack: what the answering flow and the posting flow call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.permissions import Names
from bot.desk.questions import Reply
from bot.slack.best_effort import CALL_ERRORS, BestEffortCalls, error_of
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.outgoing import Part, SlackPayload, blocks_of, reply_to
from bot.slack.payloads import is_of_another
from bot.slack.posting import SlackPoster
from bot.slack.progress import SlackProgress
from bot.slack.render import notice_message, reply_message, thread_turn
from bot.slack.waiting import with_outlook, words_message
from bot.store.records import Asked, Conversation, Outgoing
from bot.surfaces.attempt import Attempt, Posted
from bot.surfaces.membership import Person
from bot.surfaces.product import Earlier, NoProgress, Notice, ProgressView
from bot.surfaces.words import Languages, Words
from pipeline.types import NeedsReview

_log = structlog.get_logger(__name__)
# Slack recommends no more than 200 in one page.
_MESSAGES_READ = 200


@dataclass(frozen=True, slots=True)
class SlackProduct:
    """Reads threads, shows progress, renders and posts. Commands are slash commands, so no message is a command."""

    workspaces: Workspaces
    best_effort: BestEffortCalls
    poster: SlackPoster
    person: Callable[[Conversation], Awaitable[Person]]
    progress_after_s: float
    languages: Languages
    keeps_turns: bool = False
    finds_copies: bool = True

    async def language(self, where: Conversation) -> str:
        """Return the locale of the person who asks, as their Slack shows it."""
        return (await self.person(where)).locale

    async def earlier(self, request_id: str, asked: Asked) -> Earlier:  # noqa: ARG002
        """Return what the asker and the bot said in the thread before; no turns if it cannot be read."""
        if not asked.is_reply:
            return Earlier()
        client = await self.workspaces.client(asked.where.tenant_id)
        found = await self.best_effort.call(
            asked.where.tenant_id,
            "conversations.replies",
            lambda: client.conversations_replies(
                channel=asked.where.channel_id,
                ts=asked.where.thread_id,
                latest=asked.message_id,
                include_all_metadata=True,
                limit=_MESSAGES_READ,
            ),
        )
        if not found:
            return Earlier()
        before = [m for m in found.get("messages") or [] if str(m.get("ts")) < asked.message_id]
        turns = [thread_turn(m, asked.where.user_id) for m in before]
        others = any(is_of_another(m, asked.where.user_id) for m in before)
        is_whole = bool(before) and not found.get("has_more")
        return Earlier(tuple(turn for turn in turns if turn), others if others or is_whole else None)

    async def command_reply(self, request_id: str, asked: Asked) -> Outgoing | None:
        """Return a refusal for somebody who gets no answer, else None: every message is a question."""
        refusal = (await self.person(asked.where)).refusal
        return self._notice(request_id, asked, refusal) if refusal else None

    async def progress(self, asked: Asked, *, resumed: bool) -> ProgressView:
        """Return the progress view of a question. A resumed one goes on in the message that a killed process left.

        Outside a thread, and where the workspace cannot be reached, nothing is shown.
        """
        where = asked.where
        if not where.thread_id or asked.response_url:
            return NoProgress()
        try:
            client = await self.workspaces.client(where.tenant_id)
            left_behind = await self._abandoned_progress(client, asked) if resumed else ""
        except (*CALL_ERRORS, ForeignWorkspaceError) as error:
            _log.info("progress_not_shown", reason=error_of(error))
            return NoProgress()
        return SlackProgress(client, self.best_effort, where, self.progress_after_s, left_behind, self.words_for(asked))

    def render_reply(self, asked: Asked, reply: Reply, names: Names, progress_id: str) -> Outgoing:
        """Return the reply to a question; its key is the request id."""
        *before, last = reply_message(reply, asked, names, self.words_for(asked))
        last = with_outlook(last, reply.outlook, self.words_for(asked)) if reply.outlook else last
        payload = SlackPayload(
            before=tuple(Part(text=message.text, blocks=blocks_of(message)) for message in before),
            session="suspended" if isinstance(reply.outcome, NeedsReview) else "active",
        )
        return reply_to(reply.request_id, asked, last, payload).model_copy(update={"progress_id": progress_id})

    def render_notice(self, request_id: str, asked: Asked, notice: Notice, progress_id: str = "") -> Outgoing:
        """Return the reply for a notice; its key is the request id."""
        return self._notice(request_id, asked, notice.value).model_copy(update={"progress_id": progress_id})

    def _notice(self, request_id: str, asked: Asked, message: str) -> Outgoing:
        text = self.words_for(asked)(message)
        return reply_to(request_id, asked, notice_message(text), SlackPayload(session="active"))

    def words_for(self, asked: Asked) -> Words:
        """Return the interface texts in the language of the asker."""
        return self.languages.words(asked.where.language)

    def render_words(self, request_id: str, asked: Asked, text: str) -> Outgoing:
        """Return a plain text as the reply to a message; its key is the request id."""
        return reply_to(request_id, asked, words_message(text), SlackPayload())

    async def post(self, message: Outgoing, attempt: Attempt) -> Posted:
        """Post a message as `SlackPoster.post` does. Raises PostError."""
        return await self.poster.post(message, attempt)

    async def retract(self, message: Outgoing, posted: Posted) -> None:
        """Delete one copy of a message. A failure is only logged."""
        await self.poster.retract(message, posted)

    async def remove_copies(self, message: Outgoing, kept: str) -> None:
        """Delete what was posted of a message besides the copy `kept`. Raises PostError."""
        await self.poster.remove_copies(message, kept)

    async def _abandoned_progress(self, client: AsyncWebClient, asked: Asked) -> str:
        """Return the id of the progress message that a killed process left, "" if there is none."""
        bot = await self.workspaces.bot_user_id(asked.where.tenant_id)
        try:
            page = await client.conversations_replies(
                channel=asked.where.channel_id,
                ts=asked.where.thread_id,
                oldest=asked.message_id or asked.where.thread_id,
                include_all_metadata=True,
                limit=_MESSAGES_READ,
            )
        except CALL_ERRORS as error:
            _log.info("thread_not_read", reason=error_of(error))
            return ""
        own = [m for m in page.get("messages") or [] if m.get("user") == bot and not m.get("metadata")]
        return str(own[0]["ts"]) if own else ""
