"""Bolt listeners: they unpack, call and reply, nothing else."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.settings import SlackSettings
from bot.slack import commands, reviewing
from bot.slack.conversation import Slack, conversation_of
from bot.slack.events import question_in
from bot.slack.render import ESCALATE, FEEDBACK, RETRY
from bot.slack.review_blocks import APPROVE, EDIT, EDITED, REJECT, REJECTED

_log = structlog.get_logger(__name__)
COMMAND = "/citedesk"
_SORRY = "Something went wrong on our side, and nothing was done. Please try again."


def build_client(settings: SlackSettings, token: str | None) -> AsyncWebClient:
    """Return a Web API client. It repeats a call only after 429, where Slack has surely done nothing."""
    return AsyncWebClient(
        token=token,
        base_url=str(settings.api_url),
        timeout=int(settings.timeout_s),
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )


def build_bolt(settings: SlackSettings, client: AsyncWebClient, slack: Slack) -> AsyncApp:
    """Return the Bolt app with every listener."""
    app = AsyncApp(
        client=client,
        signing_secret=settings.signing_secret.get_secret_value() if settings.signing_secret else "",
        request_verification_enabled=settings.signing_secret is not None,
        attaching_conversation_kwargs_enabled=False,
    )
    app.middleware(_remember(slack.desk))
    app.error(_failed)
    _listen_for_questions(app, slack)
    _listen_for_reviewers(app, slack)
    return app


def _remember(desk: Desk) -> Callable[..., Awaitable[BoltResponse]]:
    """Return the middleware that stores a question before Slack gets its acknowledgement.

    If storing fails, Bolt answers 500 and Slack delivers again; a question known already ends here.
    """

    async def remember(body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        question = question_in(body) if body.get("type") == "event_callback" else None
        if question and not await desk.store.claim(question.keys, json.dumps(body)):
            _log.info("redelivery_dropped", key=question.keys[0])
            return BoltResponse(status=200, body="")
        return await next_()

    return remember


def _listen_for_questions(app: AsyncApp, slack: Slack) -> None:
    async def on_question(body: dict[str, Any]) -> None:
        await slack.answer(body)

    async def on_escalate(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await slack.escalate(body["actions"][0]["value"], conversation_of(body))

    async def on_retry(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await slack.respond(body["actions"][0]["value"].partition("\n")[2], conversation_of(body))

    async def on_feedback(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        request_id, _, judgement = body["actions"][0]["value"].rpartition(":")
        await slack.desk.give_feedback(request_id, body["user"]["id"], helpful=judgement == "up")
        await respond(text="Thanks, noted.", response_type="ephemeral", replace_original=False)

    async def on_command(ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        await commands.handle(slack, command, respond)

    app.event("app_mention")(on_question)
    app.event("message")(on_question)
    app.action(ESCALATE)(on_escalate)
    app.action(RETRY)(on_retry)
    app.action(FEEDBACK)(on_feedback)
    app.command(COMMAND)(on_command)


def _listen_for_reviewers(app: AsyncApp, slack: Slack) -> None:
    async def on_approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await reviewing.approve(slack, body)

    async def on_edit(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await reviewing.open_modal(slack, body, edit=True)

    async def on_reject(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await reviewing.open_modal(slack, body, edit=False)

    async def on_submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        await reviewing.submit_modal(slack, ack, body)

    app.action(APPROVE)(on_approve)
    app.action(EDIT)(on_edit)
    app.action(REJECT)(on_reject)
    app.view(EDITED)(on_submit)
    app.view(REJECTED)(on_submit)


async def _failed(error: Exception, body: Mapping[str, Any], respond: AsyncRespond) -> None:
    """Log what a listener did not expect, and tell the person who waits: no silence."""
    # Never the message of an exception: it may hold a payload.
    reason = error.response.get("error") if isinstance(error, SlackApiError) else None
    _log.error("listener_failed", error=type(error).__name__, reason=reason, kind=body.get("type"))
    if body.get("response_url"):
        await respond(text=_SORRY, response_type="ephemeral", replace_original=False)
