"""What a review card shows, and an answer that a reviewer writes in the card's thread."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.relabelling import LEAD, LEADS_QUESTION, LEADS_TEXT, world
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import Message

_QUESTION = "Can I get my money back?"


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(own_data, articles, channels=APPROVAL) as running:
        yield running


@pytest.fixture
async def silent(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    """Return a workspace in which nothing is answered, so that askers want a person."""
    async with workspace(own_data, articles, limits={"sufficiency_quote": 1.0}) as running:
        yield running


async def _without_draft(desk: Desk) -> tuple[Message, Message]:
    question = await desk.ask("Is there a Linux app?")
    await desk.press(ASKER, await desk.exactly_one_reply(question), "Ask a person")
    return question, await desk.card()


def _below(desk: Desk, card: Message) -> list[Message]:
    return [m for m in desk.messages(REVIEWS) if m.thread_ts == card.ts and m.user not in {REVIEWER, ADMIN}]


async def _reply(desk: Desk, card: Message, text: str, user: str = REVIEWER) -> None:
    await desk.sandbox.acts.post(user, REVIEWS, text, card.ts)


async def test_the_card_links_the_channel_and_the_thread(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    card = shown(await desk.card())
    assert f"<#{SUPPORT}>" in card
    assert f"https://slack.com/archives/{SUPPORT}/p{question.ts.replace('.', '')}" in card


async def test_a_question_from_a_direct_message_has_no_link(desk: Desk) -> None:
    await desk.ask(_QUESTION, ASKER, "D0ASKER")
    card = shown(await desk.card())
    assert "Asked in a direct message" in card
    assert "slack.com/archives" not in card


async def test_draft_and_answer_are_numbered_from_one(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    card = await desk.card()
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review
    assert [source.marker for source in review.case.sources] == list(range(1, len(review.case.sources) + 1))
    await desk.press(REVIEWER, card, "Approve")
    assert "[1]" in shown(await desk.reply_to(question, 2))


async def test_a_code_stands_on_the_card_once(desk: Desk) -> None:
    await desk.ask(_QUESTION)
    card = await desk.card()
    assert card.metadata is not None
    assert str(card.blocks).count(card.metadata["event_payload"]["request_id"] + "`") == 1
    assert "APPROVAL_REQUIRED" not in shown(card)


async def test_without_a_draft_the_button_and_its_modal_say_write_an_answer(silent: Desk) -> None:
    _, card = await _without_draft(silent)
    assert "There is no draft" in shown(card)
    await silent.press(REVIEWER, card, "Write an answer")
    view = silent.sandbox.workspace.views[await silent.modal(REVIEWER)]
    assert view["title"]["text"] == "Write an answer"


async def test_a_rejection_needs_no_reason_and_tells_the_asker_what_to_do_next(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    await desk.press(REVIEWER, await desk.card(), "Reject")
    view = desk.sandbox.workspace.views[await desk.modal(REVIEWER)]
    assert "You may leave this empty." in str(view)
    assert view["blocks"][-1]["optional"]
    await desk.submit(REVIEWER, "")
    told = shown(await desk.reply_to(question, 2))
    assert "could not confirm an answer" in told
    assert "ask a colleague" in told


async def test_home_shows_the_sources_of_each_row(desk: Desk) -> None:
    await desk.ask(_QUESTION)
    await desk.card()
    await desk.open_home(REVIEWER)
    home = str(await desk.home(REVIEWER, "Reviews: 1 waiting"))
    assert "[1] " in home
    assert "approval required" not in home


async def test_a_reply_below_the_card_is_sent_once_a_reviewer_confirms_it(silent: Desk) -> None:
    question, card = await _without_draft(silent)
    await _reply(silent, card, "No, there is none & none is planned.")
    preview = (await silent.until(lambda: _below(silent, card), 1))[0]
    assert "Send this as the answer?" in shown(preview)
    assert "The documents do not prove this:" in shown(preview)
    assert len(silent.replies(question)) == 2
    await silent.press(REVIEWER, preview, "Send it anyway")
    told = shown(await silent.reply_to(question, 3))
    assert "No, there is none" in told
    assert f"by <@{REVIEWER}>" in told
    await silent.until(lambda: [m for m in [preview] if "Sent by" in shown(m)], 1)


async def test_what_the_documents_prove_is_sent_without_more_ado(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    card = await desk.card()
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review
    assert review.case.draft
    citation = review.case.draft.citations[0]
    await _reply(desk, card, f"{citation.quote} [{citation.marker}]")
    preview = (await desk.until(lambda: _below(desk, card), 1))[0]
    await desk.press(REVIEWER, preview, "Send it")
    assert "Edited and approved by" in shown(await desk.reply_to(question, 2))


async def test_a_discarded_proposal_loses_its_text(silent: Desk) -> None:
    question, card = await _without_draft(silent)
    await _reply(silent, card, "Only on Sundays.")
    preview = (await silent.until(lambda: _below(silent, card), 1))[0]
    await silent.press(REVIEWER, preview, "Discard")
    await silent.until(lambda: [m for m in [preview] if "Discarded" in shown(m)], 1)
    assert "Only on Sundays." not in shown(preview)
    assert len(silent.replies(question)) == 2


async def test_somebody_who_may_not_decide_can_neither_propose_nor_send(silent: Desk) -> None:
    question, card = await _without_draft(silent)
    await _reply(silent, card, "I think there is one.", ADMIN)
    await silent.settled()
    assert _below(silent, card) == []
    await _reply(silent, card, "There is none.")
    preview = (await silent.until(lambda: _below(silent, card), 1))[0]
    await silent.press(ADMIN, preview, "Send it anyway")
    await silent.until(lambda: [m for m in silent.hidden(ADMIN) if "Only reviewers" in m.text], 1)
    assert len(silent.replies(question)) == 2


@pytest.mark.parametrize("text", ["ok", "thanks!", "Does anybody know this?", "@Alex please look"])
async def test_talk_between_reviewers_proposes_nothing(text: str, silent: Desk) -> None:
    _, card = await _without_draft(silent)
    await _reply(silent, card, text)
    await silent.settled()
    assert _below(silent, card) == []


async def test_below_a_decided_card_nothing_is_proposed(desk: Desk) -> None:
    question = await desk.ask(_QUESTION)
    card = await desk.card()
    await desk.press(REVIEWER, card, "Approve")
    await desk.reply_to(question, 2)
    await _reply(desk, card, "By the way, only within 14 days.")
    await desk.settled()
    assert _below(desk, card) == []


async def test_below_a_card_that_they_may_not_decide_a_reviewer_proposes_nothing(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    channels = {"D0LEAD": {"auto_answer": False}}
    async with world(own_data, articles, tmp_path, channels=channels) as desk:
        _, card = await desk.waiting(LEADS_QUESTION, LEAD, "D0LEAD")
        assert LEADS_TEXT not in shown(card)
        await _reply(desk, card, "It is up to them.", ADMIN)
        await desk.settled()
        assert _below(desk, card) == []
        await _reply(desk, card, "It is up to you.")
        preview = (await desk.until(lambda: _below(desk, card), 1))[0]
        assert LEADS_TEXT not in shown(preview)
        await desk.open_home(ADMIN)
        assert "Refund exceptions" not in str(await desk.home(ADMIN, "Reviews: "))
