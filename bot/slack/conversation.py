"""From a question in Slack to its one reply in the thread."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.slack.events import SURFACE, ChatQuestion, question_in
from bot.slack.render import CHECKING, SlackMessage, escalated_message, reply_message
from bot.slack.reviewing import post_card
from bot.store.records import Conversation

_log = structlog.get_logger(__name__)
_SORRY = "Something went wrong while I worked on this, and I have no answer. Please ask again."


class Slack:
    """What the listeners share: the desk, Slack's Web API and where review cards go."""

    def __init__(self, desk: Desk, client: AsyncWebClient, reviewers_channel: str | None) -> None:
        self.desk = desk
        self.client = client
        self.reviewers_channel = reviewers_channel

    async def answer(self, body: Mapping[str, Any]) -> None:
        """Answer the question in an event that the inbox holds, then mark it done."""
        question = question_in(body)
        if question is None:
            return
        try:
            await self.respond(question.text, question.where)
        except Exception as error:  # noqa: BLE001 - the surface's last resort: no silence
            _log.error("reply_failed", key=question.keys[0], error=type(error).__name__)
            await self._apologise(question)
        await self.desk.store.finish(question.keys[0])

    async def respond(self, text: str, where: Conversation) -> None:
        """Ask the desk and post its reply."""
        if where.thread_id:
            await self._show_working(where)
        reply = await self.desk.ask(text, where)
        try:
            await self.post(where, reply_message(reply, text), reply.request_id)
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError):
            await self.desk.delivery_failed(reply.request_id)
            raise
        if reply.review:
            await post_card(self.client, self.desk, self.reviewers_channel, reply.review)

    async def escalate(self, value: str, where: Conversation) -> None:
        """Hand the question in a button's value to a person, and say so in the thread."""
        request_id, _, text = value.partition("\n")
        review = await self.desk.escalate(request_id, text, where)
        if review:
            await self.post(where, escalated_message(request_id), request_id)
            await post_card(self.client, self.desk, self.reviewers_channel, review)

    async def post(self, where: Conversation, message: SlackMessage, request_id: str) -> None:
        """Post a message into the thread of the question."""
        await self.client.chat_postMessage(
            channel=where.channel_id,
            thread_ts=where.thread_id or None,
            text=message.text,
            blocks=list(message.blocks),
            metadata={"event_type": "citedesk_reply", "event_payload": {"request_id": request_id}},
            unfurl_links=False,
            unfurl_media=False,
        )

    async def recover(self) -> None:
        """Answer what was received before a restart and not answered."""
        for payload in await self.desk.store.unfinished():
            _log.warning("event_recovered")
            await self.answer(json.loads(payload))

    async def _show_working(self, where: Conversation) -> None:
        # A nicety that a workspace may lack (scope, plan, method); the answer does not depend on it.
        try:
            await self.client.assistant_threads_setStatus(
                channel_id=where.channel_id, thread_ts=where.thread_id, status=CHECKING
            )
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            _log.info("status_not_shown", error=type(error).__name__)

    async def _apologise(self, question: ChatQuestion) -> None:
        try:
            await self.post(question.where, SlackMessage(_SORRY, ()), question.keys[0])
        except Exception as error:  # noqa: BLE001 - Slack itself is out of reach; the log is what is left
            _log.error("apology_failed", key=question.keys[0], error=type(error).__name__)


def conversation_of(body: Mapping[str, Any]) -> Conversation:
    """Return where a pressed button stands."""
    message = body.get("message") or {}
    # What only one person saw is continued in a direct message, never in the channel below it.
    hidden = bool((body.get("container") or {}).get("is_ephemeral"))
    channel = str(body["user"]["id"] if hidden else body["channel"]["id"])
    return Conversation(
        surface=SURFACE,
        tenant_id=str((body.get("team") or {}).get("id") or ""),
        user_id=str(body["user"]["id"]),
        channel_id=channel,
        thread_id="" if hidden else str(message.get("thread_ts") or message.get("ts") or ""),
        private=hidden or channel.startswith("D"),
    )
