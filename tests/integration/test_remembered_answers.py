"""What a reviewer answers without documents is given to others who may have it, and to nobody else."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.relabelling import LEAD, World, world
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, shown

from bot.desk.remembering import is_for_others
from bot.sandbox.workspace import Message
from bot.store.records import Asked, Conversation, CuratedAnswer, Decision, Review
from pipeline.fallbacks import listed_sources
from pipeline.types import ThreadTurn

_QUESTION = "Is there a Linux app?"
_ANSWER = "No, but the web page works there: https://app.example.com"
_TICKED = {"anyway": {"anyway_input": ["anyway"]}}
_FOR_OTHERS = _TICKED | {"remember": {"remember_input": ["remember"]}}


@pytest.fixture
async def desk(own_data: Path, articles: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with world(own_data, articles, tmp_path) as running:
        yield running


async def _to_a_person(desk: World, text: str, user: str = ASKER, place: str = SUPPORT) -> tuple[Message, Message]:
    """Ask what the documents do not answer, and press for a person; return question and card."""
    before = len(desk.cards())
    question = await desk.ask(text, user, place)
    await desk.press(user, await desk.exactly_one_reply(question), "Ask a person")
    return question, (await desk.until(desk.cards, before + 1))[-1]


async def _write(desk: World, card: Message, answer: str = _ANSWER, boxes: dict[str, Any] = _FOR_OTHERS) -> None:
    await desk.press(REVIEWER, card, "Write an answer")
    await desk.submit(REVIEWER, answer)
    await desk.submit(REVIEWER, answer, **boxes)
    await desk.card_with(card, "by <@")
    await desk.settled()


async def _told(desk: World, text: str = _QUESTION, user: str = ADMIN, place: str = SUPPORT) -> str:
    return shown(await desk.exactly_one_reply(await desk.ask(text, user, place)))


async def test_who_asks_the_same_gets_it_with_name_and_day_and_the_question_stays_a_gap(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    told = await _told(desk, "is there a Linux app")
    assert "<@U0REVIEWER> answered this on 1 Nov 2026. It is not in the documents." in told
    assert "the web page works there" in told
    assert "Ask a person again" in told
    assert "Approved by" not in told
    gaps = await desk.bot.use_cases.operations.gap_desk.clusters("T0SANDBOX", None)
    assert [(cluster.question, len(cluster.gaps), cluster.askers) for cluster in gaps] == [(_QUESTION, 2, 2)]
    status = await desk.command(ADMIN, "/citedesk status")
    assert "1 without a document" in shown(status[0])


async def test_why_and_the_report_tell_it_from_a_proved_answer(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    question = await desk.ask(_QUESTION, ADMIN)
    reply = await desk.exactly_one_reply(question)
    assert reply.metadata is not None
    request_id = reply.metadata["event_payload"]["request_id"]
    why = shown((await desk.command(ADMIN, f"/citedesk why {request_id}"))[0])
    assert "It got what a reviewer had answered to the same question before; no document proves it." in why
    reporting = desk.bot.use_cases.operations.reporting
    report = await reporting.report(None, None, until=desk.clock() + timedelta(minutes=1))
    assert (report.ends["remembered"], report.ends["not-enough"], report.ends["proved"]) == (1, 1, 0)


async def test_the_box_is_ticked_for_a_question_in_a_channel_and_empty_for_one_asked_in_private(desk: World) -> None:
    for place, user, is_ticked in ((SUPPORT, ASKER, True), ("D0ASKER", ASKER, False)):
        _, card = await _to_a_person(desk, f"{_QUESTION} I ask in {place}.", user, place)
        before = desk.sandbox.workspace.view_of.get(REVIEWER, "")
        await desk.press(REVIEWER, card, "Write an answer")
        await desk.modal(REVIEWER, before)
        await desk.submit(REVIEWER, _ANSWER)
        view = json.dumps(desk.sandbox.workspace.views[await desk.modal(REVIEWER)])
        assert ("initial_options" in view) is is_ticked
        assert ("may be a private matter" in view) is not is_ticked
        await desk.submit(REVIEWER, _ANSWER, **_TICKED)
        await desk.settled()


async def test_without_the_tick_only_the_asker_gets_it(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card, boxes=_TICKED)
    told = await _told(desk)
    assert "web page" not in told
    assert "Ask a person" in told


async def test_other_readers_other_rules_and_another_workspace_do_not_get_it(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    channels = {"D0ADMIN": {"language": "de"}}
    async with world(own_data, articles, tmp_path, channels=channels) as desk:
        _, card = await _to_a_person(desk, _QUESTION)
        await _write(desk, card)
        assert "web page" in await _told(desk, user=ASKER, place="D0ASKER")
        # A lead alone may read more, and in this direct channel other rules hold.
        assert "web page" not in await _told(desk, user=LEAD, place="D0LEAD")
        assert "web page" not in await _told(desk, user=ADMIN, place="D0ADMIN")
        (known,) = await desk.store.curated.live()
        assert known.asked_in is not None
        for change in ({"tenant_id": "T9"}, {"shared_outside": True}, {"surface": "teams"}):
            where = known.asked_in.model_copy(update={"user_id": "U9"} | change)
            reply = await desk.bot.use_cases.questions.ask(
                "r-9", Asked(text=_QUESTION, where=where), (), lambda _: None
            )
            assert reply.outcome.kind == "not_enough_info", change


@pytest.mark.parametrize("other", ["Is there a Windows app?", "Is there no Linux app?", "Why is there a Linux app?"])
async def test_another_question_does_not_get_it(other: str, desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    assert "web page works" not in await _told(desk, other)


async def test_as_soon_as_the_documents_answer_they_win(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    page = "# Apps\n\n## Is there a Linux app?\n\nYes, since May there is a Linux app as a Flatpak.\n"
    (desk.folder / "linux.md").write_text(page)
    await desk.reindex()
    told = await _told(desk)
    assert "Flatpak" in told
    assert "web page works" not in told


async def test_the_last_answer_counts_and_an_older_one_never_comes_back(desk: World) -> None:
    _, first = await _to_a_person(desk, _QUESTION)
    await _write(desk, first, "No, thre is none.")
    again = await desk.ask(_QUESTION, ADMIN)
    await desk.press(ADMIN, await desk.exactly_one_reply(again), "Ask a person again")
    card = (await desk.until(desk.cards, 2))[-1]
    desk.clock.move(hours=1)
    await _write(desk, card, "Yes, in the app store.")
    assert "in the app store" in await _told(desk)
    for known in await desk.store.curated.live():
        await desk.store.curated.set_state(known.curated_id, "stale")
    assert "thre is none" not in await _told(desk)


async def test_what_is_written_for_one_person_takes_nothing_from_the_others(desk: World) -> None:
    _, first = await _to_a_person(desk, _QUESTION)
    await _write(desk, first)
    again = await desk.ask(_QUESTION, ADMIN)
    await desk.press(ADMIN, await desk.exactly_one_reply(again), "Ask a person again")
    await _write(desk, (await desk.until(desk.cards, 2))[-1], "For you there is one.", _TICKED)
    told = await _told(desk)
    assert "web page works" in told
    assert "For you" not in told


async def test_after_the_days_it_is_deleted_and_the_setting_switches_it_off(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    desk.clock.move(days=29)
    await desk.bot.maintenance.sweep()
    assert "web page works" in await _told(desk)
    off = replace(desk.bot.use_cases.reviews.curated, unsourced_days=0)
    assert await off.remembered(None, None) is None  # type: ignore[arg-type]  # nothing is looked up
    desk.clock.move(days=1)
    await desk.bot.maintenance.sweep()
    assert "web page works" not in await _told(desk)
    assert await desk.store.curated.counts() == {}


async def test_whoever_finds_it_bad_opens_a_review_and_approving_it_brings_it_back(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    (known,) = await desk.store.curated.live()
    reviews = desk.bot.use_cases.reviews
    question = await desk.ask(_QUESTION, ADMIN)
    reply = await desk.exactly_one_reply(question)
    assert reply.metadata is not None
    where = Conversation(
        surface="slack", tenant_id=known.tenant_id, user_id=ADMIN, channel_id=SUPPORT, thread_id="", private=False
    )
    request_id = reply.metadata["event_payload"]["request_id"]
    await reviews.second_look(request_id, Asked(text=_QUESTION, where=where), desk.bot.runtime.boards.cards)
    assert "web page works" not in await _told(desk)
    (second,) = await desk.store.reviews.open_in(known.tenant_id)
    assert second.curated_id == known.curated_id
    await reviews.decide(second.review_id, Decision(state="approved", reviewer_id=REVIEWER))
    assert "web page works" in await _told(desk)


async def test_what_the_draft_was_written_from_must_still_be_readable(desk: World) -> None:
    _, card = await _to_a_person(desk, _QUESTION)
    await _write(desk, card)
    (known,) = await desk.store.curated.live()
    chunk = desk.bot.use_cases.reviews.retriever.search(
        "When does the first payment reminder go out?", frozenset(), 5
    ).chunks[0]
    await _keep(desk, known.model_copy(update={"drawn_from": listed_sources((chunk,))}))
    assert "web page works" in await _told(desk)
    await desk.relabel(chunk.document_id, restricted=True)
    assert "web page works" not in await _told(desk)


async def _keep(desk: World, answer: CuratedAnswer) -> None:
    curated = desk.bot.use_cases.reviews.curated
    vector = curated.embedder.embed([answer.question])
    await desk.store.curated.save(answer, curated.embedder.name, vector.tobytes())
    curated.version.bump()


async def _review_of(desk: World, card: Message) -> Review:
    assert card.metadata is not None
    review = await desk.store.reviews.get(card.metadata["event_payload"]["request_id"])
    assert review is not None
    return review


async def _preview_below(desk: World, card: Message) -> Message:
    def replies() -> list[Message]:
        return [m for m in desk.messages(card.channel) if m.thread_ts == card.ts and m.user != REVIEWER]

    return (await desk.until(replies, 1))[0]


async def test_a_proposal_in_the_thread_says_who_gets_it_and_can_be_sent_to_the_asker_alone(desk: World) -> None:
    for button, is_told in (("Send it only to who asked", False), ("Send it anyway", True)):
        question = f"{_QUESTION} {button}"
        _, card = await _to_a_person(desk, question)
        await desk.sandbox.acts.post(REVIEWER, card.channel, "There is none, sorry.", card.ts)
        found = await _preview_below(desk, card)
        assert "Others who ask the same get this, too, for 30 days." in shown(found)
        await desk.press(REVIEWER, found, button)
        await desk.card_with(card, "by <@")
        await desk.settled()
        assert ("There is none, sorry." in await _told(desk, question)) is is_told
        assert (await _review_of(desk, card)).sent_anyway


async def test_what_means_something_only_in_its_thread_is_not_for_others_by_itself(desk: World) -> None:
    questions = desk.bot.use_cases.questions
    where = Conversation(
        surface="slack", tenant_id="T0SANDBOX", user_id=ASKER, channel_id=SUPPORT, thread_id="1.0", private=False
    )
    for key, earlier in (("alone", ()), ("below", (ThreadTurn("asker", "Is there a Windows app?"),))):
        asked = Asked(text="And for Linux?", where=where)
        reply = await questions.ask(key, asked, earlier, lambda _: None)
        await desk.store.inbox.add([key], asked.model_dump_json())
        (job,) = await desk.store.inbox.claim("test", 60.0, 1)
        await questions.settle(job, asked, reply, [])
        review = await questions.escalate(key, asked, desk.bot.runtime.boards.cards)
        assert review is not None
        if key == "alone":
            assert is_for_others(review)
            # The next one would join it.
            await desk.bot.use_cases.reviews.decide(review.review_id, Decision(state="rejected", reviewer_id=REVIEWER))
        else:
            assert not is_for_others(review)
