"""User groups and channel members from Slack. If Slack cannot be asked, nobody counts as a member."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.settings import AccessSettings
from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.payloads import direct_conversation
from bot.slack.text import is_slack_id
from bot.store.records import Conversation
from bot.surfaces.membership import NOBODY, Members, MembersCache, PeopleCache, Person, shared_audience

_log = structlog.get_logger(__name__)
_PAGE = 200
_LOCALE_S = 1.0
_LOOKUP_ERRORS = (*CALL_ERRORS, ForeignWorkspaceError)


class SlackMembership:
    """`bot.desk.questions.Directory` over Slack's user groups and channel members."""

    def __init__(
        self, workspaces: Workspaces, access: AccessSettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._workspaces = workspaces
        self._access = access
        self._cache = MembersCache(access.refresh_s, _LOOKUP_ERRORS, now)
        self._people = PeopleCache(access.refresh_s, _LOOKUP_ERRORS, now)

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the names in `access.slack_groups` of the user groups that this person is in."""
        if not is_slack_id(user_id):
            return NOBODY
        # A question of another chat product has that product's tenant; its reviewers here are in our only workspace.
        workspace_id = self._workspaces.only or tenant_id
        return frozenset(
            [
                name
                for name, usergroup in self._access.slack_groups.items()
                if user_id in (await self._members_of_group(workspace_id, usergroup) or NOBODY)
            ]
        )

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that every reader of a conversation is in; None if only the asker reads it."""
        return await shared_audience(where, self._access, self.groups_of, self._members_of_channel)

    async def person(self, where: Conversation) -> Person:
        """Return why the person who writes here gets no answer, if so, and their locale.

        Guests get none unless the settings name them. Without the scope `users:read` nobody counts as a guest.
        """
        return await self._people.person(where, self._looked_up)

    async def locale(self, tenant_id: str, user_id: str) -> str:
        """Return the locale of a person, such as de-DE; "" if Slack does not tell it, or not soon."""
        if not is_slack_id(user_id):
            return ""
        where = direct_conversation(tenant_id, user_id)
        try:
            # Slack waits three seconds for the acknowledgement of a button and for the opening of a modal.
            async with asyncio.timeout(_LOCALE_S):
                return (await self.person(where)).locale
        except TimeoutError:
            return ""

    async def _looked_up(self, where: Conversation) -> Person:
        client = await self._workspaces.client(where.tenant_id)
        try:
            person = (await client.users_info(user=where.user_id, include_locale=True))["user"]
        except SlackApiError as error:
            if error_of(error) != "missing_scope":
                raise
            _log.error("guests_not_told_apart", missing_scope="users:read")
            return Person()
        locale = str(person.get("locale") or "")
        teams = {person.get("team_id"), *((person.get("enterprise_user") or {}).get("teams") or ())}
        if person.get("is_stranger") or not any([await self._workspaces.serves(str(team)) for team in teams]):
            return Person(refusal="stranger", locale=locale)
        is_guest = person.get("is_restricted") or person.get("is_ultra_restricted")
        refusal = "guest" if is_guest and not self._access.names(where.user_id) else ""
        return Person(refusal, locale)

    def forget(self, tenant_id: str, name: str) -> None:
        """Drop the cached members of a channel or a user group, because they have changed."""
        self._cache.forget(tenant_id, name)

    async def _members_of_group(self, tenant_id: str, usergroup: str) -> Members:
        async def ask() -> frozenset[str]:
            client = await self._workspaces.client(tenant_id)
            found = await client.usergroups_users_list(usergroup=usergroup)
            return frozenset(map(str, found["users"]))

        return await self._cache.members(tenant_id, usergroup, ask)

    async def _members_of_channel(self, where: Conversation) -> Members:
        """Return the members of a channel without the bot.

        None if Slack cannot be asked, if there are more than `access.audience_members_max`, if the channel is, or is
        about to be, shared with another organization: only events say so, the payload of a button does not, or if it is
        public: the whole workspace reads it without joining.
        """
        tenant_id, channel_id = where.tenant_id, where.channel_id

        async def ask() -> Members:
            client = await self._workspaces.client(tenant_id)
            channel = (await client.conversations_info(channel=channel_id))["channel"]
            if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
                return None
            if self._access.public_channels == "workspace" and not self._is_closed(channel):
                return None
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

        return await self._cache.members(tenant_id, channel_id, ask)

    @staticmethod
    def _is_closed(channel: Mapping[str, Any]) -> bool:
        """Tell whether only the members of a conversation can read it."""
        return any(bool(channel.get(kind)) for kind in ("is_private", "is_im", "is_mpim"))
