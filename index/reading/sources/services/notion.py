"""Notion: the pages that are shared with a connection.

https://developers.notion.com/reference

Notion does not tell who may read a page, so the setting `readers` says it for all of them.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from pydantic import ConfigDict

from index.reading.fetching.client import Client, RefusedError, UnreachableError
from index.reading.formats import synced
from index.reading.formats.notion_blocks import CHILDREN, words
from index.reading.sources.services.api import Api, Form, Id, credentials
from index.reading.sources.services.place import ServicePlace
from index.reading.sources.services.port import Article, GoneError, day

_VERSION = "2026-03-11"
_PAGE_SIZE = 100
_DEPTH, _BLOCKS = 12, 5_000
# These are pages of their own, and yielded as such.
_PAGES = frozenset({"child_page", "child_database"})
# Notion gives the time of an edit to the minute.
_MINUTE = timedelta(minutes=2)


class _Page(Form):
    id: Id
    last_edited_time: str
    url: str
    in_trash: bool = False
    properties: dict[str, Any]

    @property
    def title(self) -> str:
        """The words of the property that is the page's title."""
        titles = (held["title"] for held in self.properties.values() if held.get("type") == "title")
        return " ".join(words(next(titles, [])).split()) or "Untitled"


class _Found(Form):
    results: list[_Page]
    has_more: bool
    next_cursor: str | None


class _Block(Form):
    """A block with all its fields."""

    model_config = ConfigDict(extra="allow")

    id: Id
    type: str
    has_children: bool = False
    in_trash: bool = False


class _Blocks(Form):
    results: list[_Block]
    has_more: bool
    next_cursor: str | None


@dataclass
class _Count:
    """How many more blocks of a page are read."""

    left: int = _BLOCKS

    def take(self, count: int) -> None:
        """Count blocks. Raises RefusedError if they are too many."""
        self.left -= count
        if self.left < 0:
            raise RefusedError(f"more than {_BLOCKS:,} blocks")


@dataclass
class Notion:
    """The pages of one connection."""

    form: ClassVar[synced.Form] = "blocks"
    api: Api
    place: ServicePlace
    seen: set[str] = field(default_factory=set)

    async def articles(self, known: Collection[str]) -> AsyncGenerator[Article, None]:
        """Yield the pages that the search lists, and those of `known` that it leaves out and that are still there.

        The search does not promise to list everything:
        https://developers.notion.com/reference/search-optimizations-and-limitations
        """
        async for page in self._pages():
            if page.id not in self.seen and not page.in_trash:
                yield self._article(page)
            self.seen.add(page.id)
        for key in sorted(set(known) - self.seen):
            try:
                page = await self.api.get(f"/v1/pages/{key}", {}, _Page)
            except GoneError:
                continue
            if not page.in_trash:
                yield self._article(page)

    async def _pages(self) -> AsyncIterator[_Page]:
        body: dict[str, object] = {"filter": {"property": "object", "value": "page"}, "page_size": _PAGE_SIZE}
        cursors = set[str]()
        while True:
            found = await self.api.post("/v1/search", body, _Found)
            for page in found.results:
                yield page
            if not found.has_more:
                return
            body = body | {"start_cursor": _next(found.next_cursor, cursors)}

    def _article(self, page: _Page) -> Article:
        return Article(
            page.id,
            _version(page.last_edited_time, datetime.now(UTC)),
            page.title,
            page.url,
            day(page.last_edited_time),
            frozenset(self.place.readers),
            partial(self._body, page),
            "" if self.place.readers else "Notion does not tell who may read it: name its groups in `readers`",
        )

    async def _body(self, page: _Page) -> str:
        blocks = await self._children(page.id, _DEPTH, _Count())
        return json.dumps({"properties": page.properties, CHILDREN: blocks})

    async def _children(self, block_id: str, depth: int, count: _Count) -> list[dict[str, Any]]:
        if depth == 0:
            raise RefusedError(f"blocks within blocks, more than {_DEPTH} deep")
        made: list[dict[str, Any]] = []
        async for block in self._blocks(block_id):
            count.take(1)
            fields = block.model_dump()
            if block.has_children and block.type not in _PAGES:
                # A block that is shown on several pages may stand on one that is not shared.
                with suppress(GoneError):
                    fields[CHILDREN] = await self._children(block.id, depth - 1, count)
            made.append(fields)
        return made

    async def _blocks(self, block_id: str) -> AsyncIterator[_Block]:
        query, cursors = {"page_size": str(_PAGE_SIZE)}, set[str]()
        while True:
            found = await self.api.get(f"/v1/blocks/{block_id}/children", query, _Blocks)
            for block in found.results:
                if not block.in_trash:
                    yield block
            if not found.has_more:
                return
            query = query | {"start_cursor": _next(found.next_cursor, cursors)}


def notion(client: Client, place: ServicePlace) -> Notion:
    """Return the service. Raises RefusedError if there is no token."""
    return Notion(Api(client, place, {**credentials(place, ""), "Notion-Version": _VERSION}), place)


def _next(cursor: str | None, cursors: set[str]) -> str:
    if cursor is None or cursor in cursors:
        raise UnreachableError("its listing repeats itself")
    cursors.add(cursor)
    return cursor


def _version(edited: str, now: datetime) -> str:
    """Return the time of the last edit; within the same minute there may be another one, so it is no version yet."""
    try:
        is_settled = now - datetime.fromisoformat(edited) > _MINUTE
    except (ValueError, TypeError):
        is_settled = False
    return edited if is_settled else f"{edited} read {now.isoformat()}"
