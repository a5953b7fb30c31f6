"""What a service is: where it stands, and the one thing that each service's module does."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol

from index.access import EVERYONE
from index.reading.fetching.client import RefusedError
from index.reading.formats.synced import Form

Kind = Literal["confluence", "notion", "zendesk"]


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """A service as a place to index. The fields are as in the table `[[index.services]]`.

    `groups` maps the service's own groups to groups here. The token is not held here: `token_env` names its variable.
    """

    kind: Kind
    name: str
    url: str
    user: str = ""
    token_env: str = ""
    spaces: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    groups: dict[str, str] = field(default_factory=dict, hash=False)
    articles_max: int = 20_000

    def mapped(self, names: Collection[str]) -> frozenset[str]:
        """Return the groups here that the service's groups are mapped to; one that is not mapped gives none."""
        found = {self.groups[name] for name in names if name in self.groups}
        return frozenset({EVERYONE}) if EVERYONE in found else frozenset(found)


@dataclass(frozen=True, slots=True)
class Article:
    """One article that a service lists. `version` is another whenever the article is another.

    `readers` are the groups here that may read it; empty if `problem` says why it is left out. `body` reads its text,
    and raises GoneError if the article was deleted since it was listed. `updated` is a day as YYYY-MM-DD.
    """

    key: str
    version: str
    title: str
    url: str | None
    updated: str | None
    readers: frozenset[str]
    body: Callable[[], Awaitable[str]]
    problem: str = ""


class GoneError(RefusedError):
    """The service has no such article, or shows it to nobody any more."""


class Service(Protocol):
    """A service whose articles are indexed. A module for each implements this and nothing else."""

    @property
    def form(self) -> Form:
        """How the bodies of its articles are written."""
        ...

    def articles(self, known: Collection[str]) -> AsyncIterator[Article]:
        """Yield every article that there is; what is not yielded is deleted. `known` are the keys of the last sync.

        Raises UnreachableError or RefusedError if the listing is not whole: nothing is deleted then.
        """
        ...


def day(moment: str) -> str | None:
    """Return the day of an ISO 8601 date and time; None if it is none."""
    from datetime import date  # noqa: PLC0415

    try:
        return date.fromisoformat(moment[:10]).isoformat()
    except ValueError:
        return None
