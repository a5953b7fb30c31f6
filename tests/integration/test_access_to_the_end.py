"""Nothing reaches a reader who may not read it today: cards, decisions, approved answers, lists and exports."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.relabelling import (
    ACCESS,
    FEES,
    LEAD,
    LEADS_QUESTION,
    LEADS_TEXT,
    OPEN_QUESTION,
    OPEN_TEXT,
    REMINDERS,
    World,
    world,
)
from support.scripted_llm import Step, scripted_llm
from support.teams import REVIEWS as TEAMS_REVIEWS
from support.teams import connector
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown

from bot.cli.review_export import ALL, as_jsonl, stored_reviews
from bot.sandbox.workspace import BOT_USER_ID, Channel, Message
from bot.store.records import Asked, Conversation, Decision, Gap, Review
from pipeline.types import Finding, FindingCode

_ALL_WAIT = {place: {"auto_answer": False} for place in (SUPPORT, "D0ASKER", "D0REVIEWER", "D0LEAD", "D0ADMIN")}


@pytest.fixture
async def desk(own_data: Path, articles: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with world(own_data, articles, tmp_path, channels=_ALL_WAIT) as running:
        yield running


def _only_reviewer(reviewer: str) -> dict[str, Any]:
    return ACCESS | {"reviewers": [reviewer]}


async def _review(desk: World, card: Message) -> Review:
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review is not None
    return review


async def test_a_card_hides_what_not_everybody_in_the_reviewers_channel_may_read_and_opens_it_in_private(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    # All reviewers may read it. Alex, who reads the channel along, may not.
    access = _only_reviewer(REVIEWER)
    async with world(own_data, articles, tmp_path, channels=_ALL_WAIT, access=access) as desk:
        _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
        assert LEADS_TEXT not in shown(card)
        assert "This draft quotes documents that not everybody in this channel may read." in shown(card)
        await desk.press(REVIEWER, card, "Show in private")
        view = json.dumps(desk.sandbox.workspace.views[await desk.modal(REVIEWER)])
        assert LEADS_TEXT in view
        await desk.press(ADMIN, card, "Show in private")
        await desk.told(ADMIN, "Only reviewers may decide this")


async def test_a_reviewer_who_may_not_read_it_is_refused_to_be_shown_it(desk: World) -> None:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    await desk.press(ADMIN, card, "Show in private")
    assert LEADS_TEXT not in (await desk.told(ADMIN, "a document that you may not read")).text
    assert ADMIN not in desk.sandbox.workspace.view_of


async def test_where_everybody_in_the_channel_may_read_it_the_card_shows_it(desk: World) -> None:
    members = frozenset({REVIEWER, BOT_USER_ID})
    desk.sandbox.workspace.channels[REVIEWS] = Channel(REVIEWS, "support-reviews", members, is_private=True)
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    assert LEADS_TEXT in shown(card)


async def test_a_card_in_a_public_channel_hides_it_because_the_whole_workspace_can_read_it(desk: World) -> None:
    members = frozenset({REVIEWER, BOT_USER_ID})
    desk.sandbox.workspace.channels[REVIEWS] = Channel(REVIEWS, "support-reviews", members)
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    assert LEADS_TEXT not in shown(card)


async def test_a_posted_card_is_emptied_when_its_document_becomes_restricted(desk: World) -> None:
    _, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    assert OPEN_TEXT in shown(card)
    await desk.relabel(REMINDERS, restricted=True)
    await desk.bot.maintenance.sweep()
    await desk.card_with(card, "not everybody in this channel may read")
    assert OPEN_TEXT not in shown(card)


async def test_a_posted_card_is_emptied_when_somebody_joins_who_may_not_read_it(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    access = ACCESS | {"refresh_s": 0.001}
    async with world(own_data, articles, tmp_path, channels=_ALL_WAIT, access=access) as desk:
        channels, members = desk.sandbox.workspace.channels, frozenset({REVIEWER, BOT_USER_ID})
        channels[REVIEWS] = Channel(REVIEWS, "support-reviews", members, is_private=True)
        _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
        assert LEADS_TEXT in shown(card)
        channels[REVIEWS] = Channel(REVIEWS, "support-reviews", members | {ADMIN}, is_private=True)
        await desk.bot.maintenance.sweep()
        assert LEADS_TEXT not in shown(card)


async def test_a_draft_whose_quote_has_changed_is_not_approved_and_is_drafted_again(desk: World) -> None:
    question, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    await desk.rewrite(REMINDERS, "7 days after", "19 days after")
    await desk.press(REVIEWER, card, "Approve")
    refusal = await desk.told(REVIEWER, "“Payment reminders” has changed since")
    assert "Nothing was sent. Press “Draft again”, or edit" in refusal.text
    assert len(desk.replies(question)) == 1
    assert (await _review(desk, card)).state == "open"
    await desk.card_with(card, "Draft again")
    assert "review_approve" not in shown(card)
    await desk.press(REVIEWER, card, "Draft again")
    await desk.card_with(card, "19 days after the due date")
    await desk.press(REVIEWER, card, "Approve")
    answer = shown(await desk.reply_to(question, 2))
    assert "19 days after the due date" in answer
    assert OPEN_TEXT not in answer


async def test_a_change_elsewhere_on_the_page_does_not_stand_in_the_way(desk: World) -> None:
    question, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    await desk.rewrite(REMINDERS, "who have not paid.", "who have not paid.\n\nReminders are sent by e-mail.")
    await desk.press(REVIEWER, card, "Approve")
    assert OPEN_TEXT in shown(await desk.reply_to(question, 2))


@pytest.mark.parametrize("change", ["restricted", "removed"])
async def test_a_draft_over_a_page_that_became_restricted_or_is_gone_is_not_posted(change: str, desk: World) -> None:
    question, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    if change == "restricted":
        await desk.relabel(REMINDERS, restricted=True)
        words = "Not everybody who would read the answer may read “Payment reminders”"
    else:
        await desk.remove(REMINDERS)
        words = "“Payment reminders” is no longer among the documents"
    await desk.press(REVIEWER, card, "Approve")
    await desk.told(REVIEWER, words)
    assert len(desk.replies(question)) == 1
    assert (await _review(desk, card)).state == "open"


async def test_an_edit_goes_out_only_without_the_source_that_the_place_may_not_read(desk: World) -> None:
    question, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    await desk.press(REVIEWER, card, "Edit")
    await desk.relabel(REMINDERS, restricted=True)
    draft = (await _review(desk, card)).case.draft
    assert draft is not None
    await desk.submit(REVIEWER, draft.answer)
    errors = desk.sandbox.workspace.view_errors[await desk.modal(REVIEWER)]
    assert "Not everybody who would read the answer may read “Payment reminders”" in errors["text"]
    assert len(desk.replies(question)) == 1
    await desk.submit(REVIEWER, "Please ask your lead.")
    await desk.submit(REVIEWER, "Please ask your lead.", anyway={"anyway_input": ["anyway"]})
    answer = shown(await desk.reply_to(question, 2))
    assert "Please ask your lead." in answer
    assert "Payment reminders" not in answer


async def test_a_reviewer_may_read_a_review_by_the_groups_of_today(desk: World) -> None:
    _, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    await desk.relabel(REMINDERS, restricted=True)
    for user, sees in ((REVIEWER, True), (ADMIN, False)):
        await desk.open_home(user)
        home = json.dumps(await desk.home(user, "Reviews: "))
        assert (OPEN_TEXT in home) is sees
    await desk.press(ADMIN, card, "Edit")
    await desk.told(ADMIN, "a document that you may not read")
    await desk.relabel(REMINDERS, restricted=False)
    await desk.press(ADMIN, card, "Edit")
    assert OPEN_TEXT in json.dumps(desk.sandbox.workspace.views[await desk.modal(ADMIN)])


async def test_a_draft_whose_document_is_gone_is_shown_to_nobody_and_can_be_rejected(desk: World) -> None:
    question, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    await desk.remove(FEES)
    await desk.bot.maintenance.sweep()
    await desk.press(REVIEWER, card, "Show in private")
    await desk.told(REVIEWER, "is no longer there, so nobody is shown the draft")
    await desk.press(REVIEWER, card, "Edit")
    edited = await desk.modal(REVIEWER)
    assert LEADS_TEXT not in json.dumps(desk.sandbox.workspace.views[edited])
    await desk.press(REVIEWER, card, "Reject")
    await desk.modal(REVIEWER, after=edited)
    await desk.submit(REVIEWER, "There is no rule for this now.")
    assert "There is no rule for this now." in shown(await desk.reply_to(question, 2))


async def test_what_is_not_done_in_bulk_is_named_with_the_reason(desk: World) -> None:
    _, first = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    _, second = await desk.waiting("Can I pay by card?", ASKER, SUPPORT)
    await desk.press(REVIEWER, first, "Claim")
    await desk.card_with(first, f"Claimed by <@{REVIEWER}>")
    ids = [(await _review(desk, card)).review_id for card in (first, second)]
    await desk.relabel(REMINDERS, restricted=True)
    await desk.open_home(ADMIN)
    await desk.home(ADMIN, "Reviews: 1 waiting")
    await desk.press_home(ADMIN, "home_claim_selected", ids)
    home = json.dumps(await desk.home(ADMIN, "Not claimed"))
    assert f"`{ids[0]}`: This draft cites a document that you may not read." in home
    assert ids[1] not in home.split("Not claimed")[1].split('"type"')[0]
    await desk.card_with(second, f"Claimed by <@{ADMIN}>")


async def test_an_approved_answer_that_comes_back_keeps_hiding_a_restricted_page_that_is_gone(desk: World) -> None:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    await desk.approve(card)
    await desk.remove(FEES)
    await desk.bot.maintenance.sweep()
    (again,) = [c for c in await desk.until(desk.cards, 2) if "has changed since" in shown(c)]
    assert LEADS_TEXT not in shown(again)


async def test_an_approved_answer_whose_text_has_changed_cannot_be_approved_again_as_it_was(desk: World) -> None:
    _, card = await desk.waiting(OPEN_QUESTION, ASKER, SUPPORT)
    await desk.press(REVIEWER, card, "Approve")
    await desk.card_with(card, "Approved by")
    await desk.rewrite(REMINDERS, "7 days after", "19 days after")
    await desk.bot.maintenance.sweep()
    (again,) = [c for c in await desk.until(desk.cards, 2) if "has changed since" in shown(c)]
    review_id = (await _review(desk, again)).review_id
    await desk.open_home(REVIEWER)
    await desk.home(REVIEWER, "Reviews: 1 waiting")
    await desk.press_home(REVIEWER, "review_approve", [], review_id)
    await desk.home(REVIEWER, "Nothing was sent")
    assert await desk.store.curated.counts() == {"stale": 1}


async def test_an_unproved_draft_is_shown_only_to_those_who_may_read_all_that_the_model_read(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    citation = {"marker": 1, "chunk_id": "invented", "quote": "Nobody wrote this."}
    told = {
        "status": "answered", "answer": f"A lead may refund {LEADS_TEXT}. [1]", "confidence": "high",
        "citations": [citation],
    }  # fmt: skip
    async with scripted_llm(Step(json.dumps(told))) as server:
        llm = {"provider": "openai", "base_url": server.url}
        async with world(own_data, articles, tmp_path, channels=_ALL_WAIT, llm=llm) as desk:
            _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
            review = await _review(desk, card)
            assert review.case.draft is not None
            assert LEADS_TEXT in review.case.draft.answer
            assert FEES not in {source.document_id for source in review.case.sources}
            assert LEADS_TEXT not in shown(card)


async def _decided(desk: World, review: Review, **fields: object) -> None:
    """Store a review under another id with these fields, as a model leaves them, and approve it."""
    waiting = review.model_copy(update={"review_id": "r-more", **fields})
    async with desk.store.transaction() as tx:
        await tx.reviews.open(waiting)
    await desk.bot.use_cases.reviews.decide("r-more", Decision(reviewer_id=REVIEWER, state="approved"))


async def test_an_approved_answer_from_an_unproved_draft_goes_only_to_those_who_may_read_all_that_the_model_read(
    desk: World,
) -> None:
    leads = await _review(desk, (await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER"))[1])
    review = await _review(desk, (await desk.waiting(OPEN_QUESTION, LEAD, "D0LEAD"))[1])
    assert review.case.draft is not None
    leaking = review.case.draft.model_copy(update={"answer": f"{review.case.draft.answer} Leads: {LEADS_TEXT}."})
    case = review.case.model_copy(
        update={"draft": leaking, "findings": (Finding(code=FindingCode.UNCITED_CLAIM, span=LEADS_TEXT),)}
    )
    await _decided(desk, review, question=LEADS_QUESTION, case=case, drawn_from=leads.case.sources)
    (answer,) = await desk.store.curated.live()
    assert FEES not in {source.document_id for source in answer.sources}
    for user, place in ((ASKER, "D0ASKER"), (LEAD, SUPPORT)):
        assert LEADS_TEXT not in shown(await desk.reply_to(await desk.ask(LEADS_QUESTION, user, place)))
    served = shown(await desk.reply_to(await desk.ask(LEADS_QUESTION, LEAD, "D0LEAD")))
    assert f"Leads: {LEADS_TEXT}" in served
    await desk.rewrite(REMINDERS, "7 days after", "19 days after")
    await desk.bot.maintenance.sweep()
    again = await desk.until(lambda: [c for c in desk.cards() if "has changed since" in shown(c)], 1)
    assert LEADS_TEXT not in shown(again[0])


async def test_a_rewritten_question_is_hidden_with_its_draft_on_a_card_that_comes_back_and_in_an_export(
    desk: World,
) -> None:
    review = await _review(desk, (await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER"))[1])
    await _decided(desk, review, question=f"What of more than {LEADS_TEXT}?", own_words="And more?")
    exported = await stored_reviews(desk.settings, ALL, frozenset())
    assert LEADS_TEXT not in as_jsonl(exported)
    assert "And more?" in as_jsonl(exported)
    assert LEADS_TEXT in as_jsonl(await stored_reviews(desk.settings, ALL, frozenset({"leads"})))
    await desk.remove(FEES)
    await desk.bot.maintenance.sweep()
    (again,) = await desk.until(lambda: [c for c in desk.cards() if "has changed since" in shown(c)], 1)
    assert LEADS_TEXT not in shown(again)
    assert "And more?" in shown(again)


async def test_a_question_that_was_rewritten_from_its_thread_is_shown_in_the_askers_own_words_where_the_draft_is_hidden(
    desk: World,
) -> None:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    review = await _review(desk, card)
    rewritten = review.model_copy(
        update={"review_id": "r-more", "question": f"What of more than {LEADS_TEXT}?", "own_words": "And more?"}
    )
    (message,) = await desk.bot.runtime.boards.cards(rewritten)
    assert LEADS_TEXT not in message.model_dump_json()
    assert "And more?" in message.model_dump_json()


async def test_a_gap_holds_what_its_asker_wrote_and_not_the_thread_that_it_was_read_with(own_desk: Desk) -> None:
    question = await own_desk.ask("Who painted the Mona Lisa?", ASKER, "D0ASKER")
    await own_desk.exactly_one_reply(question)
    await own_desk.sandbox.acts.post(ASKER, "D0ASKER", "and the second one?", question.ts)
    assert "Mona Lisa? and the second one?" in shown(await own_desk.reply_to(question, 2))
    await own_desk.settled()
    clusters = await own_desk.bot.use_cases.operations.gaps(ADMIN, "T0SANDBOX")
    held = {gap.question for cluster in clusters for gap in cluster.gaps}
    assert held == {"Who painted the Mona Lisa?", "and the second one?"}


async def test_gaps_name_documents_only_to_an_admin_who_may_read_them(desk: World) -> None:
    embedder = desk.bot.use_cases.questions.embedder
    gap = Gap(
        request_id="r-gap", tenant_id="T0SANDBOX", user_id=ASKER, question="What of Mars?", reason="RETRIEVAL_LOW",
        nearest=(FEES, REMINDERS),
    )  # fmt: skip
    await desk.store.gaps.put(gap, embedder.name, (await asyncio.to_thread(embedder.embed, ["x"])).tobytes())
    operations = desk.bot.use_cases.operations
    named = {
        user: {title for cluster in await operations.gaps(user, "T0SANDBOX") for title in cluster.nearest}
        for user in (REVIEWER, ADMIN)
    }
    assert named == {
        REVIEWER: {"Refunds of our own fees, what support may decide", "Payment reminders"},
        ADMIN: {"Payment reminders"},
    }


async def test_an_answer_that_waits_to_be_stored_is_made_again_if_its_page_became_restricted(desk: World) -> None:
    questions = desk.bot.use_cases.questions
    where = Conversation(
        surface="slack", tenant_id="T0SANDBOX", user_id=ASKER, channel_id="C0NEW", thread_id="1", private=True
    )
    reply = await questions.ask("r-kept", Asked(text=OPEN_QUESTION, where=where), (), lambda _: None)
    assert await questions.still_holds(reply, where)
    await desk.relabel(REMINDERS, restricted=True)
    assert not await questions.still_holds(reply, where)


async def test_a_card_in_teams_hides_it_too_and_shows_it_to_whoever_may_read_it(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    access = ACCESS | {"reviewers": ["reviewer"], "groups": {"leads": ["reviewer"]}}
    async with connector() as fake:
        teams = {"anonymous": True, "reviewers_conversation": TEAMS_REVIEWS, "service_url": fake.url}
        channels = {"a:reviewer": {"auto_answer": False}}
        async with world(own_data, articles, tmp_path, teams=teams, access=access, channels=channels) as desk:
            fake.talk_to(desk.bot)
            fake.members[TEAMS_REVIEWS] = ["reviewer", "reader"]
            await fake.reply(fake.question(LEADS_QUESTION, "reviewer", "a:reviewer"))
            (card,) = await fake.until(lambda: fake.all(TEAMS_REVIEWS, 1))
            assert LEADS_TEXT not in json.dumps(card)
            content = card["attachments"][0]["content"]
            (button,) = [a for a in content["actions"] if a["title"] == "Show in private"]
            press = fake.press("reviewer", TEAMS_REVIEWS, button["verb"], button["data"])
            assert LEADS_TEXT in json.dumps((await fake.send(press))[1])
            stranger = fake.press("reader", TEAMS_REVIEWS, button["verb"], button["data"])
            assert "Only reviewers" in (await fake.send(stranger))[1]["value"]
