"""Confluence, Zendesk and Notion on loopback: each speaks its documented interface, page by page, to its own token."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

RECORDED = Path(__file__).parents[1] / "fixtures" / "services"
Json = Any
Answer = Callable[[], web.Response]
_GROUP, _SPACE = "/wiki/rest/api/group/by-id", "/wiki/api/v2/spaces/98"


def recorded(name: str) -> Json:
    """Return a recorded reply."""
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class FakeService:
    """A service. `instead` holds answers that are given once each in place of the usual one, by path."""

    wanted: str = ""
    page_size: int = 2
    base: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    instead: dict[str, list[Answer]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.path}{'?' * bool(request.query_string)}{request.query_string}")
        self.tokens.append(request.headers.get("Authorization"))
        if given := self.instead.get(request.path):
            return given.pop(0)()
        if request.headers.get("Authorization", "") != self.wanted:
            return web.json_response({"message": "unauthorized"}, status=401)
        body = await request.json() if request.method == "POST" else {}
        found = self.reply(request.path, {**request.query, **body}, request)
        return web.json_response({"message": "not found"}, status=404) if found is None else web.json_response(found)

    def reply(self, path: str, query: dict[str, Any], request: web.Request) -> Json:
        raise NotImplementedError

    def part(self, items: list[Json], cursor: str | None) -> tuple[list[Json], str | None]:
        start = int(cursor or 0)
        end = start + self.page_size
        return items[start:end], str(end) if end < len(items) else None


@dataclass
class FakeConfluence(FakeService):
    pages: list[Json] = field(default_factory=lambda: recorded("confluence_pages")["results"])
    bodies: dict[str, str] = field(default_factory=lambda: recorded("confluence_bodies"))
    permissions: Json = field(default_factory=lambda: recorded("confluence_permissions"))
    restrictions: Json = field(default_factory=lambda: recorded("confluence_restrictions"))

    def reply(self, path: str, query: dict[str, Any], request: web.Request) -> Json:  # noqa: ARG002
        kind, name = path.split("/")[-2:]
        fixed: dict[str, Callable[[], Json]] = {
            "/wiki/api/v2/spaces": lambda: self._spaces(query["keys"]),
            f"{_SPACE}/pages": lambda: self._listed(query.get("cursor")),
            f"{_SPACE}/permissions": lambda: self.permissions,
            _GROUP: lambda: recorded("confluence_groups").get(query["id"]),
            "/wiki/api/v2/folders/900": lambda: recorded("confluence_folder"),
        }
        if path in fixed:
            return fixed[path]()
        if "/restriction/byOperation/" in path:
            return self._restriction(path.split("/")[5])
        return self._page(name, query) if kind == "pages" else None

    def _spaces(self, keys: str) -> Json:
        spaces = recorded("confluence_spaces")
        return spaces | {"results": [space for space in spaces["results"] if space["key"] in keys.split(",")]}

    def _listed(self, cursor: str | None) -> Json:
        items, following = self.part(self.pages, cursor)
        links = {"next": f"{_SPACE}/pages?limit=250&cursor={following}"} if following else {}
        return {"results": items, "_links": {"base": "https://example.atlassian.net/wiki", **links}}

    def _restriction(self, name: str) -> Json:
        if name != "900" and not any(page["id"] == name for page in self.pages):
            return None
        return self.restrictions.get(name, self.restrictions["none"])

    def _page(self, name: str, query: dict[str, Any]) -> Json:
        page = next((deepcopy(page) for page in self.pages if page["id"] == name), None)
        if page and query.get("body-format") == "storage":
            page["body"] = {"storage": {"representation": "storage", "value": self.bodies[name]}}
        return page


@dataclass
class FakeZendesk(FakeService):
    listed: list[Json] = field(default_factory=lambda: recorded("zendesk_articles")["articles"])

    def reply(self, path: str, query: dict[str, Any], request: web.Request) -> Json:  # noqa: ARG002
        if path != "/api/v2/help_center/en-us/articles.json":
            return None
        items, cursor = self.part(self.listed, query.get("page[after]"))
        following = f"{self.base}{path}?page[after]={cursor}&page[size]=30" if cursor else None
        return {
            "articles": items,
            "meta": {"has_more": cursor is not None, "after_cursor": cursor, "before_cursor": None},
            "links": {"first": f"{self.base}{path}", "last": None, "prev": None, "next": following},
        }


@dataclass
class FakeNotion(FakeService):
    """Notion. `unlisted` are ids that the search leaves out."""

    pages: list[Json] = field(default_factory=lambda: recorded("notion_search")["results"])
    blocks: dict[str, Json] = field(default_factory=lambda: recorded("notion_blocks"))
    unlisted: set[str] = field(default_factory=set)

    def reply(self, path: str, query: dict[str, Any], request: web.Request) -> Json:
        if request.headers.get("Notion-Version") != "2026-03-11":
            return None
        if path == "/v1/search":
            assert query["filter"] == {"property": "object", "value": "page"}
            listed = [page for page in self.pages if page["id"] not in self.unlisted]
            return self._list(listed, query)
        if path.startswith("/v1/pages/"):
            return next((page for page in self.pages if page["id"] == path.rsplit("/", 1)[-1]), None)
        held = self.blocks.get(path.split("/")[3])
        return held and self._list(held["results"], query)

    def _list(self, items: list[Json], query: dict[str, Any]) -> Json:
        part, cursor = self.part(items, query.get("start_cursor"))
        return {"object": "list", "results": part, "next_cursor": cursor, "has_more": cursor is not None}


@asynccontextmanager
async def served(service: FakeService) -> AsyncIterator[str]:
    """Yield the address of a service on loopback."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service.base
    await runner.cleanup()
