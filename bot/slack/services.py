"""The objects that Slack's listeners call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.operations import Operations
from bot.desk.presses import PressLimits
from bot.desk.questions import QuestionDesk
from bot.desk.reviews import ReviewDesk
from bot.slack.best_effort import BestEffortCalls
from bot.slack.clients import Workspaces
from bot.slack.membership import SlackMembership
from bot.slack.payloads import conversation_of, team_of
from bot.store.records import Asked
from bot.surfaces.review_board import Boards
from bot.surfaces.words import Languages, Words


@dataclass(frozen=True, slots=True)
class SlackServices:
    """The use cases, the workspaces, and how to wake the workers.

    `prompts` are the questions suggested in the agent view, each with `title` and `message`. `languages` chooses the
    language of texts.
    """

    questions: QuestionDesk
    reviews: ReviewDesk
    operations: Operations
    presses: PressLimits
    workspaces: Workspaces
    membership: SlackMembership
    best_effort: BestEffortCalls
    boards: Boards
    prompts: Sequence[Mapping[str, str]]
    languages: Languages
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]

    async def client(self, body: Mapping[str, Any]) -> AsyncWebClient:
        """Return a client for the workspace that a payload comes from. Raises ForeignWorkspaceError."""
        return await self.workspaces.client(team_of(body))

    async def words_of(self, tenant_id: str, user_id: str) -> Words:
        """Return the texts in the language of a person."""
        return self.languages.words(await self.membership.locale(tenant_id, user_id))

    async def words_for(self, body: Mapping[str, Any]) -> Words:
        """Return the texts in the language of whoever caused a payload of a button, a modal or a command."""
        user_id = (body.get("user") or {}).get("id") or body.get("user_id")
        return await self.words_of(team_of(body), str(user_id or ""))

    async def pressed_question(self, request_id: str, text: str, body: Mapping[str, Any]) -> Asked:
        """Return the question of a pressed button as its asker's and in their language, whoever pressed it."""
        asked = await self.questions.by_its_asker(request_id, Asked(text=text, where=conversation_of(body)))
        language = await self.membership.locale(asked.where.tenant_id, asked.where.user_id)
        return asked.model_copy(update={"where": asked.where.model_copy(update={"language": language})})
