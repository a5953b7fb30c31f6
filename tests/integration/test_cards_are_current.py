"""A card says how its review stands, also if the review changed before the card was posted, with few updates."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.waiting import until
from support.workspace import ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import TEAM_ID, Message
from bot.store.records import Conversation, JoinedAsker, Review
from pipeline.types import Failure, NeedsReview

_NOTHING = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=())
_QUICK = {"backoff_base_s": 0.05, "poll_s": 0.05}


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(own_data, articles, delivery=_QUICK) as running:
        yield running


def _where(channel: str = "D0ASKER", thread: str = "") -> Conversation:
    return Conversation(
        surface="slack", tenant_id=TEAM_ID, user_id=ASKER, channel_id=channel, thread_id=thread, private=False
    )


def _review(*joined: JoinedAsker) -> Review:
    return Review(review_id="r-1", question="How many?", conversation=_where(), case=_NOTHING, joined=joined)


async def _queued(desk: Desk, **change: Any) -> None:  # noqa: ANN401 - fields of a review
    """Queue the card of a new review, which has changed before it is posted."""
    review = _review()
    cards = await desk.bot.runtime.boards.cards(review)
    async with desk.store.transaction() as tx:
        await tx.reviews.open(review)
        await tx.outbox.send(cards)
        if change:
            await tx.reviews.save(review.model_copy(update=change), ASKER, "changed")
    desk.bot.runtime.wake_outbox()


def _cards(desk: Desk) -> list[Message]:
    return [message for message in desk.messages(REVIEWS) if not message.thread_ts]


def _updates(desk: Desk) -> int:
    return sum(name == "chat.update" for name, said in desk.sandbox.api.calls if said.get("channel") == REVIEWS)


@pytest.mark.parametrize("state", ["withdrawn", "rejected", "expired"])
async def test_no_card_is_posted_of_a_review_that_ended_before(desk: Desk, state: str) -> None:
    await _queued(desk, state=state)
    await desk.settled()
    assert _cards(desk) == []
    assert (await desk.store.outbox.length()).dead == 0


async def test_a_card_that_may_have_been_posted_before_its_review_ended_has_no_buttons(desk: Desk) -> None:
    once = [Fault(after=True)]
    desk.sandbox.api.fault = lambda method: once[0] if once and method == "chat.postMessage" else None
    await _queued(desk)
    (card,) = await desk.until(lambda: _cards(desk), 1)
    async with desk.store.transaction() as tx:
        review = await tx.reviews.get("r-1")
        assert review
        await tx.reviews.save(review.model_copy(update={"state": "withdrawn"}), ASKER, "withdrawn")
    once.clear()
    await until(lambda: "was taken back" in shown(card))
    await desk.settled()
    assert "Write an answer" not in shown(card)
    assert len(_cards(desk)) == 1


async def test_a_card_counts_who_joined_and_names_who_claimed_before_it_was_posted(desk: Desk) -> None:
    joined = JoinedAsker(request_id="r-2", conversation=_where(SUPPORT))
    await _queued(desk, joined=(joined,), claimed_by=REVIEWER, claimed_at="2099-01-01T00:00:00+00:00")
    (card,) = await desk.until(lambda: _cards(desk), 1)
    await until(lambda: "Asked 2 times by one person" in shown(card))
    assert "Claimed by" in shown(card)


async def test_a_card_of_a_review_that_did_not_change_is_posted_once_and_not_updated(desk: Desk) -> None:
    await _queued(desk)
    await desk.until(lambda: _cards(desk), 1)
    await desk.settled()
    assert _updates(desk) == 0


async def _decided_for(desk: Desk, places: list[Conversation]) -> Message:
    """Reject a review that was joined in these places; return its card once all messages are settled."""
    joined = [JoinedAsker(request_id=f"r-{n}", conversation=where) for n, where in enumerate(places, 2)]
    review = _review(*joined)
    cards = await desk.bot.runtime.boards.cards(review)
    async with desk.store.transaction() as tx:
        await tx.reviews.open(review)
        await tx.outbox.send(cards)
    desk.bot.runtime.wake_outbox()
    (card,) = await desk.until(lambda: _cards(desk), 1)
    await desk.press(REVIEWER, card, "Reject")
    await desk.submit(REVIEWER, "")
    await until(lambda: "Rejected by" in shown(card))
    await desk.settled()
    return card


async def test_a_decision_for_many_askers_updates_the_card_when_all_have_it(desk: Desk) -> None:
    asked = [await desk.sandbox.acts.post(ASKER, SUPPORT, f"Hello {n}", None) for n in range(12)]
    card = await _decided_for(desk, [_where(SUPPORT, message.ts) for message in asked])
    await until(lambda: "is being delivered" not in shown(card))
    assert all(desk.replies(message) for message in asked)
    # One for the decision, and one for its delivery.
    assert _updates(desk) <= 2


async def test_the_first_asker_who_cannot_be_told_shows_on_the_card_and_the_others_change_nothing(desk: Desk) -> None:
    card = await _decided_for(desk, [_where(f"C0GONE{n}") for n in range(12)])
    await until(lambda: "could not be delivered" in shown(card))
    assert _updates(desk) <= 2
