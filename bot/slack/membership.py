"""User groups and channel members, asked of Slack. A failure counts as nobody."""

import time
from collections.abc import Callable

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.settings import AccessSettings
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.text import is_slack_id
from bot.store.records import Conversation
from bot.surfaces.membership import NOBODY, Members, MembersCache, shared_audience

_PAGE = 200
_TROUBLE = (SlackApiError, ForeignWorkspaceError, aiohttp.ClientError, OSError, TimeoutError)


class SlackMembership:
    """`bot.desk.questions.Directory` over Slack's user groups and channel members."""

    def __init__(
        self, workspaces: Workspaces, access: AccessSettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._workspaces = workspaces
        self._access = access
        self._known = MembersCache(access.refresh_s, _TROUBLE, now)

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the groups whose Slack user group holds this person."""
        if not is_slack_id(user_id):
            return NOBODY
        # Who reviews a question of another chat product does so as a member of our only workspace.
        home = self._workspaces.only or tenant_id
        return frozenset(
            [
                name
                for name, usergroup in self._access.slack_groups.items()
                if user_id in (await self._members_of_group(home, usergroup) or NOBODY)
            ]
        )

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that everybody who reads there is in; None when the asker alone reads."""
        return await shared_audience(where, self._access, self.groups_of, self._members_of_channel)

    def forget(self, tenant_id: str, name: str) -> None:
        """Ask again next time: the members of a channel or a group have changed."""
        self._known.forget(tenant_id, name)

    async def _members_of_group(self, tenant_id: str, usergroup: str) -> Members:
        async def ask() -> frozenset[str]:
            client = await self._workspaces.client(tenant_id)
            found = await client.usergroups_users_list(usergroup=usergroup)
            return frozenset(map(str, found["users"]))

        return await self._known.members(tenant_id, usergroup, ask)

    async def _members_of_channel(self, where: Conversation) -> Members:
        """Return who reads a channel, without the bot; None if it cannot be told or too many do."""
        tenant_id, channel_id = where.tenant_id, where.channel_id

        async def ask() -> Members:
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

        return await self._known.members(tenant_id, channel_id, ask)
