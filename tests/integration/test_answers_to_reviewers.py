"""What an asker writes without a mention: answers to a reviewer get through, and failures say nothing to others."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.app import store_file
from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import Message

_QUESTION = "When does the first payment reminder go out?"
_QUICK: dict[str, Any] = {"attempts": 3, "backoff_base_s": 0.01, "poll_s": 0.05}


async def _asked_back(desk: Desk) -> Message:
    """Return a question after which a reviewer has asked its asker something."""
    root = await desk.ask(_QUESTION)
    await desk.press(REVIEWER, await desk.card(), "Ask back")
    await desk.submit(REVIEWER, "Which plan, and since when?")
    await desk.reply_to(root, 2)
    return root


@pytest.mark.parametrize(
    "text",
    [
        "Windows, version 4.2",
        "Enterprise, since March",
        "Version: 4.2",
        "Since Monday, I think",
        "Germany, but the invoice goes to Austria",
    ],
)
async def test_an_answer_to_a_reviewer_that_begins_like_a_name_is_passed_on(text: str, approval_desk: Desk) -> None:
    root = await _asked_back(approval_desk)
    await approval_desk.sandbox.acts.post(ASKER, SUPPORT, text, root.ts)
    assert "passed that on" in shown(await approval_desk.reply_to(root, 3))


@pytest.mark.parametrize(("user", "text"), [(ASKER, "@Robin, since March"), (ADMIN, "Enterprise, since March")])
async def test_what_mentions_somebody_or_comes_from_somebody_else_is_no_answer(
    user: str, text: str, approval_desk: Desk
) -> None:
    root = await _asked_back(approval_desk)
    await approval_desk.sandbox.acts.post(user, SUPPORT, text, root.ts)
    await approval_desk.settled()
    assert len(approval_desk.replies(root)) == 2


async def test_an_answer_to_a_reviewer_waits_until_its_thread_can_be_read(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, channels=APPROVAL, delivery=_QUICK) as desk:
        root = await _asked_back(desk)
        failed: list[str] = []

        def once(method: str) -> Fault | None:
            if method != "conversations.replies" or failed:
                return None
            failed.append(method)
            return Fault(status=500)

        desk.sandbox.api.fault = once
        await desk.sandbox.acts.post(ASKER, SUPPORT, "the yearly one", root.ts)
        assert "passed that on" in shown(await desk.reply_to(root, 3))
        assert failed


async def test_an_answer_whose_thread_can_never_be_read_ends_after_the_attempts(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, channels=APPROVAL, delivery=_QUICK) as desk:
        root = await _asked_back(desk)
        desk.sandbox.api.fault = lambda method: Fault(status=500) if method == "conversations.replies" else None
        await desk.sandbox.acts.post(ASKER, SUPPORT, "the yearly one", root.ts)
        await desk.settled()
        assert len(desk.replies(root)) == 2
        assert (await desk.store.inbox.length()).dead == 1


async def test_a_message_without_a_mention_is_given_up_in_silence(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, delivery=_QUICK) as desk:
        root = await desk.ask(_QUESTION)
        await desk.exactly_one_reply(root)
        with sqlite3.connect(store_file(desk.settings)) as database:
            database.execute("CREATE TRIGGER full BEFORE INSERT ON requests BEGIN SELECT RAISE(ABORT, 'full'); END")
        await desk.sandbox.acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
        await desk.settled()
        assert len(desk.replies(root)) == 1
        assert (await desk.store.inbox.length()).dead == 1
