"""The one thing that each service's module does: list the articles that there are."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from index.reading.fetching.client import RefusedError
from index.reading.formats.synced import Form


@dataclass(frozen=True, slots=True)
class Article:
    """One article that a service lists. `version` changes whenever the article does.

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

    def articles(self, known: Collection[str]) -> AsyncGenerator[Article, None]:
        """Yield every article that there is; what is not yielded is deleted. `known` are the keys of the last sync.

        Raises UnreachableError or RefusedError if the listing is not whole: nothing is deleted then.
        """
        ...


def day(moment: str) -> str | None:
    """Return the day of an ISO 8601 date and time; None if it is none."""
    try:
        return date.fromisoformat(moment[:10]).isoformat()
    except ValueError:
        return None
