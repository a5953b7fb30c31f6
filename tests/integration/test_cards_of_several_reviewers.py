"""Where several reviewers have the card of a review, each card lives: updates, reminders and the asker's answers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.clock import Clock
from support.waiting import until
from support.workspace import ADMIN, APPROVAL, REVIEWER, REVIEWS, Desk, shown, workspace

from bot.sandbox.workspace import TEAM_ID, Message

_QUESTION = "When does the first payment reminder go out?"
_DIRECT = ("D0REVIEWER", "D0ADMIN")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(own_data: Path, articles: Path, clock: Clock) -> AsyncIterator[Desk]:
    """Return a workspace in which two reviewers get each card as a direct message, and none stands in the channel."""
    access = {"reviewers": [REVIEWER, ADMIN], "groups": {"leads": [REVIEWER, ADMIN]}}
    async with workspace(own_data, articles, channels=APPROVAL, access=access, now=clock) as running:
        channels = running.sandbox.workspace.channels
        channels[REVIEWS] = replace(channels[REVIEWS], is_archived=True)
        yield running


async def _cards(desk: Desk) -> list[Message]:
    await until(lambda: all(_said(desk, channel, "Review needed") for channel in _DIRECT))
    return [card for channel in _DIRECT for card in _said(desk, channel, "Review needed")]


def _said(desk: Desk, channel: str, words: str) -> list[Message]:
    return [message for message in desk.messages(channel) if words in shown(message)]


async def test_a_decision_on_one_card_closes_the_cards_of_the_others(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    first, second = await _cards(desk)
    await desk.press(REVIEWER, first, "Approve")
    assert "7 days" in shown(await desk.reply_to(question, 2))
    for card in (first, second):
        await until(lambda c=card: "Approved by" in shown(c))  # type: ignore[misc]
        assert "'Approve'" not in shown(card)


async def test_a_claim_shows_on_every_card(desk: Desk) -> None:
    await desk.ask(_QUESTION)
    for card in (cards := await _cards(desk)):
        if card is cards[0]:
            await desk.press(REVIEWER, card, "Claim")
        await until(lambda c=card: "Claimed by" in shown(c))  # type: ignore[misc]


async def test_every_reviewer_is_reminded_below_their_card_once(desk: Desk, clock: Clock) -> None:
    await desk.ask(_QUESTION)
    cards = await _cards(desk)
    clock.move(hours=5)
    for _ in range(2):
        await desk.bot.maintenance.sweep()
        await desk.settled()
    for card in cards:
        below = [m for m in desk.messages(card.channel) if m.thread_ts == card.ts]
        assert len(below) == 1


async def test_the_answer_of_the_asker_stands_below_every_card(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    cards = await _cards(desk)
    await desk.press(REVIEWER, cards[0], "Ask back")
    await desk.submit(REVIEWER, "Which plan?")
    await desk.reply_to(question, 2)
    await desk.sandbox.acts.post(question.user, question.channel, "The yearly one.", question.ts)
    for card in cards:
        await until(lambda c=card: [m for m in _said(desk, c.channel, "The yearly one.") if m.thread_ts == c.ts])  # type: ignore[misc]


async def test_a_product_that_connects_while_cards_are_rendered_disturbs_nothing(desk: Desk) -> None:
    boards = desk.bot.runtime.boards
    question = await desk.ask(_QUESTION)
    await _cards(desk)
    await desk.exactly_one_reply(question)
    (review,) = await desk.store.reviews.open_in(TEAM_ID)
    rendering = asyncio.create_task(boards.cards(review))
    await asyncio.sleep(0)
    boards.add("late", boards._boards["slack"])
    assert len(await rendering) == 1
