"""Group memberships and audiences, read from the chat products and cached."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.desk.questions import Directory
from bot.settings import AccessSettings
from bot.store.records import Conversation

_log = structlog.get_logger(__name__)
NOBODY: frozenset[str] = frozenset()
Members = frozenset[str] | None
Ask = Callable[[], Awaitable[Members]]


class Directories:
    """`bot.desk.questions.Directory` over all chat products that are served.

    A product that is not registered has an empty audience: only public documents may appear there.
    """

    def __init__(self) -> None:
        self._directories: dict[str, Directory] = {}

    def add(self, surface: str, directory: Directory) -> None:
        """Register the directory of a chat product."""
        self._directories[surface] = directory

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the groups of a user in all chat products."""
        # A product that could not be reached at the start is added later, perhaps while this waits.
        directories = tuple(self._directories.values())
        groups = [await directory.groups_of(tenant_id, user_id) for directory in directories]
        return NOBODY.union(*groups)

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that every reader of the conversation is in; None if only the asker reads it."""
        directory = self._directories.get(where.surface)
        return await directory.audience_of(where) if directory else NOBODY


class MembersCache:
    """Members of groups and conversations, kept for `refresh_s` seconds.

    `errors` are those of the product's API. After one of them the members are unknown, also for `refresh_s` seconds.
    """

    def __init__(
        self, refresh_s: float, errors: tuple[type[Exception], ...], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._refresh_s, self._errors, self._now = refresh_s, errors, now
        self._cache: dict[tuple[str, str], tuple[float, Members]] = {}

    async def members(self, tenant_id: str, name: str, ask: Ask) -> Members:
        """Return the members of a group or conversation, fetched by `ask` if they are not cached; None if unknown."""
        cached = self._cache.get((tenant_id, name))
        if cached and self._now() - cached[0] < self._refresh_s:
            return cached[1]
        try:
            members = await ask()
        except self._errors as error:
            _log.warning("members_unknown", name=name, error=type(error).__name__)
            members = None
        self._cache[tenant_id, name] = (self._now(), members)
        return members

    def forget(self, tenant_id: str, name: str) -> None:
        """Drop cached members, because they have changed."""
        self._cache.pop((tenant_id, name), None)


@dataclass(frozen=True, slots=True)
class Person:
    """What a chat product says of a person.

    `refusal` names the message that says why they get no answer, "" if they get one. `locale` is their language as
    the product names it, such as de-DE, "" if it does not.
    """

    refusal: str = ""
    locale: str = ""


class PeopleCache:
    """What a chat product says of people, kept for `refresh_s` seconds.

    `errors` are those of the product's API. After one of them nothing is kept, and the person gets no answer.
    """

    def __init__(
        self, refresh_s: float, errors: tuple[type[Exception], ...], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._refresh_s, self._errors, self._now = refresh_s, errors, now
        self._cache: dict[tuple[str, str], tuple[float, Person]] = {}

    async def person(self, where: Conversation, look: Callable[[Conversation], Awaitable[Person]]) -> Person:
        """Return what is known of the person who writes in a conversation, as `look` finds it."""
        key = where.tenant_id, where.user_id
        if (cached := self._cache.get(key)) and self._now() - cached[0] < self._refresh_s:
            return cached[1]
        try:
            found = await look(where)
        except self._errors as error:
            _log.warning("person_unchecked", user_id=where.user_id, error=type(error).__name__)
            return Person(refusal="unchecked")
        self._cache[key] = (self._now(), found)
        return found


async def shared_audience(
    where: Conversation,
    access: AccessSettings,
    groups_of: Callable[[str, str], Awaitable[frozenset[str]]],
    members_of: Callable[[Conversation], Awaitable[Members]],
) -> frozenset[str] | None:
    """Return the groups that every reader of a conversation is in; None if only the asker reads it.

    `groups_of` takes a tenant id and a user id. Return no group if people of other organizations read the
    conversation, if its members are unknown, or if the settings have no groups.
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
