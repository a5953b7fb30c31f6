"""How Teams treats askers and reviewers: thumbs, quotes, forwards, edits, cards that are busy, languages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.clock import Clock
from support.scripted_llm import Step, scripted_llm
from support.teams import REVIEWS, FakeConnector, connector
from support.workspace import APPROVAL, Desk, workspace

from bot.teams.payloads import asked_of
from bot.teams.product import quoted_turns
from bot.teams.review_cards import APPROVE, ASK_BACK, EDIT, REJECT
from pipeline.types import ThreadTurn

_ANSWERABLE = "When does the first payment reminder go out?"
_UNKNOWN = "Is there a Linux app?"
_DOUBTFUL = "Can I get my money back?"
_NO = json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
_THREAD = "19:support@thread.tacv2;messageid=1700000000001"
_ACCESS = {"reviewers": ["reviewer"], "admins": ["admin"]}


@asynccontextmanager
async def _served(
    data: Path,
    articles: Path,
    **more: Any,  # noqa: ANN401 - settings
) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with connector() as fake:
        teams = {"anonymous": True, "reviewers_conversation": REVIEWS}
        async with workspace(data, articles, teams=teams, **({"access": _ACCESS} | more)) as desk:
            fake.talk_to(desk.bot)
            yield fake, desk


@pytest.fixture
async def served(own_data: Path, articles: Path) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with _served(own_data, articles) as both:
        yield both


@pytest.fixture
async def approving(own_data: Path, articles: Path) -> AsyncIterator[FakeConnector]:
    async with _served(own_data, articles, channels=APPROVAL) as (fake, _):
        yield fake


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shows(teams: FakeConnector, message_id: str, words: str) -> bool:
    return words in _written(teams.posted[message_id])


async def _review(teams: FakeConnector) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask what needs a review; return its card and the data of its buttons."""
    await teams.reply(teams.question(_DOUBTFUL))
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    return card, {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}


def _thumb(teams: FakeConnector, reaction: str, answer: str, *, deeper: bool = False) -> dict[str, Any]:
    value: dict[str, Any] = {"actionName": "feedback", "actionValue": {"reaction": reaction}}
    more = {"name": "message/fetchTask", "replyToId": answer, "value": {"data": value} if deeper else value}
    return teams.activity("invoke", "asker", "a:asker", **more)


@pytest.mark.parametrize("deeper", [True, False])
async def test_a_thumbs_up_is_thanked_for_and_kept_and_opens_no_complaint_form(
    served: tuple[FakeConnector, Desk],
    deeper: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    teams, desk = served
    answer = await teams.reply(teams.question(_ANSWERABLE))
    _, opened = await teams.send(_thumb(teams, "like", answer["id"], deeper=deeper))
    assert opened["task"]["type"] == "message"
    assert opened["task"]["value"].startswith("Thank you.")
    assert await desk.store.feedback.counts(1) == (1, 0)
    _, opened = await teams.send(_thumb(teams, "dislike", answer["id"], deeper=deeper))
    assert opened["task"]["type"] == "continue"
    assert "What is wrong with it?" in _written(opened)
    assert await desk.store.feedback.counts(1) == (1, 0)


async def test_the_form_of_teams_itself_gets_no_second_thanks(served: tuple[FakeConnector, Desk]) -> None:
    teams, desk = served
    answer = await teams.reply(teams.question(_ANSWERABLE))
    value = {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": "Great"}}
    liked = teams.activity("invoke", "asker", "a:asker", name="message/submitAction", value=value)
    assert await teams.send(liked | {"replyToId": answer["id"]}) == (200, {})
    assert await desk.store.feedback.counts(1) == (1, 0)


async def test_a_quoted_answer_is_context_and_no_part_of_the_question(served: tuple[FakeConnector, Desk]) -> None:
    teams, desk = served
    answer = await teams.reply(teams.question(_ANSWERABLE))
    quote = {"messageId": answer["id"], "senderName": "Citedesk", "preview": "The first reminder goes out 7 days…"}
    entity = {"type": "quotedReply", "quotedReply": quote}
    text = f'<quoted messageId="{answer["id"]}"/> How long is an invitation valid?'
    reply = teams.question(text) | {"entities": [entity]}
    turns = await quoted_turns(desk.store, asked_of(reply))
    assert turns == (ThreadTurn("asker", _ANSWERABLE), ThreadTurn("assistant", quote["preview"]))
    elsewhere = asked_of(teams.question(text, "other", "a:other") | {"entities": [entity]})
    assert await quoted_turns(desk.store, elsewhere) == (ThreadTurn("asker", quote["preview"]),)
    told = await teams.reply(reply, 2)
    assert "Understood as" not in told["text"]
    assert "quoted" not in told["text"]


async def test_a_forward_is_a_question_and_no_file(served: tuple[FakeConnector, Desk]) -> None:
    teams, _ = served
    forward = f'<blockquote itemtype="http://schema.skype.com/Forward"><p>{_ANSWERABLE}</p></blockquote>'
    html = {"contentType": "text/html", "content": f"<p>fyi</p>{forward}"}
    reference = {"contentType": "forwardedMessageReference", "id": "1", "content": json.dumps({"messageId": "1"})}
    for count, more in enumerate(
        (
            {"text": f"fyi\r\n\r\n{_ANSWERABLE}", "attachments": [html]},
            {"text": "", "attachments": [{"contentType": "text/html", "content": forward}]},
            {"text": "", "attachments": [reference | {"content": json.dumps({"messagePreview": _ANSWERABLE})}]},
            {"text": _ANSWERABLE, "attachments": [reference]},
        ),
        1,
    ):
        told = await teams.reply(teams.question("") | more, count)
        assert "7 days after the due date" in told.get("text", ""), more
        assert "files were left out" not in _written(told)
    picture = {"contentType": "image/png", "contentUrl": "https://x.example/a.png"}
    assert "files were left out" in _written(
        await teams.reply(teams.question(_ANSWERABLE) | {"attachments": [picture]}, 5)
    )


async def test_an_edit_after_not_enough_info_is_answered_once(served: tuple[FakeConnector, Desk]) -> None:
    teams, _ = served
    question = teams.question(_UNKNOWN)
    assert "Not enough info" in (await teams.reply(question))["summary"]
    edited = question | {"type": "messageUpdate", "text": _ANSWERABLE}
    for _attempt in range(2):
        assert (await teams.send(edited))[0] == 202
    assert "7 days" in (await teams.until(lambda: teams.all("a:asker", 2)))[1]["text"]
    await teams.send(edited | {"text": "How long is an invitation valid?"})
    await teams.exactly("a:asker", 2)


async def test_an_edit_of_an_answered_question_asks_nothing(served: tuple[FakeConnector, Desk]) -> None:
    teams, _ = served
    question = teams.question(_ANSWERABLE)
    await teams.reply(question)
    await teams.send(question | {"type": "messageUpdate", "text": f"{_ANSWERABLE} Please."})
    await teams.exactly("a:asker", 1)


async def test_a_mention_that_comes_with_an_edit_is_answered(served: tuple[FakeConnector, Desk]) -> None:
    teams, _ = served
    question = teams.question(_ANSWERABLE, conversation=_THREAD)
    await teams.send(question | {"text": _ANSWERABLE, "entities": []})
    await teams.send(question | {"type": "messageUpdate", "text": f"{_ANSWERABLE} Anybody?", "entities": []})
    await teams.exactly(_THREAD, 0)
    await teams.send(question | {"type": "messageUpdate"})
    assert "7 days" in (await teams.until(lambda: teams.all(_THREAD, 1)))[0]["text"]


@pytest.mark.parametrize("status", [400, 413])
async def test_a_message_that_teams_refuses_goes_out_once_as_short_plain_text(
    served: tuple[FakeConnector, Desk], status: int
) -> None:
    teams, _ = served
    teams.failures = [status]
    told = await teams.reply(teams.question(_ANSWERABLE))
    assert told["textFormat"] == "plain"
    assert "7 days after the due date" in told["text"]
    assert "[1] Payment reminders" in told["text"]
    assert "entities" not in told
    teams.failures = [status, status]
    await teams.send(teams.question(_UNKNOWN))
    await teams.until(lambda: not teams.failures)
    await teams.exactly("a:asker", 1)


async def test_a_reviewers_edited_answer_arrives(approving: FakeConnector) -> None:
    _, data = await _review(approving)
    answer = "Ask Robin.\nShe knows."
    await approving.send(approving.press("reviewer", REVIEWS, EDIT, data | {"answer": answer, "anyway": "true"}))
    told = (await approving.until(lambda: approving.all("a:asker", 2)))[1]
    assert "\n\nAsk Robin.\n\nShe knows.\n\n" in told["text"]
    assert "additionalType" not in told["entities"][0]
    assert not approving.refused


async def test_nobody_is_told_approved_as_delivered_before_it_was(approving: FakeConnector) -> None:
    card, data = await _review(approving)
    approving.failures = [503]
    _, shown = await approving.send(approving.press("reviewer", REVIEWS, APPROVE, data))
    assert "Approved by Reviewer" in _written(shown)
    assert "The answer is being delivered." in _written(shown)
    await approving.until(lambda: approving.all("a:asker", 2))
    await approving.until(lambda: "being delivered" not in _written(approving.posted[card["id"]]))
    assert "Approved by Reviewer" in _written(approving.posted[card["id"]])


async def test_a_decision_that_cannot_be_delivered_is_shown_so_in_both_products(own_data: Path, articles: Path) -> None:
    access = {"reviewers": ["reviewer", "U0REVIEWER"]}
    async with _served(own_data, articles, channels=APPROVAL, access=access) as (teams, desk):
        card, data = await _review(teams)
        teams.failures = [403]
        await teams.send(teams.press("reviewer", REVIEWS, APPROVE, data))
        await teams.until(lambda: "could not be delivered" in _written(teams.posted[card["id"]]))
        await desk.until(
            lambda: [m for m in desk.messages("C0REVIEWS") if "could not be delivered" in str(m.blocks)], 1
        )
        await teams.exactly("a:asker", 1)


async def test_every_card_of_a_review_shows_the_decision(own_data: Path, articles: Path) -> None:
    clock = Clock()
    async with _served(own_data, articles, channels=APPROVAL, now=clock) as (teams, desk):
        _, data = await _review(teams)
        clock.move(hours=5)
        await desk.bot.maintenance.sweep()
        cards = await teams.until(lambda: teams.all(REVIEWS, 2))
        await teams.send(teams.press("reviewer", REVIEWS, REJECT, data))
        for card in cards:
            await teams.until(partial(_shows, teams, card["id"], "Rejected by Reviewer"))


@pytest.mark.parametrize("statuses", [[429], [412, 504], [502]])
async def test_an_update_of_a_card_that_teams_is_too_busy_for_is_tried_again(
    approving: FakeConnector, statuses: list[int]
) -> None:
    card, data = await _review(approving)
    approving.update_failures = list(statuses)
    await approving.send(approving.press("reviewer", REVIEWS, REJECT, data | {"reason": "No."}))
    await approving.until(lambda: "Rejected by Reviewer" in _written(approving.posted[card["id"]]))
    assert approving.update_failures == []


@pytest.mark.parametrize(
    "said",
    [
        "Content stream finished due to exceeded streaming time.",
        "Content stream is not allowed",
        "Content stream is not allowed on an already completed streamed message",
        "Message size too large",
    ],
)
async def test_a_stream_that_ends_for_another_reason_than_stop_stops_nothing(
    own_data: Path, articles: Path, said: str
) -> None:
    held = asyncio.Event()
    async with (
        scripted_llm(Step(_NO, held=held)) as server,
        _served(own_data, articles, llm={"provider": "openai", "base_url": server.url}) as (teams, _),
    ):
        await teams.send(teams.question(_ANSWERABLE))
        await teams.until(lambda: any(a.get("text") for a in teams.posted.values()))
        teams.stream_ended = said
        await teams.until(lambda: server.requests)
        await teams.until(lambda: teams.refused_streams)
        held.set()
        (told,) = await teams.until(lambda: teams.all("a:asker", 1))
        assert "Stopped" not in told["summary"]
        assert server.closed_early == 0


async def test_people_read_the_language_of_their_client(served: tuple[FakeConnector, Desk]) -> None:
    teams, _ = served
    german = {"locale": "de-DE"}
    told = await teams.reply(teams.question(_UNKNOWN) | german)
    assert "Nicht genug Informationen." in told["summary"]
    assert "Einen Menschen fragen" in _written(told)
    client = {"entities": [{"type": "clientInfo", "locale": "de-AT", "country": "AT"}]}
    assert "FRAGE" in _written(await teams.reply(teams.question("help") | client, 2))
    assert "Reviews waiting" in _written(await teams.reply(teams.question("status") | {"locale": "en-US"}, 3))
    (button,) = told["attachments"][0]["content"]["actions"]
    _, shown = await teams.send(teams.press("asker", "a:asker", button["verb"], button["data"]) | german)
    assert shown["value"] == "Deine Frage ist jetzt bei einem Menschen."
    # Everybody reads what stands in a channel.
    assert "Review needed" in (await teams.until(lambda: teams.all(REVIEWS, 1)))[0]["summary"]
    in_channel = teams.question(_UNKNOWN, conversation=_THREAD) | german
    assert "Not enough info" in (await teams.reply(in_channel))["summary"]


async def test_the_setting_overrides_the_language_of_the_client(own_data: Path, articles: Path) -> None:
    async with _served(own_data, articles, language="de") as (teams, _):
        told = await teams.reply(teams.question(_UNKNOWN) | {"locale": "en-US"})
        assert "Nicht genug Informationen." in told["summary"]


async def test_nobody_is_told_to_mention_the_bot_in_their_own_chat(approving: FakeConnector) -> None:
    assert "mention me" not in _written(await approving.reply(approving.question("help", "x", "a:x"))).lower()
    assert "mention me" in _written(await approving.reply(approving.question("help", conversation=_THREAD))).lower()
    _, data = await _review(approving)
    await approving.send(approving.press("reviewer", REVIEWS, ASK_BACK, data | {"question": "Which plan?"}))
    asked = (await approving.until(lambda: approving.all("a:asker", 2)))[1]
    assert "Reply here." in _written(asked)
    assert "mention" not in _written(asked).lower()
