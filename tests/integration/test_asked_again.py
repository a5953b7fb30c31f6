"""The same open question asked again: one card, one decision, and an answer in every place where it was asked."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.clock import Clock
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import Message

_QUESTION = "Can I get my money back?"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(own_data: Path, articles: Path, clock: Clock) -> AsyncIterator[Desk]:
    channels = APPROVAL | {"D0ADMIN": {"auto_answer": False}}
    async with workspace(own_data, articles, channels=channels, now=clock) as running:
        yield running


async def _asked_three_times(desk: Desk) -> tuple[list[Message], Message]:
    """Return the same question, asked by three people, and its one card."""
    first = await desk.ask(_QUESTION)
    card = await desk.card()
    others = [await desk.ask(text, ADMIN) for text in ("can i get my money back", "Could I get my money back?")]
    third = await desk.ask(_QUESTION, REVIEWER)
    questions = [first, *others, third]
    for question in questions:
        assert "A person will check this" in shown(await desk.exactly_one_reply(question))
    await desk.until(lambda: [m for m in [card] if "Asked 4 times by 3 people" in shown(m)], 1)
    assert len(desk.messages(REVIEWS)) == 1
    return questions, card


async def test_it_joins_the_open_review_and_everybody_gets_the_decision_once(desk: Desk) -> None:
    questions, card = await _asked_three_times(desk)
    await asyncio.gather(desk.press(REVIEWER, card, "Approve"), desk.press(REVIEWER, card, "Approve"))
    for question in questions:
        assert f"Approved by <@{REVIEWER}>" in shown(await desk.reply_to(question, 2))
    await desk.settled()
    assert [len(desk.replies(question)) for question in questions] == [2, 2, 2, 2]


async def test_everybody_reads_why_it_was_rejected(desk: Desk) -> None:
    questions, card = await _asked_three_times(desk)
    await desk.press(REVIEWER, card, "Reject")
    await desk.submit(REVIEWER, "Ask billing.")
    for question in questions:
        assert "Ask billing." in shown(await desk.reply_to(question, 2))


async def test_everybody_is_told_when_nobody_decides(desk: Desk, clock: Clock) -> None:
    questions, _ = await _asked_three_times(desk)
    clock.move(hours=100)
    await desk.bot.maintenance.sweep()
    await desk.bot.maintenance.sweep()
    for question in questions:
        assert "Nobody could look at your question in time" in shown(await desk.reply_to(question, 2))
    await desk.settled()
    assert [len(desk.replies(question)) for question in questions] == [2, 2, 2, 2]


async def test_who_asks_twice_in_one_thread_is_answered_there_once(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    card = await desk.card()
    await desk.sandbox.acts.post(ASKER, SUPPORT, _QUESTION, question.ts)
    await desk.reply_to(question, 2)
    await desk.press(REVIEWER, card, "Approve")
    await desk.reply_to(question, 3)
    await desk.settled()
    assert len(desk.replies(question)) == 3


@pytest.mark.parametrize("other", ["When can I get my money back?", "Can I not get my money back?"])
async def test_another_question_gets_a_card_of_its_own(other: str, desk: Desk) -> None:
    await desk.ask(_QUESTION)
    await desk.card()
    await desk.ask(other, ADMIN)
    assert other in shown(await desk.card(2))


async def test_who_may_read_more_or_asks_where_other_rules_hold_does_not_join(own_data: Path, articles: Path) -> None:
    direct = {"D0REVIEWER": {"auto_answer": False}, "D0ADMIN": {"auto_answer": False, "language": "de"}}
    async with workspace(own_data, articles, channels=APPROVAL | direct) as desk:
        await desk.ask(_QUESTION)
        await desk.card()
        await desk.ask(_QUESTION, REVIEWER, "D0REVIEWER")
        await desk.card(2)
        await desk.ask(_QUESTION, ADMIN, "D0ADMIN")
        await desk.card(3)


async def test_a_person_is_asked_once_however_many_press_for_one(own_data: Path, articles: Path) -> None:
    # With this threshold nothing is answered.
    async with workspace(own_data, articles, limits={"sufficiency_quote": 1.0}) as desk:
        questions = [await desk.ask("Is there a Linux app?", user) for user in (ASKER, ADMIN)]
        for question, user in zip(questions, (ASKER, ADMIN), strict=True):
            await desk.press(user, await desk.exactly_one_reply(question), "Ask a person")
            assert "passed your question to a person" in shown(await desk.reply_to(question, 2))
        card = await desk.card()
        await desk.until(lambda: [m for m in [card] if "Asked by 2 people" in shown(m)], 1)
        await desk.press(REVIEWER, card, "Write an answer")
        await desk.submit(REVIEWER, "No.")
        await desk.submit(REVIEWER, "No.", anyway={"anyway_input": ["anyway"]})
        for question in questions:
            assert f"Answered by <@{REVIEWER}>, not from the documents" in shown(await desk.reply_to(question, 3))
        assert len(desk.messages(REVIEWS)) == 1
