"""The review desk: claims, edits under the citation check, questions back, time, App Home, and two at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.clock import Clock
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.desk.permissions import AlreadyDecidedError, ClaimedError, NotAllowedError
from bot.sandbox.workspace import Message
from bot.store.records import Decision, Review

_DOUBTFUL = "Can I get my money back?"
_TWO = {"groups": {"leads": ["U0REVIEWER"]}, "reviewers": ["U0REVIEWER", "U0ADMIN"], "admins": ["U0ADMIN"]}


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    """Return a workspace with two reviewers: Robin and Alex."""
    async with workspace(own_data, articles, access=_TWO, channels=APPROVAL) as running:
        yield running


async def _review_of(desk: Desk, card: Message) -> Review:
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review is not None
    return review


async def _changed(desk: Desk, card: Message, words: str) -> None:
    await desk.until(lambda: [m for m in [card] if words in shown(m)], 1)


async def test_a_claim_is_shown_and_keeps_others_from_deciding_until_they_take_over(desk: Desk) -> None:
    question = await desk.ask(_DOUBTFUL)
    card = await desk.card()
    await desk.press(REVIEWER, card, "Claim")
    await _changed(desk, card, f"Claimed by <@{REVIEWER}>")
    await desk.press(ADMIN, card, "Approve")
    (told,) = await desk.until(lambda: desk.hidden(ADMIN), 1)
    assert f"<@{REVIEWER}> has claimed this" in told.text
    assert len(desk.replies(question)) == 1
    await desk.press(ADMIN, card, "Take over")
    await _changed(desk, card, f"Claimed by <@{ADMIN}>")
    await desk.press(ADMIN, card, "Approve")
    assert f"Approved by <@{ADMIN}>" in shown(await desk.reply_to(question, 2))
    review = await _review_of(desk, card)
    events = await desk.store.reviews.events(review.review_id)
    assert [(event.user_id, event.what) for event in events] == [
        (ASKER, "opened"), (REVIEWER, "claimed"), (ADMIN, "taken over"), (ADMIN, "approved"),
    ]  # fmt: skip


async def test_an_edit_that_the_documents_prove_is_sent_at_once(desk: Desk) -> None:
    question = await desk.ask(_DOUBTFUL)
    card = await desk.card()
    await desk.press(REVIEWER, card, "Edit")
    marker, quote = await _quote(desk, card)
    await desk.submit(REVIEWER, f"{quote} [{marker}]")
    assert desk.sandbox.workspace.view_of == {}
    assert "Edited and approved" in shown(await desk.reply_to(question, 2))
    assert not (await _review_of(desk, card)).sent_anyway


async def test_an_edit_that_they_do_not_prove_is_sent_only_if_the_reviewer_stands_for_it_which_is_kept(
    desk: Desk,
) -> None:
    question = await desk.ask(_DOUBTFUL)
    card = await desk.card()
    await desk.press(REVIEWER, card, "Edit")
    await desk.submit(REVIEWER, "Every refund is paid twice, 999 euro [1].")
    view = json.dumps(desk.sandbox.workspace.views[desk.sandbox.workspace.view_of[REVIEWER]])
    assert "The documents do not prove this" in view
    assert "999" in view
    assert len(desk.replies(question)) == 1
    await desk.submit(REVIEWER, "Every refund is paid twice, 999 euro [1].")
    (error,) = desk.sandbox.workspace.view_errors.values()
    assert error == {"anyway": "Tick this box, or change the answer."}
    await desk.submit(REVIEWER, "Every refund is paid twice, 111 euro [1].")
    assert "111" in json.dumps(desk.sandbox.workspace.views[desk.sandbox.workspace.view_of[REVIEWER]])
    await desk.submit(REVIEWER, "Every refund is paid twice, 999 euro [1].", anyway={"anyway_input": ["anyway"]})
    assert "999 euro" in shown(await desk.reply_to(question, 2))
    review = await _review_of(desk, card)
    assert review.sent_anyway
    events = await desk.store.reviews.events(review.review_id)
    assert events[-1].what == "edited, sent anyway"
    await _changed(desk, card, "not every sentence could be proved")


async def _quote(desk: Desk, card: Message) -> tuple[int, str]:
    review = await _review_of(desk, card)
    assert review.case.draft is not None
    citation = review.case.draft.citations[0]
    return citation.marker, citation.quote


async def test_the_asker_is_asked_back_and_the_answer_reaches_the_card(desk: Desk) -> None:
    question = await desk.ask(_DOUBTFUL)
    card = await desk.card()
    await desk.press(REVIEWER, card, "Ask back")
    await desk.submit(REVIEWER, "Was it paid by card?")
    assert "Was it paid by card?" in shown(await desk.reply_to(question, 2))
    await _changed(desk, card, "Waiting for the asker")
    await desk.sandbox.acts.post(ASKER, SUPPORT, "Yes, by card, last week.", question.ts)
    assert "passed that on to the reviewer" in shown(await desk.reply_to(question, 3))
    await _changed(desk, card, "Yes, by card, last week.")
    thread = [m for m in desk.messages(REVIEWS) if m.thread_ts == card.ts]
    assert "Yes, by card, last week." in shown(thread[0])
    await desk.press(REVIEWER, card, "Ask back")
    await desk.submit(REVIEWER, "Is it the first time?")
    await desk.reply_to(question, 4)
    await desk.sandbox.acts.post(ASKER, SUPPORT, "Yes", question.ts)
    assert "passed that on to the reviewer" in shown(await desk.reply_to(question, 5))
    await desk.press(REVIEWER, card, "Approve")
    assert "Approved by" in shown(await desk.reply_to(question, 6))


async def test_reviewers_are_reminded_once_and_a_review_that_nobody_decides_ends_with_a_word_to_the_asker(
    own_data: Path, articles: Path
) -> None:
    clock = Clock()
    async with workspace(own_data, articles, now=clock, channels=APPROVAL) as desk:
        question = await desk.ask(_DOUBTFUL)
        card = await desk.card()
        review = await _review_of(desk, card)

        async def later(hours: float) -> None:
            clock.move(hours=hours)
            await desk.bot.maintenance.sweep()
            await desk.bot.maintenance.sweep()

        await later(5)
        (reminder,) = await desk.until(lambda: [m for m in desk.messages(REVIEWS) if m.thread_ts == card.ts], 1)
        assert "still waiting for a reviewer" in shown(reminder)
        assert len(desk.replies(question)) == 1
        await later(95)
        assert "Nobody could look at your question in time" in shown(await desk.reply_to(question, 2))
        await _changed(desk, card, "Ended without a decision")
        assert len([m for m in desk.messages(REVIEWS) if m.thread_ts == card.ts]) == 1
        events = await desk.store.reviews.events(review.review_id)
        assert [event.what for event in events] == ["opened", "reminded", "expired"]


async def test_two_reviewers_at_the_same_time_500_times_make_one_decision_each(desk: Desk) -> None:
    await desk.ask(_DOUBTFUL)
    first = await _review_of(desk, await desk.card())
    reviews, store = desk.bot.use_cases.reviews, desk.store
    won = refused = 0
    for number in range(500):
        review = first.model_copy(update={"review_id": f"race-{number}", "state": "open"})
        async with store.transaction() as tx:
            assert await tx.reviews.open(review)

        async def press(reviewer: str, review_id: str = review.review_id) -> Review:
            state = "approved" if reviewer == REVIEWER else "rejected"
            decision = Decision(state=state, reviewer_id=reviewer, note="no")
            return await reviews.decide(review_id, decision, await desk.bot.runtime.boards.decided_by(reviewer))

        ended = await asyncio.gather(press(REVIEWER), press(ADMIN), return_exceptions=True)
        won += sum(isinstance(end, Review) for end in ended)
        refused += sum(isinstance(end, AlreadyDecidedError) for end in ended)
        decided = await store.reviews.get(review.review_id)
        assert decided is not None
        winners = [end for end in ended if isinstance(end, Review)]
        assert decided.decided_by == winners[0].decided_by
        assert len(await store.reviews.events(review.review_id)) == 2
    # Every key is known by now: each decision has queued its message.
    unsent = [n for n in range(500) if await store.outbox.add([f"decided:race-{n}"], "{}")]
    assert (won, refused, unsent) == (500, 500, [])


async def test_pressing_on_a_card_twice_at_once_sends_one_answer(desk: Desk) -> None:
    question = await desk.ask(_DOUBTFUL)
    card = await desk.card()
    await asyncio.gather(desk.press(REVIEWER, card, "Approve"), desk.press(ADMIN, card, "Approve"))
    assert "Approved by" in shown(await desk.reply_to(question, 2))
    # With the answer and the refusal, both presses have come to their end.
    told = await desk.until(lambda: [*desk.hidden(REVIEWER), *desk.hidden(ADMIN)], 1)
    await desk.settled()
    assert len(desk.replies(question)) == 2
    assert len(told) == 1
    assert "Nothing was changed. Approved by" in told[0].text


async def test_reviewers_of_a_channel_decide_its_reviews_and_get_its_cards(own_data: Path, articles: Path) -> None:
    channels = {SUPPORT: {"reviewers": [ADMIN], "reviewers_channel": REVIEWS, "auto_answer": False}}
    async with workspace(own_data, articles, channels=channels) as desk:
        await desk.ask(_DOUBTFUL)
        review = await _review_of(desk, await desk.card())
        with pytest.raises(NotAllowedError):
            await desk.bot.use_cases.reviews.claim(review.review_id, REVIEWER)
        assert (await desk.bot.use_cases.reviews.claim(review.review_id, ADMIN)).claimed_by == ADMIN


async def test_a_claim_ends_by_itself(desk: Desk) -> None:
    await desk.ask(_DOUBTFUL)
    review = await _review_of(desk, await desk.card())
    reviews = desk.bot.use_cases.reviews
    await reviews.claim(review.review_id, REVIEWER)
    with pytest.raises(ClaimedError):
        await reviews.claim(review.review_id, ADMIN)
    later = replace(reviews, now=lambda: datetime.now(UTC) + timedelta(hours=2))
    assert (await later.claim(review.review_id, ADMIN)).claimed_by == ADMIN


async def test_with_auto_answer_off_a_proved_answer_waits_for_approval_and_approving_sends_it(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, channels={SUPPORT: {"auto_answer": False}}) as desk:
        question = await desk.ask("When does the first payment reminder go out?")
        assert "A person will check this" in shown(await desk.exactly_one_reply(question))
        card = await desk.card()
        assert "In this channel a reviewer approves every answer first" in shown(card)
        await desk.press(REVIEWER, card, "Approve")
        assert "7 days after the due date" in shown(await desk.reply_to(question, 2))


async def test_app_home_lists_filters_and_decides_in_bulk(desk: Desk) -> None:
    for text in (_DOUBTFUL, "Can I pay by card?", "How do I switch on two-step login?"):
        await desk.ask(text)
    cards = await desk.until(lambda: desk.messages(REVIEWS), 3)
    await desk.open_home(REVIEWER)
    home = json.dumps(await desk.home(REVIEWER, "Reviews: 3 waiting"))
    assert all(text in home for text in (_DOUBTFUL, "How do I switch on two-step login?"))
    ids = [card.metadata["event_payload"]["request_id"] for card in cards if card.metadata]
    await desk.press_home(REVIEWER, "home_claim_selected", ids[:1])
    await _changed(desk, cards[0], f"Claimed by <@{REVIEWER}>")
    # The claim shows its Home after its card: chosen between the two, the filter would be shown and overwritten.
    await desk.home(REVIEWER, f"Claimed by <@{REVIEWER}>")
    await desk.choose(REVIEWER, "home_filter", "mine")
    mine = json.dumps(await desk.home(REVIEWER, '"private_metadata": "mine:0"'))
    assert mine.count('"review_approve"') == 1
    await desk.press_home(REVIEWER, "home_reject_selected", ids)
    await desk.submit(REVIEWER, "Ask billing, please.")
    for card in cards:
        await _changed(desk, card, "Rejected by")
    await desk.home(REVIEWER, "Reviews: 0 waiting")
    await desk.choose(REVIEWER, "home_filter", "decided")
    assert "Rejected by" in json.dumps(await desk.home(REVIEWER, '"private_metadata": "decided:0"'))


async def test_app_home_has_pages(desk: Desk) -> None:
    await desk.ask(_DOUBTFUL)
    first = await _review_of(desk, await desk.card())
    for number in range(9):
        update = {"review_id": f"more-{number}", "question": f"Question {number}?"}
        await desk.store.reviews.open(first.model_copy(update=update))
    await desk.open_home(REVIEWER)
    assert "Question 8?" not in json.dumps(await desk.home(REVIEWER, "Page 1 of 2"))
    await desk.press_home(REVIEWER, "home_next", [], "1")
    assert "Question 8?" in json.dumps(await desk.home(REVIEWER, "Page 2 of 2"))
    await desk.press_home(REVIEWER, "home_next", [], "999")
    await desk.home(REVIEWER, "Page 2 of 2")


async def test_app_home_shows_nothing_of_others_reviews_or_of_operations_to_an_asker(desk: Desk) -> None:
    await desk.ask(_DOUBTFUL, REVIEWER)
    await desk.card()
    await desk.open_home(ASKER)
    home = json.dumps(await desk.home(ASKER, "I answer from your team"))
    assert _DOUBTFUL not in home
    assert "How it is going" not in home


async def test_app_home_shows_admins_how_it_goes_with_a_picture(desk: Desk) -> None:
    await desk.exactly_one_reply(await desk.ask("When does the first payment reminder go out?"))
    await desk.open_home(ADMIN)
    home = json.dumps(await desk.home(ADMIN, "How it is going"), ensure_ascii=False)
    assert "38 documents" in home
    assert "█" in home
    await desk.press_home(ADMIN, "home_reindex", [])
    await desk.until(lambda: [m for m in desk.messages("D0ADMIN") if "Reindexed: 38" in m.text], 1)


async def test_a_forged_press_in_app_home_changes_nothing(desk: Desk) -> None:
    question = await desk.ask(_DOUBTFUL)
    review = await _review_of(desk, await desk.card())
    await desk.open_home(ASKER)
    await desk.home(ASKER, "I answer from your team")
    await desk.press_home(ASKER, "review_approve", [], review.review_id)
    await desk.home(ASKER, "Only reviewers may decide this")
    await desk.press_home(ASKER, "home_reindex", [])
    assert "Only admins" in (await desk.until(lambda: desk.messages("D0ASKER"), 1))[0].text
    assert len(desk.replies(question)) == 1
