"""A reviewer who got the card as a direct message answers below it, as in the reviewers' channel."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.workspace import APPROVAL, ASKER, REVIEWER, REVIEWS, Desk, shown, workspace

from bot.sandbox.workspace import BOT_USER_ID, Message

_DIRECT = "D0REVIEWER"
_QUESTION = "When does the first payment reminder go out?"
_LOOKS = "Send this as the answer?"


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    """Return a workspace whose reviewers' channel takes no cards."""
    async with workspace(own_data, articles, channels=APPROVAL) as running:
        channels = running.sandbox.workspace.channels
        channels[REVIEWS] = replace(channels[REVIEWS], is_archived=True)
        yield running


async def _asked(desk: Desk) -> tuple[Message, Message]:
    question = await desk.ask(_QUESTION)
    (card,) = await desk.until(lambda: [m for m in desk.messages(_DIRECT) if "Review needed" in shown(m)], 1)
    await desk.settled()
    return question, card


def _below(desk: Desk, card: Message) -> list[Message]:
    return [m for m in desk.messages(_DIRECT) if m.thread_ts == card.ts and m.user == BOT_USER_ID]


async def _reply(desk: Desk, card: Message, text: str) -> Message:
    await desk.sandbox.acts.post(REVIEWER, _DIRECT, text, card.ts)
    return (await desk.until(lambda: _below(desk, card), 1))[0]


async def test_a_reply_below_a_direct_card_is_sent_once_the_reviewer_confirms_it(desk: Desk) -> None:
    question, card = await _asked(desk)
    preview = await _reply(desk, card, "It goes out after three weeks.")
    assert _LOOKS in shown(preview)
    await desk.press(REVIEWER, preview, "Send it anyway")
    assert "after three weeks" in shown(await desk.reply_to(question, 2))
    await desk.settled()
    assert len(_below(desk, card)) == 1
    traces = await desk.store.requests.since(datetime.now(UTC) - timedelta(days=1))
    assert [trace.user_id for trace in traces] == [ASKER]


async def test_a_question_below_a_direct_card_is_answered(desk: Desk) -> None:
    _, card = await _asked(desk)
    assert _LOOKS not in shown(await _reply(desk, card, "How high can a late fee be?"))


async def test_below_a_decided_direct_card_a_reply_gets_a_reply(desk: Desk) -> None:
    question, card = await _asked(desk)
    await desk.press(REVIEWER, card, "Approve")
    await desk.reply_to(question, 2)
    assert _LOOKS not in shown(await _reply(desk, card, "It goes out after three weeks."))
