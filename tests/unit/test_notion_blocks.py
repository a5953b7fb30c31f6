"""Blocks of Notion as Markdown."""

import json
from typing import Any

import pytest

from index.errors import UnreadableDocumentError
from index.reading.formats.notion_blocks import notion

Json = dict[str, Any]


def _run(text: str, href: str | None = None, **marks: bool) -> Json:
    return {"type": "text", "plain_text": text, "href": href, "annotations": marks}


def _block(kind: str, *runs: str | Json, children: list[Json] | None = None, **held: Any) -> Json:  # noqa: ANN401
    rich_text = [_run(run) if isinstance(run, str) else run for run in runs]
    return {"type": kind, kind: {"rich_text": rich_text, **held}, "children": children or []}


def _row(*cells: str) -> Json:
    return {"type": "table_row", "table_row": {"cells": [[_run(cell)] for cell in cells]}}


def _page(*blocks: Json, properties: Json | None = None) -> str:
    return notion(json.dumps({"properties": properties or {}, "children": blocks}))


@pytest.mark.parametrize(
    ("block", "markdown"),
    [
        (_block("paragraph", "Costs ", _run("9 euro", bold=True), "."), "Costs **9 euro**."),
        (_block("paragraph", _run("Old. ", strikethrough=True), "New."), "New."),
        (_block("paragraph", "See ", _run("the list ", "https://h.example/a")), "See [the list](https://h.example/a)"),
        (_block("paragraph", _run("here", "javascript:alert(1)")), "here"),
        (_block("paragraph", _run("--flag", code=True)), "`--flag`"),
        (_block("heading_1", "Fees"), "## Fees"),
        (_block("heading_3", "Fees", children=[_block("paragraph", "Nine.")]), "#### Fees\n\nNine."),
        (_block("heading_2"), ""),
        (_block("quote", "One\ntwo"), "> One\n> two"),
        (_block("callout", "Beware.", children=[_block("paragraph", "Of it.")]), "> Beware.\n>\n> Of it."),
        (_block("toggle", "Why?", children=[_block("paragraph", "So.")]), "**Why?**\n\nSo."),
        (_block("code", "a\n\nb", language="python"), "```python\na\n\nb\n```"),
        (_block("code", "```", language="plain text"), "````\n```\n````"),
        ({"type": "equation", "equation": {"expression": "a^2"}}, "$$\na^2\n$$"),
        ({"type": "bookmark", "bookmark": {"url": "https://h.example", "caption": []}}, "https://h.example"),
        ({"type": "image", "image": {"caption": [_run("Figure 1")]}}, "Figure 1"),
        ({"type": "unsupported", "unsupported": {}}, ""),
        ({"type": "something_new"}, ""),
        (_block("something_new", "Text."), "Text."),
    ],
)
def test_a_block_is_read_as_its_page_shows_it(block: Json, markdown: str) -> None:
    assert _page(block) == markdown


def test_lists_keep_their_numbers_and_what_is_nested_in_them() -> None:
    nested = [_block("bulleted_list_item", "By mail"), _block("paragraph", "Never by phone.")]
    shown = _page(
        _block("numbered_list_item", "Ask.", children=nested),
        _block("numbered_list_item", "Book."),
        _block("to_do", "Pay", checked=True),
        _block("to_do", "Fly", checked=False),
        _block("paragraph", "Then:"),
        _block("numbered_list_item", "Rest."),
    )
    assert shown == (
        "1. Ask.\n   - By mail\n\n   Never by phone.\n2. Book.\n\n- [x] Pay\n- [ ] Fly\n\nThen:\n\n1. Rest."
    )


def test_a_table_keeps_its_header_or_gets_an_empty_one() -> None:
    rows = [_row("City", "Limit"), _row("Paris", "150 | 180")]
    for has_header, head in ((True, "| City | Limit |\n| --- | --- |"), (False, "|  |  |\n| --- | --- |")):
        block = {"type": "table", "table": {"has_column_header": has_header}, "children": rows}
        shown = _page(block)
        assert shown.startswith(head)
        assert shown.endswith("| Paris | 150 \\| 180 |")


def test_a_heading_has_the_anchor_of_its_block() -> None:
    assert _page({"id": "c02fc1d3-db8b", **_block("heading_1", "Fees")}) == "## Fees {#c02fc1d3db8b}"


def test_the_columns_of_a_row_of_a_database_are_read() -> None:
    properties = {
        "Name": {"type": "title", "title": [_run("Laptop")]},
        "Price": {"type": "number", "number": 1200},
        "Status": {"type": "status", "status": {"name": "In stock"}},
        "Tags": {"type": "multi_select", "multi_select": [{"name": "new"}, {"name": "fast"}]},
        "From": {"type": "date", "date": {"start": "2026-11-01", "end": None}},
        "Sold": {"type": "checkbox", "checkbox": False},
        "Kind": {"type": "select", "select": None},
        "Answer": {"type": "rich_text", "rich_text": [_run("Was 9. ", strikethrough=True), _run("Ask IT.")]},
        "Owner": {"type": "people", "people": [{"id": "u"}]},
    }
    shown = "Price: 1200|Status: In stock|Tags: new, fast|From: 2026-11-01|Sold: no|Answer: Ask IT."
    page = _page(_block("paragraph", "Text."), properties=properties)
    assert page.split("\n") == [*(f"- {line}" for line in shown.split("|")), "", "Text."]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"properties": {}, "children": [3]}', '{"properties": [], "children": 1}']
)
def test_what_is_no_page_is_refused(body: str) -> None:
    with pytest.raises(UnreadableDocumentError, match="not the blocks of a page"):
        notion(body)
