"""`bot.surfaces.product.ChatProduct` for Slack: what the answering flow and the posting flow call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.permissions import Names
from bot.desk.questions import Reply
from bot.slack.best_effort import CALL_ERRORS, BestEffortCalls, error_of
from bot.slack.blocks import section
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.outgoing import Part, SlackPayload, blocks_of, reply_to
from bot.slack.posting import SlackPoster
from bot.slack.progress import SlackProgress
from bot.slack.render import APOLOGY, STOPPED, SlackMessage, reply_message, thread_turn
from bot.slack.review_cards import passed_on
from bot.slack.waiting import with_outlook, words_message
from bot.store.records import Asked, Conversation, Outgoing
from bot.surfaces.product import NoProgress, Notice, Posted, ProgressView
from pipeline.types import NeedsReview, ThreadTurn

_log = structlog.get_logger(__name__)
_MESSAGES_READ = 30
_NOTICES: dict[Notice, Callable[[], SlackMessage]] = {
    Notice.GIVEN_UP: lambda: APOLOGY,
    Notice.STOPPED: lambda: STOPPED,
    Notice.PASSED_ON: passed_on,
}


@dataclass(frozen=True, slots=True)
class SlackProduct:
    """Reads threads, shows progress, renders and posts. Commands are slash commands, so no message is a command."""

    workspaces: Workspaces
    best_effort: BestEffortCalls
    poster: SlackPoster
    refusal: Callable[[Conversation], Awaitable[str]]
    progress_after_s: float
    keeps_turns: bool = False

    async def earlier_turns(self, request_id: str, asked: Asked) -> tuple[ThreadTurn, ...]:  # noqa: ARG002
        """Return what the asker and the bot said in the thread before, oldest first; () if it cannot be read."""
        if not asked.is_reply:
            return ()
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
        messages = (found.get("messages") or []) if found else []
        turns = [thread_turn(m, asked.where.user_id) for m in messages if str(m.get("ts")) < asked.message_id]
        return tuple(turn for turn in turns if turn)

    async def command_reply(self, request_id: str, asked: Asked) -> Outgoing | None:
        """Return a refusal for somebody who gets no answer, else None: every message is a question."""
        words = await self.refusal(asked.where)
        message = SlackMessage(words, (section(words),)) if words else None
        return reply_to(request_id, asked, message, SlackPayload(session="active")) if message else None

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
        return SlackProgress(client, self.best_effort, where, self.progress_after_s, left_behind)

    def render_reply(self, asked: Asked, reply: Reply, names: Names, progress_id: str) -> Outgoing:
        """Return the reply to a question; its key is the request id."""
        *before, last = reply_message(reply, asked, names)
        last = with_outlook(last, reply.outlook) if reply.outlook else last
        payload = SlackPayload(
            before=tuple(Part(text=message.text, blocks=blocks_of(message)) for message in before),
            session="suspended" if isinstance(reply.outcome, NeedsReview) else "active",
        )
        return reply_to(reply.request_id, asked, last, payload).model_copy(update={"progress_id": progress_id})

    def render_notice(self, request_id: str, asked: Asked, notice: Notice, progress_id: str = "") -> Outgoing:
        """Return the reply for a notice; its key is the request id."""
        message = reply_to(request_id, asked, _NOTICES[notice](), SlackPayload(session="active"))
        return message.model_copy(update={"progress_id": progress_id})

    def render_words(self, request_id: str, asked: Asked, text: str) -> Outgoing:
        """Return a plain text as the reply to a message; its key is the request id."""
        return reply_to(request_id, asked, words_message(text), SlackPayload())

    async def post(self, message: Outgoing, *, first_try: bool) -> Posted:
        """Post a message as `SlackPoster.post` does. Raises PostError."""
        return await self.poster.post(message, first_try=first_try)

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
