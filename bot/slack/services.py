"""The objects that Slack's listeners call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.desk.operations import Operations
from bot.desk.questions import QuestionDesk
from bot.desk.reviews import ReviewDesk
from bot.slack.best_effort import BestEffortCalls
from bot.slack.clients import Workspaces
from bot.slack.membership import SlackMembership
from bot.slack.payloads import team_of
from bot.surfaces.review_board import Boards
from bot.surfaces.running_questions import RunningQuestions


@dataclass(frozen=True, slots=True)
class SlackServices:
    """The use cases, the workspaces, and how to wake the workers.

    `prompts` are the questions suggested in the agent view, each with `title` and `message`.
    """

    questions: QuestionDesk
    reviews: ReviewDesk
    operations: Operations
    workspaces: Workspaces
    membership: SlackMembership
    best_effort: BestEffortCalls
    boards: Boards
    running: RunningQuestions
    prompts: Sequence[Mapping[str, str]]
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]

    async def client(self, body: Mapping[str, Any]) -> AsyncWebClient:
        """Return a client for the workspace that a payload comes from. Raises ForeignWorkspaceError."""
        return await self.workspaces.client(team_of(body))
