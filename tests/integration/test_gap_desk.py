"""The two buttons below a gap in Slack and Teams: an outline for the missing article, and an answer that is stored."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.teams import REVIEWS as TEAMS_REVIEWS
from support.teams import FakeConnector, connector
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import Message

_LINUX = "Is there a Linux app?"
_OTHER_WORDS = "Is there an app for Linux?"
_REMINDER = "When does the first payment reminder go out?"


async def _gap(desk: Desk, *questions: str, user: str = ASKER) -> Message:
    """Ask what has no answer, and return what `gaps` shows the admin."""
    for question in questions:
        reply = await desk.exactly_one_reply(await desk.ask(question, user))
        assert "Not enough info" in shown(reply)
    (listed,) = await desk.command(ADMIN, "/citedesk gaps")
    return listed


async def _to_admin(desk: Desk, count: int = 1) -> Message:
    return (await desk.until(lambda: desk.messages("D0ADMIN"), count))[count - 1]


def _choices(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the state of the questions' boxes as they are ticked when the form opens."""
    boxes = [b for b in view["blocks"] if b.get("element", {}).get("type") == "checkboxes"]
    return {
        b["block_id"]: {b["element"]["action_id"]: {"selected_options": b["element"].get("initial_options", [])}}
        for b in boxes
        if b["block_id"].startswith("questions")
    }


async def _view(desk: Desk) -> dict[str, Any]:
    return dict(desk.sandbox.workspace.views[await desk.modal(ADMIN)])


async def test_an_admin_gets_the_outline_of_the_missing_article_in_private(own_desk: Desk) -> None:
    listed = await _gap(own_desk, _LINUX, _LINUX, _OTHER_WORDS)
    await own_desk.press(ADMIN, listed, "Draft an article")
    outline = shown(await _to_admin(own_desk))
    for part in (f"# {_LINUX}", "## Answer", "## Asked", "(2 times)", "## Nearest documents", "## What is missing"):
        assert part in outline
    assert "linux" in outline.partition("holds these words")[2]
    assert "I have sent you the outline" in shown(own_desk.hidden(ADMIN)[-1])
    # Nobody else sees it.
    assert not any("## Asked" in shown(m) for m in own_desk.messages(SUPPORT) if m.visible_to is None)
