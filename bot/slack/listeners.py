"""Bolt listeners: each unpacks a payload, calls a use case and replies."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.questions import request_id_of
from bot.settings import SlackSettings
from bot.slack import commands, feedback, gap_actions, home, proposals, review_actions
from bot.slack.best_effort import error_of
from bot.slack.blocks import ESCALATE, FEEDBACK
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.gap_views import DRAFT_ARTICLE, GAP_ANSWERED, WRITE_ANSWER
from bot.slack.home_blocks import CLAIM_SELECTED, FILTER, HOME_REINDEX, NEXT, PREVIOUS, REJECT_SELECTED, SELECTED
from bot.slack.intake import ASKED_BEFORE, CHANGED, build_intake
from bot.slack.payloads import (
    ASK_ABOUT_THIS,
    ASK_PRIVATELY,
    COMMAND,
    HOME_EXAMPLES,
    RETRY,
    SUGGESTED,
    question_in_command,
    team_of,
)
from bot.slack.review_cards import APPROVE, ASK_BACK, CLAIM, DRAFT_AGAIN, EDIT, REJECT, SHOW, TAKE_OVER
from bot.slack.review_modals import APPROVED, ASKED_BACK, EDITED, REJECTED, REJECTED_MANY
from bot.slack.services import SlackServices
from bot.store.records import Review
from bot.surfaces.running_questions import stop
from bot.surfaces.waiting import show_change

# Slack waits three seconds, and the acknowledgement takes its time on the way.
_ACK_S = 2.0
_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)
Act = Callable[[SlackServices, Mapping[str, Any]], Coroutine[Any, Any, None]]
Submit = Callable[[SlackServices, AsyncAck, Mapping[str, Any]], Coroutine[Any, Any, None]]


def build_bolt(
    settings: SlackSettings, client: AsyncWebClient, slack: SlackServices, oauth: AsyncOAuthSettings | None = None
) -> AsyncApp:
    """Return the Bolt app with every listener. Without `oauth` it has no install page."""
    app = AsyncApp(
        name="citedesk",  # without a name Bolt inspects the call stack for a file name
        client=client,
        authorize=_Authorize(slack.workspaces),  # type: ignore[arg-type]
        signing_secret=settings.signing_secret.get_secret_value() if settings.signing_secret else "",
        request_verification_enabled=settings.signing_secret is not None,
        attaching_conversation_kwargs_enabled=False,
        user_facing_authorize_error_message=slack.languages.words()("stranger"),
        oauth_settings=oauth,
    )
    app.middleware(build_intake(slack))
    app.error(_on_failure(slack))
    _listen_for_questions(app, slack)
    _listen_for_presses(app, slack)
    _listen_for_decisions(app, slack)
    _listen_for_modals(app, slack)
    _listen_for_home(app, slack)
    return app


class _Authorize(AsyncAuthorize):
    """Tells Bolt the bot's identity from `workspaces`. Bolt's default asks Slack, before the acknowledgement."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(self, *, team_id: str | None, enterprise_id: str | None, **_: object) -> AuthorizeResult | None:
        """Return the bot's identity in a workspace; None for a foreign workspace."""
        try:
            client = await self._workspaces.client(team_id or "")
            bot_user_id = await self._workspaces.bot_user_id(team_id or "")
        except ForeignWorkspaceError:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_user_id=bot_user_id, bot_token=client.token
        )


def _listen_for_questions(app: AsyncApp, slack: SlackServices) -> None:
    async def on_message(body: dict[str, Any], context: AsyncBoltContext) -> None:
        # The intake has stored questions, edits and deletions. Cards to update and replies below cards are left.
        if changed := context.get(CHANGED):
            await show_change(slack.reviews, slack.boards, *changed)
        elif proposal := proposals.proposal_of(body):
            await proposals.propose(slack, proposal)

    async def on_stop(body: dict[str, Any]) -> None:
        event = body["event"]
        channel, thread, user = (str(event.get(name)) for name in ("channel", "thread_ts", "user"))
        await stop(slack.questions.store, team_of(body), channel, thread, user)

    async def on_members(body: dict[str, Any]) -> None:
        slack.membership.forget(team_of(body), str(body["event"].get("channel")))

    async def on_command(ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if question_in_command(str(command.get("text") or "")) is None:
            await commands.handle(slack, command, respond)

    app.event("app_mention")(on_message)
    app.event("message")(on_message)
    app.event("agent_session_stopped")(on_stop)
    app.event("member_joined_channel")(on_members)
    app.event("member_left_channel")(on_members)
    app.shortcut(ASK_ABOUT_THIS)(_acknowledge)
    app.command(COMMAND)(on_command)


def _listen_for_presses(app: AsyncApp, slack: SlackServices) -> None:
    async def on_escalate(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        review = await _acknowledged_in_time(ack, _escalated(slack, body))
        slack.wake_outbox()
        if review is None:
            await _tell(respond, (await slack.words_for(body))("escalated-before"))
        elif review.joined:
            await slack.boards.refresh(review)

    # The intake has put the questions of these buttons into the inbox.
    async def on_question(
        ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, respond: AsyncRespond
    ) -> None:
        await ack()
        if context.get(ASKED_BEFORE):
            await _tell(respond, (await slack.words_for(body))("asked-already"))

    for action_id in (RETRY, ASK_PRIVATELY, *SUGGESTED, *HOME_EXAMPLES):
        app.action(action_id)(on_question)
    app.action(ESCALATE)(on_escalate)
    app.action(FEEDBACK)(_on_press(slack, feedback.button_pressed))


async def _escalated(slack: SlackServices, body: Mapping[str, Any]) -> Review | None:
    request_id, _, text = str(body["actions"][0]["value"]).partition("\n")
    request_id = request_id or request_id_of(text)
    asked = await slack.pressed_question(request_id, text, body)
    return await slack.questions.escalate(request_id, asked, slack.boards.escalated)


def _listen_for_decisions(app: AsyncApp, slack: SlackServices) -> None:
    app.action(APPROVE)(_on_press(slack, review_actions.approve))
    for action_id in (proposals.SEND, proposals.SEND_ANYWAY):
        app.action(action_id)(_on_press(slack, proposals.send))
    app.action(proposals.DISCARD)(_on_press(slack, proposals.discard))
    app.action(DRAFT_AGAIN)(_on_press(slack, review_actions.draft_again))
    for action_id in (SHOW, EDIT, REJECT, ASK_BACK):
        app.action(action_id)(_on_press(slack, review_actions.open_modal))
    app.action(DRAFT_ARTICLE)(_on_press(slack, gap_actions.draft_article))
    app.action(WRITE_ANSWER)(_on_press(slack, gap_actions.open_form))
    app.action(CLAIM)(_on_press(slack, lambda s, body: review_actions.claim(s, body, take_over=False)))
    app.action(TAKE_OVER)(_on_press(slack, lambda s, body: review_actions.claim(s, body, take_over=True)))


def _listen_for_modals(app: AsyncApp, slack: SlackServices) -> None:
    for callback_id, submit in (
        (APPROVED, review_actions.submit_approval),
        (EDITED, review_actions.submit_edit),
        (REJECTED, review_actions.submit_rejection),
        (REJECTED_MANY, review_actions.submit_rejections),
        (ASKED_BACK, review_actions.submit_question),
        (feedback.REASON_GIVEN, feedback.reason_given),
        (GAP_ANSWERED, gap_actions.submit_answer),
    ):
        app.view(callback_id)(_on_submit(slack, submit))


def _on_submit(slack: SlackServices, submit: Submit) -> Callable[..., Coroutine[Any, Any, None]]:
    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await submit(slack, ack, body)

    return listener


def _listen_for_home(app: AsyncApp, slack: SlackServices) -> None:
    async def on_opened(body: dict[str, Any]) -> None:
        if body["event"].get("tab") == "messages":
            await _suggest_prompts(slack, body)
        else:
            await home.publish(slack, team_of(body), str(body["event"].get("user")))

    async def on_filter(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await home.refresh(slack, body)

    app.event("app_home_opened")(on_opened)
    for action_id in (FILTER, PREVIOUS, NEXT):
        app.action(action_id)(on_filter)
    app.action(SELECTED)(_acknowledge)
    app.action(HOME_REINDEX)(_on_press(slack, _reindex))
    app.action(CLAIM_SELECTED)(
        _on_press(slack, lambda s, body: review_actions.claim_many(s, body, home.selected(body)))
    )
    app.action(REJECT_SELECTED)(
        _on_press(slack, lambda s, body: review_actions.reject_many(s, body, home.selected(body)))
    )


async def _suggest_prompts(slack: SlackServices, body: Mapping[str, Any]) -> None:
    event, team = body["event"], team_of(body)
    client, words = await slack.client(body), await slack.words_of(team, str(event.get("user")))
    # The agent view ignores a call that has thread_ts.
    await slack.best_effort.call(
        team,
        "assistant.threads.setSuggestedPrompts",
        lambda: client.assistant_threads_setSuggestedPrompts(
            channel_id=str(event.get("channel")),
            title=words("prompts-title"),
            prompts=[dict(prompt) for prompt in slack.prompts],
        ),
    )


async def _reindex(slack: SlackServices, body: Mapping[str, Any]) -> None:
    client, user_id = await slack.client(body), str(body["user"]["id"])

    async def tell(text: str, **rest: Any) -> None:  # noqa: ANN401 - passed on
        await client.chat_postMessage(channel=user_id, text=text, **rest)

    await commands.handle(slack, {"text": "reindex", "user_id": user_id, "team_id": team_of(body)}, tell)
    await home.refresh(slack, body)


def _on_press(slack: SlackServices, act: Act) -> Callable[..., Coroutine[Any, Any, None]]:
    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await act(slack, body)

    return listener


async def _acknowledged_in_time(ack: AsyncAck, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what `work` returns. Acknowledge once it is done, or earlier if it takes long."""
    task = asyncio.create_task(work)
    await asyncio.wait([task], timeout=_ACK_S)
    await ack()
    return await task


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


async def _tell(respond: AsyncRespond, text: str) -> None:
    """Tell the person who pressed a button or typed a command, and nobody else."""
    await respond(text=text, response_type="ephemeral", replace_original=False)


def _on_failure(slack: SlackServices) -> Callable[..., Coroutine[Any, Any, None]]:
    async def failed(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Log an unexpected error, and tell the person who waits if the payload has a response URL."""
        # The message of an exception may hold a payload, so it is not logged.
        reason = error_of(error) if isinstance(error, SlackApiError) else None
        _log.error("listener_failed", error=type(error).__name__, reason=reason, kind=body.get("type"))
        if body.get("response_url"):
            await _tell(respond, (await slack.words_for(body))("failed"))

    return failed
