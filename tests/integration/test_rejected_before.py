"""A question that a reviewer rejected: askers are told, and it comes back once, as one card for all who ask again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.relabelling import LEAD, World, world
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, shown

from bot.sandbox.workspace import Message
from bot.store.records import Review

_QUESTION = "Is there a Linux app?"
_BEFORE = "A reviewer looked at this question on 1 Nov 2026 and had no answer."


@pytest.fixture
async def desk(own_data: Path, articles: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with world(own_data, articles, tmp_path) as running:
        yield running


async def _ask(desk: World, user: str = ASKER, place: str = SUPPORT, text: str = _QUESTION) -> tuple[Message, Message]:
    question = await desk.ask(text, user, place)
    return question, await desk.exactly_one_reply(question)


async def _rejected(desk: World, reason: str = "Nobody here has decided that yet.", place: str = SUPPORT) -> Message:
    """Let a reviewer reject the question; return its card."""
    question, reply = await _ask(desk, place=place)
    await desk.press(ASKER, reply, "Ask a person")
    card = (await desk.until(desk.cards, 1))[-1]
    await desk.press(REVIEWER, card, "Reject")
    await desk.submit(REVIEWER, reason)
    await desk.reply_to(question, 3)
    await desk.settled()
    return card


async def _asked_again(desk: World, user: str) -> Message:
    question, reply = await _ask(desk, user)
    await desk.press(user, reply, "Ask a person")
    told = shown(await desk.reply_to(question, 2))
    assert (
        "A reviewer looked at this question on 1 Nov 2026 and had no answer. I have put it on the reviewers' " in told
    )
    assert "will look at it" not in told
    return question


async def _open(desk: World) -> list[Review]:
    return await desk.store.reviews.open_in("T0SANDBOX")


async def test_who_asks_the_same_is_told_when_and_why(desk: World) -> None:
    await _rejected(desk)
    _, reply = await _ask(desk, ADMIN)
    assert _BEFORE in shown(reply)
    assert "The reason: “Nobody here has decided that yet.”" in shown(reply)
    assert "Ask a person" in shown(reply)
    _, other = await _ask(desk, ADMIN, text="Is there a Windows app?")
    assert _BEFORE not in shown(other)


async def test_after_the_days_nobody_is_told_any_more_and_the_next_press_gets_its_card_at_once(desk: World) -> None:
    await _rejected(desk)
    desk.clock.move(days=7, minutes=1)
    question, reply = await _ask(desk, ADMIN)
    assert _BEFORE not in shown(reply)
    await desk.press(ADMIN, reply, "Ask a person")
    await desk.until(desk.cards, 2)
    assert "passed your question to a person" in shown(await desk.reply_to(question, 2))


async def test_all_who_press_again_share_one_card_a_day_later_and_all_get_what_is_decided(desk: World) -> None:
    await _rejected(desk)
    questions = [await _asked_again(desk, user) for user in (ADMIN, LEAD, ASKER)]
    await desk.bot.maintenance.sweep()
    await desk.settled()
    assert len(desk.cards()) == 1
    desk.clock.move(hours=24, minutes=1)
    await desk.bot.maintenance.sweep()
    await desk.bot.maintenance.sweep()
    card = (await desk.until(desk.cards, 2))[-1]
    await desk.settled()
    assert len(desk.cards()) == 2
    assert "Rejected by <@U0REVIEWER> on 1 Nov 2026. Since then asked again 3 times." in shown(card)
    await desk.press(REVIEWER, card, "Write an answer")
    await desk.submit(REVIEWER, "Now there is.")
    await desk.submit(REVIEWER, "Now there is.", anyway={"anyway_input": ["anyway"]})
    for question in questions:
        assert "Now there is." in shown(await desk.reply_to(question, 3))
    assert await _open(desk) == []


async def test_the_reviewers_list_shows_it_at_once_and_it_can_be_decided_there(desk: World) -> None:
    await _rejected(desk)
    question = await _asked_again(desk, ADMIN)
    (review,) = await _open(desk)
    await desk.open_home(REVIEWER)
    await desk.home(REVIEWER, "Reviews: 1 waiting")
    await desk.press_home(REVIEWER, "home_reject_selected", [review.review_id])
    await desk.submit(REVIEWER, "Still undecided.")
    assert "Still undecided." in shown(await desk.reply_to(question, 3))
    desk.clock.move(hours=30)
    await desk.bot.maintenance.sweep()
    await desk.settled()
    assert len(desk.cards()) == 1


async def test_who_waits_for_it_can_ask_for_news_and_take_it_back(desk: World) -> None:
    await _rejected(desk)
    question = await _asked_again(desk, ADMIN)
    await desk.sandbox.acts.post(ADMIN, SUPPORT, "@Citedesk any news?", question.ts)
    assert "has been with the reviewers" in shown(await desk.reply_to(question, 3))
    await desk.sandbox.acts.post(ADMIN, SUPPORT, "@Citedesk never mind", question.ts)
    await desk.reply_to(question, 4)
    assert await _open(desk) == []
    desk.clock.move(hours=30)
    await desk.bot.maintenance.sweep()
    await desk.settled()
    assert len(desk.cards()) == 1


async def test_what_was_asked_in_private_is_told_to_nobody_else(desk: World) -> None:
    await _rejected(desk, "Sam, your contract does not say so.", place="D0ASKER")
    _, others = await _ask(desk, ADMIN)
    assert _BEFORE not in shown(others)
    _, own = await _ask(desk, ASKER, "D0ASKER")
    assert _BEFORE in shown(own)


async def test_who_may_read_more_is_not_told_and_gets_a_card_at_once(desk: World) -> None:
    await _rejected(desk)
    _, reply = await _ask(desk, LEAD, "D0LEAD")
    assert _BEFORE not in shown(reply)
    await desk.press(LEAD, reply, "Ask a person")
    await desk.until(desk.cards, 2)
