"""Entra groups and members of conversations, read from Microsoft. After a failure the members count as nobody."""

import time
from collections.abc import Callable

import aiohttp

from bot.settings import AccessSettings
from bot.store.records import Conversation
from bot.surfaces.membership import NOBODY, Members, MembersCache, PeopleCache, Person, shared_audience
from bot.teams.connector import Connector
from bot.teams.graph import Graph

_API_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError, AttributeError)


class TeamsMembership:
    """`bot.desk.questions.Directory` for Teams: Entra groups and the members of conversations."""

    def __init__(
        self, connector: Connector, graph: Graph, access: AccessSettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._connector, self._graph, self._access = connector, graph, access
        self._cache = MembersCache(access.refresh_s, _API_ERRORS, now)
        self._people = PeopleCache(access.refresh_s, _API_ERRORS, now)

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:  # noqa: ARG002 - one directory
        """Return the names of the groups in `access.entra_groups` that hold this person, nested groups included."""
        names = [
            name
            for name, group_id in self._access.entra_groups.items()
            if user_id in (await self._members_of_group(group_id) or NOBODY)
        ]
        return frozenset(names)

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that every reader of the conversation is in; None for a personal chat."""
        return await shared_audience(where, self._access, self.groups_of, self._members_of_conversation)

    async def refusal(self, where: Conversation) -> str:
        """Return the message that says why the person who writes here gets no answer; "" if they get one.

        People of another directory get none, nor do guests unless the settings name them.
        """
        return (await self._people.person(where, self._looked_up)).refusal

    async def _looked_up(self, where: Conversation) -> Person:
        member = await self._connector.member(where.service_url, where.channel_id, where.user_id)
        if member.tenant_id not in {"", where.tenant_id}:
            return Person(refusal="stranger")
        return Person(refusal="guest" if member.is_guest and not self._access.names(where.user_id) else "")

    def forget(self, tenant_id: str, channel_id: str) -> None:
        """Drop the cached members of a conversation, because they have changed."""
        self._cache.forget(tenant_id, channel_id)

    async def _members_of_group(self, group_id: str) -> Members:
        async def ask() -> Members:
            return await self._graph.members(group_id)

        return await self._cache.members("", group_id, ask)

    async def _members_of_conversation(self, where: Conversation) -> Members:
        async def ask() -> Members:
            return await self._connector.members(
                where.service_url, where.channel_id, self._access.audience_members_max, where.tenant_id
            )

        return await self._cache.members(where.tenant_id, where.channel_id, ask)
