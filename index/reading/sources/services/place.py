"""Where a service stands, and what is read there. Loads no HTTP client, so that serving needs none."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from index.access import EVERYONE

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
