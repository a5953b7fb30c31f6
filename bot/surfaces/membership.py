"""Group membership and audiences: asked of the chat products, cached for a while."""

import time
from collections.abc import Awaitable, Callable

import structlog

from bot.desk.questions import Directory
from bot.settings import AccessSettings
from bot.store.records import Conversation

_log = structlog.get_logger(__name__)
NOBODY: frozenset[str] = frozenset()
Members = frozenset[str] | None
Ask = Callable[[], Awaitable[Members]]


class Directories:
    """The directories of all chat products that are served.

    A product that is not registered has an empty audience: only public documents may appear there.
    """

    def __init__(self) -> None:
        self._directories: dict[str, Directory] = {}

    def add(self, surface: str, directory: Directory) -> None:
        """Ask one more chat product."""
        self._directories[surface] = directory

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the groups that a person is in, in any product."""
        groups = [await directory.groups_of(tenant_id, user_id) for directory in self._directories.values()]
        return NOBODY.union(*groups)

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that every reader of the conversation is in; None when only the asker reads it."""
        directory = self._directories.get(where.surface)
        return await directory.audience_of(where) if directory else NOBODY


class MembersCache:
    """Members of groups and conversations, asked for once in `refresh_s` seconds.

    `trouble` are the errors of the product's API: after one of them the members are unknown.
    """

    def __init__(
        self, refresh_s: float, trouble: tuple[type[Exception], ...], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._refresh_s, self._trouble, self._now = refresh_s, trouble, now
        self._known: dict[tuple[str, str], tuple[float, Members]] = {}

    async def members(self, tenant_id: str, name: str, ask: Ask) -> Members:
        """Return the members of a group or conversation; None if they are unknown."""
        known = self._known.get((tenant_id, name))
        if known and self._now() - known[0] < self._refresh_s:
            return known[1]
        try:
            members = await ask()
        except self._trouble as error:
            _log.warning("members_unknown", name=name, error=type(error).__name__)
            members = None
        self._known[tenant_id, name] = (self._now(), members)
        return members

    def forget(self, tenant_id: str, name: str) -> None:
        """Ask again next time: the members have changed."""
        self._known.pop((tenant_id, name), None)


async def shared_audience(
    where: Conversation,
    access: AccessSettings,
    groups_of: Callable[[str, str], Awaitable[frozenset[str]]],
    members_of: Callable[[Conversation], Awaitable[Members]],
) -> frozenset[str] | None:
    """Return the groups that every reader of the conversation is in; None when only the asker reads it.

    `groups_of` takes tenant and person. No group, if people of other organizations read there or the readers are
    unknown.
    """
    if where.private:
        return None
    if where.shared_outside or not access.has_groups:
        return NOBODY
    shared: frozenset[str] | None = None
    for user_id in sorted(await members_of(where) or NOBODY):
        groups = access.groups_of(user_id) | await groups_of(where.tenant_id, user_id)
        shared = groups if shared is None else shared & groups
        if not shared:
            break
    return shared or NOBODY
