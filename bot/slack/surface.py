"""What the listeners share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.boards import Boards
from bot.desk import Desk
from bot.operations import Operations
from bot.review_desk import ReviewDesk
from bot.slack.answering import Answering
from bot.slack.clients import Workspaces
from bot.slack.directory import SlackDirectory
from bot.slack.events import team_of
from bot.slack.optional import Niceties


@dataclass(frozen=True, slots=True)
class Surface:
    """The use cases, the workspaces, and how to wake the workers."""

    desk: Desk
    reviews: ReviewDesk
    operations: Operations
    workspaces: Workspaces
    directory: SlackDirectory
    niceties: Niceties
    boards: Boards
    answering: Answering
    prompts: Sequence[Mapping[str, str]]
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]

    async def client(self, body: Mapping[str, Any]) -> AsyncWebClient:
        """Return the client of the workspace that a payload comes from."""
        return await self.workspaces.client(team_of(body))
