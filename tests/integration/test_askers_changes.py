"""What askers do to their reviews when others ask the same, mention the bot, or the bot was interrupted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.desk.questions import request_id_of
from bot.desk.rewording import redraft, reword
from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import Message
from bot.store.records import Review

_QUESTION = "Can I get my money back?"
_DIRECT = "D0ASKER"


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(own_data, articles, channels=APPROVAL | {"D0ADMIN": {"auto_answer": False}}) as running:
        yield running


async def _waiting(desk: Desk, user: str = ASKER, channel: str = SUPPORT) -> tuple[Message, Message]:
    question = await desk.ask(_QUESTION, user, channel)
    await desk.exactly_one_reply(question)
    return question, (await desk.until(lambda: _cards(desk), 1))[-1]


def _cards(desk: Desk) -> list[Message]:
    return [message for message in desk.messages(REVIEWS) if not message.thread_ts]


async def _review_of(desk: Desk, card: Message) -> Review:
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review is not None
    return review


async def _say(desk: Desk, question: Message, text: str, user: str = ASKER) -> Message:
    return await desk.sandbox.acts.post(user, question.channel, text, question.ts)


async def _card_with(desk: Desk, card: Message, words: str) -> None:
    await desk.until(lambda: [c for c in [card] if words in shown(c)], 1)


async def test_news_and_never_mind_are_understood_with_a_mention(desk: Desk) -> None:
    question, card = await _waiting(desk)
    # Once somebody else has spoken in the thread, only a mention reaches the bot.
    await _say(desk, question, "I would like to know that too.", ADMIN)
    await _say(desk, question, "@Citedesk any news?")
    assert "Nobody has started on it yet." in shown(await desk.reply_to(question, 2))
    await _say(desk, question, "@Citedesk never mind")
    assert "taken your question back" in shown(await desk.reply_to(question, 3))
    assert (await _review_of(desk, card)).state == "withdrawn"


async def test_a_question_that_is_taken_back_twice_takes_back_nobody_elses(desk: Desk) -> None:
    first, card = await _waiting(desk)
    second = await desk.ask("Can I get my money back!", ADMIN)
    await desk.exactly_one_reply(second)
    await _say(desk, first, "never mind")
    await desk.reply_to(first, 2)
    await desk.sandbox.acts.delete(ASKER, SUPPORT, first.ts)
    await desk.settled()
    review = await _review_of(desk, card)
    assert (review.state, review.askers) == ("open", (ADMIN,))
    # Whoever is left edits and deletes their own message.
    edited = "When does the first payment reminder go out?"
    await desk.sandbox.acts.edit(ADMIN, SUPPORT, second.ts, f"@Citedesk {edited}")
    await _card_with(desk, card, edited)
    await desk.sandbox.acts.delete(ADMIN, SUPPORT, second.ts)
    await _card_with(desk, card, "was taken back")


async def test_the_answer_goes_to_who_is_left_with_their_own_request_and_words(desk: Desk) -> None:
    first, card = await _waiting(desk, ASKER, SUPPORT)
    second = await desk.ask("Can I get my money back!", ADMIN)
    await desk.exactly_one_reply(second)
    joined = (await _review_of(desk, card)).joined[0].request_id
    await _say(desk, first, "never mind")
    await desk.reply_to(first, 2)
    await desk.press(REVIEWER, card, "Approve")
    told = shown(await desk.reply_to(second, 2))
    assert f"{joined}:up\\nCan I get my money back!" in told
    assert _QUESTION not in told


async def test_an_answer_to_a_reviewer_that_sounds_like_asking_for_news_is_passed_on(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await desk.press(REVIEWER, card, "Ask back")
    await desk.submit(REVIEWER, "What did the bank say?")
    await desk.reply_to(question, 2)
    await _say(desk, question, "any news?")
    assert "has a question for you" in shown(await desk.reply_to(question, 3))
    await _say(desk, question, "No answer yet")
    assert "passed that on" in shown(await desk.reply_to(question, 4))
    assert (await _review_of(desk, card)).exchange[-1].text == "No answer yet"


async def test_a_withdrawal_is_confirmed_even_if_the_bot_ends_right_after_it(desk: Desk) -> None:
    question, card = await _waiting(desk)
    # The bot waits for Slack to update the card.
    desk.sandbox.api.fault = lambda method: Fault(stall_s=3) if method == "chat.update" else None
    said = await _say(desk, question, "never mind")
    # The store tells nobody of a change.
    while (await _review_of(desk, card)).state == "open":  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    key = f"slack:message:T0SANDBOX:{SUPPORT}:{said.ts}"
    assert await desk.store.inbox.payload(key) is None
    assert await desk.store.outbox.states(request_id_of(key))


async def test_a_deletion_is_stored_before_slack_is_told_that_it_arrived(desk: Desk) -> None:
    question, card = await _waiting(desk)
    async with desk.store.transaction():
        # While this transaction lasts, nothing can be stored.
        await desk.sandbox.acts.delete(ASKER, SUPPORT, question.ts)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.delivered(), 0.5)
    await desk.delivered()
    assert (await _review_of(desk, card)).state == "withdrawn"
    await _card_with(desk, card, "was taken back")


async def test_an_edit_that_changes_nothing_or_comes_twice_is_taken_once(desk: Desk) -> None:
    _, card = await _waiting(desk)
    await desk.exactly_one_reply(await desk.ask(_QUESTION, ADMIN))
    reviews, before = desk.bot.use_cases.reviews, await _review_of(desk, card)
    assert await reword(reviews, "T0SANDBOX", before.review_id, f"<@U0CITEDESK> {_QUESTION}") is None
    assert await _review_of(desk, card) == before
    for request_id in (before.review_id, before.joined[0].request_id):
        assert await reword(reviews, "T0SANDBOX", request_id, "Can I get my fees back?")
        assert await reword(reviews, "T0SANDBOX", request_id, "Can I get my fees back?") is None
    after = await _review_of(desk, card)
    assert [turn.text for turn in after.exchange] == ["Can I get my fees back?"] * 2
    assert (after.question, after.case) == (before.question, before.case)


async def test_a_draft_of_an_older_wording_does_not_replace_a_newer_one(desk: Desk) -> None:
    _, card = await _waiting(desk)
    reviews, review_id = desk.bot.use_cases.reviews, (await _review_of(desk, card)).review_id
    older = await reword(reviews, "T0SANDBOX", review_id, "How do I change my password?")
    newer = await reword(reviews, "T0SANDBOX", review_id, "When does the first payment reminder go out?")
    assert older
    assert newer
    assert newer.case.draft is None
    drafted = await redraft(reviews, newer)
    assert drafted
    assert drafted.case.draft
    assert await redraft(reviews, older) is None
    assert await _review_of(desk, card) == drafted


async def test_a_draft_is_not_put_under_the_hands_of_a_reviewer_who_has_claimed_meanwhile(desk: Desk) -> None:
    _, card = await _waiting(desk)
    reviews, review_id = desk.bot.use_cases.reviews, (await _review_of(desk, card)).review_id
    reworded = await reword(reviews, "T0SANDBOX", review_id, "When does the first payment reminder go out?")
    claimed = await reviews.claim(review_id, REVIEWER)
    assert reworded
    assert await redraft(reviews, reworded) is None
    assert await _review_of(desk, card) == claimed


async def test_an_edited_follow_up_keeps_the_question_that_was_read_from_its_thread(desk: Desk) -> None:
    _, card = await _waiting(desk)
    read = (await _review_of(desk, card)).model_copy(update={"own_words": "and my mony?"})
    await desk.store.reviews.save(read, ASKER, "test")
    reviews = desk.bot.use_cases.reviews
    reworded = await reword(reviews, "T0SANDBOX", read.review_id, "and my money?")
    assert reworded
    assert (reworded.question, reworded.case, reworded.own_words) == (read.question, read.case, "and my money?")
    assert reworded.exchange[-1].text == "and my money?"
    assert await redraft(reviews, reworded) is None


async def test_an_edited_question_that_cannot_be_drafted_keeps_its_sources(desk: Desk) -> None:
    _, card = await _waiting(desk)
    before = await _review_of(desk, card)
    edited = "Can I get my money back? " * 2000
    reworded = await reword(desk.bot.use_cases.reviews, "T0SANDBOX", before.review_id, edited)
    assert reworded
    assert await redraft(desk.bot.use_cases.reviews, reworded) is None
    after = await _review_of(desk, card)
    assert (after.case.draft, after.case.sources) == (None, before.case.sources)
    assert before.case.sources


@pytest.fixture
async def silent(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    """Return a workspace in which nothing is answered, so that askers want a person."""
    async with workspace(own_data, articles, limits={"sufficiency_quote": 1.0}) as running:
        yield running


async def test_who_took_a_question_back_can_ask_a_person_again(silent: Desk) -> None:
    question = await silent.ask("Is there a Linux app?")
    reply = await silent.exactly_one_reply(question)
    await silent.press(ASKER, reply, "Ask a person")
    told = shown(await silent.reply_to(question, 2)).splitlines()[0]
    card = await silent.card()
    await _say(silent, question, "never mind")
    await silent.reply_to(question, 3)
    await silent.press(ASKER, reply, "Ask a person")
    assert shown(await silent.reply_to(question, 4)).splitlines()[0] == told
    again = await silent.card(2)
    assert "Is there a Linux app?" in shown(again)
    review = await _review_of(silent, card)
    assert review.state == "open"
    assert [e.what for e in await silent.store.reviews.events(review.review_id)] == ["opened", "withdrawn", "opened"]
    await silent.press(ASKER, reply, "Ask a person")
    assert "has your question already" in shown(await silent.reply_to(question, 5))
    assert len(_cards(silent)) == 2


async def test_who_joined_and_took_the_question_back_can_join_again(silent: Desk) -> None:
    asked = [await silent.ask("Is there a Linux app?", user) for user in (ASKER, ADMIN)]
    replies = [await silent.reply_to(question) for question in asked]
    for user, reply, question in zip((ASKER, ADMIN), replies, asked, strict=True):
        await silent.press(user, reply, "Ask a person")
        await silent.reply_to(question, 2)
    card = await silent.card()
    await _say(silent, asked[1], "never mind", ADMIN)
    await silent.reply_to(asked[1], 3)
    assert (await _review_of(silent, card)).askers == (ASKER,)
    await silent.press(ADMIN, replies[1], "Ask a person")
    await silent.reply_to(asked[1], 4)
    assert (await _review_of(silent, card)).askers == (ASKER, ADMIN)
