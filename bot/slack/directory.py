"""Who is in which group and who reads a channel, asked of Slack and remembered for a while. Fails closed."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.settings import AccessSettings
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.store.records import Conversation

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_NOBODY: frozenset[str] = frozenset()
_PAGE = 200


class SlackDirectory:
    """A directory over Slack's user groups and channel members. What cannot be found out counts as nobody."""

    def __init__(
        self, workspaces: Workspaces, access: AccessSettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._workspaces = workspaces
        self._access = access
        self._now = now
        self._known: dict[tuple[str, str], tuple[float, frozenset[str] | None]] = {}

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the groups whose Slack user group holds this person."""
        return frozenset(
            [
                name
                for name, usergroup in self._access.slack_groups.items()
                if user_id in (await self._members_of_group(tenant_id, usergroup) or _NOBODY)
            ]
        )

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that everybody who reads there is in; None when the asker alone reads."""
        if where.private:
            return None
        if where.shared_outside or not (self._access.slack_groups or self._access.groups):
            return _NOBODY
        members = await self._members_of_channel(where.tenant_id, where.channel_id)
        if not members:
            return _NOBODY
        shared: frozenset[str] | None = None
        for user_id in sorted(members):
            groups = self._access.groups_of(user_id) | await self.groups_of(where.tenant_id, user_id)
            shared = groups if shared is None else shared & groups
            if not shared:
                break
        return shared or _NOBODY

    def forget(self, tenant_id: str, name: str) -> None:
        """Ask anew next time: the members of a channel or a group have changed."""
        self._known.pop((tenant_id, name), None)

    async def _members_of_group(self, tenant_id: str, usergroup: str) -> frozenset[str] | None:
        async def ask() -> frozenset[str]:
            client = await self._workspaces.client(tenant_id)
            found = await client.usergroups_users_list(usergroup=usergroup)
            return frozenset(map(str, found["users"]))

        return await self._remembered(tenant_id, usergroup, ask)

    async def _members_of_channel(self, tenant_id: str, channel_id: str) -> frozenset[str] | None:
        """Return who reads a channel, without the bot; None if it cannot be told or too many do."""

        async def ask() -> frozenset[str] | None:
            client = await self._workspaces.client(tenant_id)
            members: set[str] = set()
            cursor = ""
            while True:
                page = await client.conversations_members(channel=channel_id, cursor=cursor or None, limit=_PAGE)
                members.update(map(str, page["members"]))
                cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
                if len(members) > self._access.audience_members_max:
                    return None
                if not cursor:
                    return frozenset(members) - {await self._workspaces.bot_user_id(tenant_id)}

        return await self._remembered(tenant_id, channel_id, ask)

    async def _remembered(
        self, tenant_id: str, name: str, ask: Callable[[], Awaitable[frozenset[str] | None]]
    ) -> frozenset[str] | None:
        known = self._known.get((tenant_id, name))
        if known and self._now() - known[0] < self._access.refresh_s:
            return known[1]
        try:
            members = await ask()
        except (SlackApiError, ForeignWorkspaceError, aiohttp.ClientError, OSError, TimeoutError) as error:
            _log.warning("members_unknown", name=name, error=type(error).__name__)
            members = None
        self._known[tenant_id, name] = (self._now(), members)
        return members
