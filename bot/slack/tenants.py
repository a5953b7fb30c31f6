"""Slack workspaces of the tenants that are apart: which ones a tenant has, and whose services handle a payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import is_workspace
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.payloads import team_of
from bot.slack.services import SlackServices
from bot.store.records import Scope


class SomeWorkspaces:
    """`Workspaces` of some tenants; to them all others are foreign."""

    def __init__(self, workspaces: Workspaces, scope: Scope) -> None:
        self._workspaces, self._scope = workspaces, scope
        own = [tenant_id for tenant_id in scope.ids if is_workspace(tenant_id)]
        shared = workspaces.only if scope.has(workspaces.only) else ""
        self.only = shared if scope.others or len(own) != 1 else own[0]

    async def client(self, tenant_id: str) -> AsyncWebClient:
        """Return a client with the token of a workspace. Raises ForeignWorkspaceError."""
        if not self._scope.has(tenant_id):
            raise ForeignWorkspaceError(tenant_id)
        return await self._workspaces.client(tenant_id)

    async def bot_user_id(self, tenant_id: str) -> str:
        """Return the bot's user id in a workspace. Raises ForeignWorkspaceError."""
        if not self._scope.has(tenant_id):
            raise ForeignWorkspaceError(tenant_id)
        return await self._workspaces.bot_user_id(tenant_id)

    async def serves(self, tenant_id: str) -> bool:
        """Tell whether people of a workspace may ask, review and give commands."""
        return self._scope.has(tenant_id) and await self._workspaces.serves(tenant_id)


@dataclass(frozen=True, slots=True)
class SlackDesks:
    """The services of the top level of the settings, and those of tenants by the ids of their workspaces.

    `workspaces` are those of all.
    """

    top: SlackServices
    workspaces: Workspaces
    tenants: Mapping[str, SlackServices]

    def of(self, body: Mapping[str, Any]) -> SlackServices:
        """Return the services for the workspace that a payload comes from.

        Whoever else the payload names must belong to the same ones: see `bot.slack.strangers`.
        """
        return self.tenants.get(team_of(body), self.top)
