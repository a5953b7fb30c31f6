"""Entra groups and members of conversations, asked of Microsoft. A failure counts as nobody."""

import time
from collections.abc import Callable

import aiohttp
from pydantic import ValidationError

from bot.settings import AccessSettings
from bot.store.records import Conversation
from bot.surfaces.membership import NOBODY, Members, MembersCache, shared_audience
from bot.teams.connector import Connector
from bot.teams.graph import Graph

_TROUBLE = (aiohttp.ClientError, OSError, TimeoutError, ValueError, ValidationError)


class TeamsMembership:
    """`bot.desk.questions.Directory` over Entra groups and the members of Teams' conversations."""

    def __init__(
        self, connector: Connector, graph: Graph, access: AccessSettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._connector, self._graph, self._access = connector, graph, access
        self._known = MembersCache(access.refresh_s, _TROUBLE, now)

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:  # noqa: ARG002 - one directory
        """Return the groups whose Entra group holds this person, directly or through another group."""
        held = [
            name
            for name, group_id in self._access.entra_groups.items()
            if user_id in (await self._members_of_group(group_id) or NOBODY)
        ]
        return frozenset(held)

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that every reader of the conversation is in; None when only the asker reads it."""
        return await shared_audience(where, self._access, self.groups_of, self._members_of_conversation)

    def forget(self, tenant_id: str, channel_id: str) -> None:
        """Ask again next time: the members of a conversation have changed."""
        self._known.forget(tenant_id, channel_id)

    async def _members_of_group(self, group_id: str) -> Members:
        async def ask() -> Members:
            return await self._graph.members(group_id)

        return await self._known.members("", group_id, ask)

    async def _members_of_conversation(self, where: Conversation) -> Members:
        async def ask() -> Members:
            return await self._connector.members(where.service_url, where.channel_id, self._access.audience_members_max)

        return await self._known.members(where.tenant_id, where.channel_id, ask)
