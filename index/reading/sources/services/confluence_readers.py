"""Who may read the pages of Confluence: the space, the page and all that it stands under have a say.

https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-restrictions/
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from index.access import EVERYONE
from index.reading.fetching.client import RefusedError
from index.reading.sources.services.api import Api, Form, Id
from index.reading.sources.services.place import ServicePlace

V2, _V1 = "/wiki/api/v2", "/wiki/rest/api"
PAGE_SIZE = "250"
# Where what stands over a page is read, by the type that a parent has.
_NODES = {kind: f"{kind}s" for kind in ("page", "folder", "whiteboard", "database", "embed")}
_LEVELS = 50


class Links(Form):
    """The links of a reply: to the next part of a listing, and to a page from the address of the site."""

    next: str | None = None
    base: str | None = None
    webui: str | None = None

    @property
    def cursor(self) -> str | None:
        """The cursor of the next part of a listing. The rest of the address is not used."""
        return parse_qs(urlsplit(self.next).query).get("cursor", [None])[0] if self.next else None


class Node(Form):
    """A page, folder or the like in the tree of a space."""

    id: Id
    parent_id: Id | None = Field(None, alias="parentId")
    parent_type: str | None = Field(None, alias="parentType")


class _Principal(Form):
    type: str
    id: str


class _Operation(Form):
    key: str
    target_type: str = Field(alias="targetType")


class _Permission(Form):
    principal: _Principal
    operation: _Operation


class _Permissions(Form):
    results: list[_Permission]
    links: Links = Field(Links(), alias="_links")


class _Group(Form):
    name: str
    id: str = ""


class _Groups(Form):
    results: list[_Group]
    size: int = 0


class _Users(Form):
    results: list[object]
    size: int = 0


class _Readers(Form):
    user: _Users
    group: _Groups


class _Restriction(Form):
    """Who alone may read something; everybody who may read the space if nobody is named."""

    operation: str
    restrictions: _Readers

    @property
    def is_none(self) -> bool:
        """Whether nobody is named."""
        users, groups = self.restrictions.user, self.restrictions.group
        return not (users.results or groups.results or users.size or groups.size)


@dataclass(frozen=True, slots=True)
class Readers:
    """Tells who may read a page. `nodes` are the pages and folders that are known, `limits` their limits, by id."""

    api: Api
    place: ServicePlace
    nodes: dict[str, Node] = field(default_factory=dict)
    limits: dict[str, _Restriction] = field(default_factory=dict)

    async def of_space(self, space_id: str) -> frozenset[str]:
        """Return the groups here that may read a space, by id or name of Confluence's groups."""
        ids: list[str] = []
        query = {"limit": PAGE_SIZE}
        for _ in range(_LEVELS):
            found = await self.api.get(f"{V2}/spaces/{space_id}/permissions", query, _Permissions)
            ids += [item.principal.id for item in found.results if _is_reading_group(item)]
            if (cursor := found.links.cursor) is None:
                break
            query = query | {"cursor": cursor}
        groups = [group for group_id in dict.fromkeys(ids) for group in await self._names(group_id)]
        return self.place.mapped(groups)

    async def _names(self, group_id: str) -> Sequence[str]:
        """Return the id and the name of a group: a permission holds only its id."""
        if group_id in self.place.groups:
            return [group_id]
        try:
            group = await self.api.get(f"{_V1}/group/by-id", {"id": group_id}, _Group)
        except RefusedError:
            return [group_id]
        return [group_id, group.name]

    async def of_page(self, page: Node, readers: frozenset[str], space: str) -> tuple[frozenset[str], str]:
        """Return who may read a page, or why it is left out: the space and every level of the tree have a say."""
        if not readers:
            return frozenset(), f"who may read the space {space} is no group here: name them in `groups` or `readers`"
        try:
            async for limit in self._limits(page):
                named = limit.restrictions.group.results
                allowed = self.place.mapped([word for group in named for word in (group.id, group.name) if word])
                if not allowed:
                    return frozenset(), _unmapped([group.name for group in named])
                readers = _both(readers, allowed)
        except RefusedError as error:
            return frozenset(), f"who may read it cannot be read: {error}"
        return readers, "" if readers else "no group here is named by all that limits who may read it"

    async def _limits(self, page: Node) -> AsyncIterator[_Restriction]:
        """Yield what limits the readers of a page: of itself and of all that it stands under."""
        node = page
        for _ in range(_LEVELS):
            limit = await self._limit(node.id, page)
            if not limit.is_none:
                yield limit
            if node.parent_id is None:
                return
            node = await self._node(node.parent_id, node.parent_type or "page")
        raise RefusedError(f"it stands under more than {_LEVELS} others")

    async def _limit(self, node_id: str, page: Node) -> _Restriction:
        if node_id not in self.limits:
            query = {"expand": "restrictions.user,restrictions.group"}
            path = f"{_V1}/content/{node_id}/restriction/byOperation/read"
            try:
                self.limits[node_id] = await self.api.get(path, query, _Restriction)
            except RefusedError as error:
                raise RefusedError(f"{error}{'' if node_id == page.id else f', for {node_id} above it'}") from error
        return self.limits[node_id]

    async def _node(self, node_id: str, kind: str) -> Node:
        if node_id not in self.nodes:
            if kind not in _NODES:
                raise RefusedError(f"it stands under something of the kind {kind}")
            self.nodes[node_id] = await self.api.get(f"{V2}/{_NODES[kind]}/{node_id}", {}, Node)
        return self.nodes[node_id]


def _is_reading_group(item: _Permission) -> bool:
    operation = item.operation
    return item.principal.type == "group" and (operation.key, operation.target_type) == ("read", "space")


def _both(readers: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """Return the groups that are in both sets; everyone is in any group."""
    if EVERYONE in readers:
        return allowed
    return readers if EVERYONE in allowed else readers & allowed


def _unmapped(names: Sequence[str]) -> str:
    if not names:
        return "only people named one by one may read it"
    return f"only groups that are no group here may read it ({', '.join(names)}): name them in `groups`"
