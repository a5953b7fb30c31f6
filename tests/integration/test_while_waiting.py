"""While a person is checking: what the asker is told, and what they can do about their question."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.clock import Clock
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import Message
from bot.store.records import Review

_QUESTION = "Can I get my money back?"
_DIRECT = "D0ASKER"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(own_data: Path, articles: Path, clock: Clock) -> AsyncIterator[Desk]:
    channels = APPROVAL | {"D0ADMIN": {"auto_answer": False}}
    async with workspace(own_data, articles, channels=channels, now=clock) as running:
        yield running


@pytest.fixture
async def silent(own_data: Path, articles: Path, clock: Clock) -> AsyncIterator[Desk]:
    """Return a workspace in which nothing is answered, so that askers want a person."""
    async with workspace(own_data, articles, limits={"sufficiency_quote": 1.0}, now=clock) as running:
        yield running


async def _waiting(desk: Desk, user: str = ASKER, channel: str = SUPPORT) -> tuple[Message, Message]:
    before = len(_cards(desk))
    question = await desk.ask(_QUESTION, user, channel)
    await desk.exactly_one_reply(question)
    return question, (await desk.until(lambda: _cards(desk), before + 1))[-1]


def _cards(desk: Desk) -> list[Message]:
    return [message for message in desk.messages(REVIEWS) if not message.thread_ts]


async def _review_of(desk: Desk, card: Message) -> Review:
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review is not None
    return review


async def _say(desk: Desk, question: Message, text: str, user: str = ASKER) -> None:
    await desk.sandbox.acts.post(user, question.channel, text, question.ts)


async def _card_with(desk: Desk, card: Message, words: str) -> None:
    await desk.until(lambda: [c for c in [card] if words in shown(c)], 1)


async def test_the_asker_reads_who_will_look_without_notifying_them_and_no_invented_time(desk: Desk) -> None:
    question, _ = await _waiting(desk)
    told = shown(await desk.reply_to(question))
    assert "Robin will look at it." in told
    assert f"<@{REVIEWER}>" not in told
    assert "usually" not in told


async def test_how_long_it_takes_is_told_once_enough_reviews_were_decided(desk: Desk, clock: Clock) -> None:
    for _ in range(5):
        question, card = await _waiting(desk)
        clock.move(hours=2)
        await desk.press(REVIEWER, card, "Reject")
        await desk.submit(REVIEWER, "")
        await desk.reply_to(question, 2)
        # Sooner, the same question would get no card of its own.
        clock.move(days=8)
    question, _ = await _waiting(desk, ADMIN)
    assert "That usually takes about 2 hours." in shown(await desk.reply_to(question))


async def test_news_of_an_open_review_are_told_in_its_thread(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await _say(desk, question, "Any news?")
    assert "Nobody has started on it yet." in shown(await desk.reply_to(question, 2))
    await desk.press(REVIEWER, card, "Claim")
    await _card_with(desk, card, "Claimed by")
    await _say(desk, question, "any update on this please?")
    assert "Robin is working on it." in shown(await desk.reply_to(question, 3))
    assert len(_cards(desk)) == 1


async def test_news_name_the_reminder_and_in_direct_messages_the_question(desk: Desk, clock: Clock) -> None:
    await _waiting(desk, ASKER, _DIRECT)
    clock.move(hours=5)
    await desk.bot.maintenance.sweep()
    asked = await desk.ask("any news?", ASKER, _DIRECT)
    told = shown(await desk.reply_to(asked))
    assert f"“{_QUESTION}”" in told
    assert "I have reminded the reviewers." in told


async def test_never_mind_takes_the_question_back_and_the_card_says_so(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await _say(desk, question, "never mind, found it")
    assert "taken your question back" in shown(await desk.reply_to(question, 2))
    await _card_with(desk, card, "The question was taken back")
    assert "Approve" not in shown(card)
    review = await _review_of(desk, card)
    assert review.state == "withdrawn"
    assert [e.what for e in await desk.store.reviews.events(review.review_id)] == ["opened", "withdrawn"]


@pytest.mark.parametrize("text", ["never mind the price, how do I cancel?", "don't close this", "cancel it"])
async def test_a_message_that_says_more_takes_nothing_back(text: str, desk: Desk) -> None:
    question, card = await _waiting(desk)
    await _say(desk, question, text)
    await desk.settled()
    assert (await _review_of(desk, card)).state == "open"


async def test_only_the_asker_can_take_a_question_back(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await _say(desk, question, "never mind", ADMIN)
    await _say(desk, question, "@Citedesk never mind", ADMIN)
    await desk.settled()
    assert (await _review_of(desk, card)).state == "open"
    await _say(desk, question, "@Citedesk never mind")
    await _card_with(desk, card, "was taken back")
    assert (await _review_of(desk, card)).state == "withdrawn"


async def test_a_question_that_was_taken_back_is_no_gap(silent: Desk) -> None:
    question = await silent.ask("Is there a Linux app?")
    await silent.press(ASKER, await silent.exactly_one_reply(question), "Ask a person")
    card = await silent.card()
    name = silent.bot.use_cases.questions.embedder.name
    assert len(await silent.store.gaps.since("T0SANDBOX", name, 7)) == 1
    await silent.reply_to(question, 2)
    await _say(silent, question, "hat sich erledigt")
    await silent.reply_to(question, 3)
    await _card_with(silent, card, "taken back")
    assert await silent.store.gaps.since("T0SANDBOX", name, 7) == []


async def test_the_review_goes_on_for_others_who_ask(desk: Desk) -> None:
    first, card = await _waiting(desk)
    second = await desk.ask(_QUESTION, ADMIN)
    await desk.exactly_one_reply(second)
    await _say(desk, first, "never mind")
    await desk.reply_to(first, 2)
    assert (await _review_of(desk, card)).askers == (ADMIN,)
    await desk.press(REVIEWER, card, "Approve")
    assert f"Approved by <@{REVIEWER}>" in shown(await desk.reply_to(second, 2))
    await desk.settled()
    assert len(desk.replies(first)) == 2


async def test_deleting_the_question_takes_it_back(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await desk.sandbox.acts.delete(ASKER, SUPPORT, question.ts)
    await _card_with(desk, card, "The question was taken back")
    assert (await _review_of(desk, card)).state == "withdrawn"


async def test_editing_the_question_changes_the_card_and_its_draft(desk: Desk) -> None:
    question, card = await _waiting(desk)
    before = await _review_of(desk, card)
    edited = "When does the first payment reminder go out?"
    await desk.sandbox.acts.edit(ASKER, SUPPORT, question.ts, f"@Citedesk {edited}")
    await _card_with(desk, card, edited)
    # The card loses the draft of the old wording at once, and gets the new one when it is written.
    await _card_with(desk, card, "7 days after the due date")
    after = await _review_of(desk, card)
    assert after.question == edited
    assert after.case.draft
    assert after.case.draft != before.case.draft
    await desk.press(REVIEWER, card, "Approve")
    assert "7 days after the due date" in shown(await desk.reply_to(question, 2))


async def test_editing_a_claimed_question_keeps_the_draft_under_the_reviewers_hands(desk: Desk) -> None:
    question, card = await _waiting(desk)
    draft = (await _review_of(desk, card)).case.draft
    await desk.press(REVIEWER, card, "Claim")
    await _card_with(desk, card, "Claimed by")
    await desk.sandbox.acts.edit(ASKER, SUPPORT, question.ts, "@Citedesk Can I get all my money back?")
    await _card_with(desk, card, "Can I get all my money back?")
    assert (await _review_of(desk, card)).case.draft == draft


async def test_what_one_of_several_askers_edits_stands_below_the_question(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await desk.exactly_one_reply(await desk.ask(_QUESTION, ADMIN))
    await desk.sandbox.acts.edit(ASKER, SUPPORT, question.ts, "@Citedesk Can I get my fees back?")
    await _card_with(desk, card, "Can I get my fees back?")
    assert _QUESTION in shown(card)


async def test_asked_again_in_its_thread_by_anybody_a_question_gets_no_second_card(desk: Desk) -> None:
    question, card = await _waiting(desk)
    await _say(desk, question, "Could I get my money back?")
    # Once somebody else speaks in the thread, a message without a mention is not for the bot.
    await desk.reply_to(question, 2)
    await _say(desk, question, f"@Citedesk {_QUESTION}", ADMIN)
    await desk.reply_to(question, 3)
    await _card_with(desk, card, "Asked 3 times by 2 people")
    assert len(_cards(desk)) == 1


async def test_the_person_who_asked_stays_the_asker_whoever_presses_for_a_person(silent: Desk) -> None:
    question = await silent.ask("Is there a Linux app?")
    await silent.press(ADMIN, await silent.exactly_one_reply(question), "Ask a person")
    card = await silent.card()
    assert f"<@{ASKER}> asked" in shown(card)
    assert (await _review_of(silent, card)).askers == (ASKER,)


async def test_an_answer_after_a_command_repeats_the_question(desk: Desk) -> None:
    (told,) = await desk.command(ASKER, f"/citedesk ask {_QUESTION}")
    assert f"You asked: “{_QUESTION}”" in shown(told)
    await desk.press(REVIEWER, await desk.card(), "Approve")
    direct = await desk.until(lambda: [m for m in desk.messages(_DIRECT) if "Approved by" in shown(m)], 1)
    assert f"You asked: “{_QUESTION}”" in shown(direct[0])
