"""Teams from the connector's activities to what it is asked to post, over HTTP on loopback."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from support.clock import Clock
from support.door import Door, door
from support.teams import REVIEWS, FakeConnector, connector
from support.workspace import APPROVAL, workspace

from bot.settings import TeamsSettings
from bot.teams.http import authenticator
from bot.teams.render import SUGGESTED
from bot.teams.review_cards import APPROVE, CLAIM, EDIT, REFRESH, REJECT
from index.errors import SettingsError

_ANSWERABLE = "When does the first payment reminder go out?"
_UNKNOWN = "Is there a Linux app?"
_DOUBTFUL = "Can I get my money back?"
_RESTRICTED = "How many months of fees may a support lead refund?"


@asynccontextmanager
async def _served(data: Path, articles: Path, channels: dict[str, Any] | None = None) -> AsyncIterator[FakeConnector]:
    access = {"reviewers": ["reviewer", "second"], "groups": {"leads": ["reviewer", "second"]}}
    async with connector() as fake:
        settings = {"anonymous": True, "reviewers_conversation": REVIEWS}
        async with workspace(data, articles, teams=settings, access=access, channels=channels or {}) as desk:
            fake.talk_to(desk.bot)
            yield fake


@pytest.fixture
async def teams(own_data: Path, articles: Path) -> AsyncIterator[FakeConnector]:
    async with _served(own_data, articles) as fake:
        yield fake


@pytest.fixture
async def approving(own_data: Path, articles: Path) -> AsyncIterator[FakeConnector]:
    async with _served(own_data, articles, APPROVAL) as fake:
        yield fake


async def _reply(teams: FakeConnector, activity: dict[str, Any], count: int = 1) -> dict[str, Any]:
    assert (await teams.send(activity))[0] == 202
    where = activity["conversation"]["id"]
    found: list[dict[str, Any]] = await teams.until(lambda: _all(teams, where, count))
    return found[count - 1]


def _all(teams: FakeConnector, where: str, count: int) -> list[dict[str, Any]] | None:
    found = teams.messages(where)
    return found if len(found) >= count else None


def _card(message: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = message["attachments"][0]["content"]
    return content


async def test_an_answer_has_text_citation_label_and_feedback(teams: FakeConnector) -> None:
    reply = await _reply(teams, teams.question(_ANSWERABLE))
    assert "7 days after the due date" in reply["text"]
    (entity,) = reply["entities"]
    # The documents' own words are not what a model generated.
    assert "additionalType" not in entity
    assert entity["citation"][0]["position"] == 1
    assert "[1]" in reply["text"]
    assert entity["citation"][0]["appearance"]["url"].startswith("https://help.fernpost.example/reminders")
    assert reply["channelData"]["feedbackLoop"] == {"type": "custom"}
    assert [a["type"] for a in teams.posted.values()] == ["typing", "message"]


async def test_an_activity_that_is_sent_again_is_answered_once(teams: FakeConnector) -> None:
    question = teams.question(_ANSWERABLE)
    for _ in range(3):
        assert (await teams.send(question))[0] == 202
    await teams.until(lambda: teams.messages("a:asker"))
    await teams.exactly("a:asker", 1)


async def test_in_a_channel_the_answer_stands_in_the_thread_and_holds_only_what_everyone_may_read(
    teams: FakeConnector,
) -> None:
    thread = "19:support@thread.tacv2;messageid=1700000000001"
    reply = await _reply(teams, teams.question(_ANSWERABLE, conversation=thread))
    assert "7 days" in reply["text"]
    restricted = await _reply(teams, teams.question(_RESTRICTED, "reviewer", thread), 2)
    assert "3 months" not in json.dumps(restricted)
    own = await _reply(teams, teams.question(_RESTRICTED, "reviewer", "a:reviewer"))
    assert "3 months" in own["text"]


async def test_not_enough_info_and_limits_are_cards_that_also_read_as_text(teams: FakeConnector) -> None:
    unknown = await _reply(teams, teams.question(_UNKNOWN))
    assert "Not enough info" in unknown["summary"]
    assert "Not enough info" in _card(unknown)["fallbackText"]
    assert "12,000 characters" in (await _reply(teams, teams.question("x" * 12_001), 2))["summary"]
    assert "question in words" in (await _reply(teams, teams.question("   "), 3))["summary"]


async def test_who_wants_a_person_gets_one_and_the_persons_answer(teams: FakeConnector) -> None:
    unknown = await _reply(teams, teams.question(_UNKNOWN))
    (button,) = _card(unknown)["actions"]
    status, told = await teams.send(teams.press("asker", "a:asker", button["verb"], button["data"]))
    assert (status, told["value"]) == (200, "A person has your question now.")
    assert "passed your question" in (await teams.until(lambda: _all(teams, "a:asker", 2)))[1]["summary"]
    (card,) = await teams.until(lambda: teams.messages(REVIEWS))
    assert _UNKNOWN in json.dumps(card)
    again = await teams.send(teams.press("asker", "a:asker", button["verb"], button["data"]))
    assert again[1]["value"] == "A person has your question already. The answer will come here."
    data = {"review_id": _review_id(card), "answer": "No, there is none."}
    _, shown = await teams.send(teams.press("reviewer", REVIEWS, EDIT, data))
    assert "The documents do not prove this" in json.dumps(shown)
    assert len(teams.messages("a:asker")) == 2
    await teams.send(teams.press("reviewer", REVIEWS, EDIT, data | {"anyway": "true"}))
    answer = (await teams.until(lambda: _all(teams, "a:asker", 3)))[2]
    assert "No, there is none." in answer["text"]
    assert "additionalType" not in answer["entities"][0]


async def test_a_suggested_question_is_asked_once_however_often_it_is_pressed(teams: FakeConnector) -> None:
    press = {"request_id": "r-1", "question": _ANSWERABLE}
    for _ in range(3):
        _, told = await teams.send(teams.press("asker", "a:asker", SUGGESTED, press))
        assert told["value"] == "Looking it up."
    (answer,) = await teams.until(lambda: teams.messages("a:asker"))
    assert f"You asked: “{_ANSWERABLE}”" in answer["text"]
    assert "7 days after the due date" in answer["text"]
    await teams.exactly("a:asker", 1)


def _review_id(card: dict[str, Any]) -> str:
    review_id: str = card["attachments"][0]["content"]["body"][-1]["text"]
    return review_id


async def _review(teams: FakeConnector) -> tuple[dict[str, Any], dict[str, Any]]:
    waiting = await _reply(teams, teams.question(_DOUBTFUL))
    assert "A person will check this" in waiting["summary"]
    (card,) = await teams.until(lambda: teams.messages(REVIEWS))
    return card, {"review_id": _review_id(card)}


async def test_a_reviewer_claims_and_approves_and_everybody_sees_it(approving: FakeConnector) -> None:
    card, data = await _review(approving)
    assert _card(card)["refresh"]["userIds"] == ["8:orgid:reviewer", "8:orgid:second"]
    await approving.send(approving.press("reviewer", REVIEWS, CLAIM, data))
    assert "Claimed by Reviewer" in json.dumps(approving.updates[-1])
    _, refused = await approving.send(approving.press("second", REVIEWS, APPROVE, data))
    assert "Reviewer has claimed this" in refused["value"]
    _, shown = await approving.send(approving.press("reviewer", REVIEWS, APPROVE, data))
    assert "Approved by Reviewer" in json.dumps(shown)
    assert "Approved by Reviewer" in json.dumps(approving.posted[card["id"]])
    answer = (await approving.until(lambda: _all(approving, "a:asker", 2)))[1]
    assert "Approved by Reviewer" in answer["text"]
    _, late = await approving.send(approving.press("second", REVIEWS, REJECT, data | {"reason": "no"}))
    assert "Nothing was changed. Approved by Reviewer." in late["value"]
    _, refreshed = await approving.send(approving.press("second", REVIEWS, REFRESH, data))
    assert "Approved by Reviewer" in json.dumps(refreshed)
    await approving.exactly("a:asker", 2)


async def test_an_old_client_rejects_by_submit_and_the_asker_reads_the_reason(approving: FakeConnector) -> None:
    card, data = await _review(approving)
    submitted = {"verb": REJECT, **data, "reason": "Please ask billing."}
    await approving.send(approving.activity("message", "reviewer", REVIEWS, value=submitted))
    told = (await approving.until(lambda: _all(approving, "a:asker", 2)))[1]
    assert "Please ask billing." in json.dumps(told)
    assert "Rejected by Reviewer" in json.dumps(approving.posted[card["id"]])


async def test_a_review_that_nobody_decides_is_shown_again_and_then_ends_with_a_word_to_the_asker(
    own_data: Path, articles: Path
) -> None:
    async with connector() as fake:
        settings = {"anonymous": True, "reviewers_conversation": REVIEWS}
        access = {"reviewers": ["reviewer", "U0REVIEWER"]}
        clock = Clock()
        async with workspace(own_data, articles, now=clock, teams=settings, access=access, channels=APPROVAL) as desk:
            fake.talk_to(desk.bot)
            await _review(fake)
            for hours, where, count, words in ((5, REVIEWS, 2, "Review needed"), (100, "a:asker", 2, "in time")):
                clock.move(hours=hours)
                await desk.bot.maintenance.sweep()
                found = await fake.until(partial(_all, fake, where, count))
                assert words in found[-1]["summary"]
            # Slack's reviewers had a card of the same review, and see that it is over.
            assert "Ended without a decision" in desk.messages("C0REVIEWS")[0].text


@pytest.mark.parametrize("verb", [APPROVE, CLAIM, REJECT, EDIT, REFRESH])
async def test_who_is_no_reviewer_changes_nothing(approving: FakeConnector, verb: str) -> None:
    _, data = await _review(approving)
    _, told = await approving.send(approving.press("asker", REVIEWS, verb, data | {"answer": "Free.", "reason": "x"}))
    assert "Only reviewers may decide this." in told["value"]
    await approving.exactly("a:asker", 1)
    assert not approving.updates


async def test_feedback_is_kept_with_the_answer_it_is_about(own_data: Path, articles: Path) -> None:
    async with connector() as fake:
        settings = {"anonymous": True, "reviewers_conversation": REVIEWS}
        async with workspace(own_data, articles, teams=settings) as desk:
            fake.talk_to(desk.bot)
            reply = await _reply(fake, fake.question(_ANSWERABLE))
            form = {"reason": "outdated", "note": "It is 10 days now."}
            value = {"actionName": "feedback", "actionValue": {"reaction": "dislike", "feedback": json.dumps(form)}}
            bad = fake.activity("invoke", "asker", "a:asker", name="message/submitAction", value=value)
            thanks = {
                "task": {"type": "message", "value": "Thank you. That helps to improve the answers and the documents."}
            }
            assert await fake.send(bad | {"replyToId": reply["id"]}) == (200, thanks)
            assert await fake.send(bad | {"replyToId": "m-0"}) == (200, thanks)
            fetch = fake.activity("invoke", "asker", "a:asker", name="message/fetchTask", value={"data": {}})
            assert "What is wrong with it?" in json.dumps((await fake.send(fetch))[1])
            store = desk.store
            assert await store.feedback.counts(1) == (0, 1)


@pytest.mark.parametrize("status", [429, 412, 502, 504])
async def test_what_passes_is_tried_again_and_posted_once(teams: FakeConnector, status: int) -> None:
    teams.failures = [status]
    reply = await _reply(teams, teams.question(_ANSWERABLE))
    assert "7 days" in reply["text"]
    assert teams.refused == [status]
    await teams.exactly("a:asker", 1)


async def test_what_does_not_pass_is_given_up(teams: FakeConnector) -> None:
    teams.failures = [403]
    await teams.send(teams.question(_ANSWERABLE))
    await teams.until(lambda: teams.refused)
    assert "7 days" in (await _reply(teams, teams.question("When does the first reminder go out?")))["text"]
    assert len(teams.messages("a:asker")) == 1


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "{}", '{"type": "message"}', '{"type": "message", "conversation": {"id": "x"}}', "[" * 9000]
)
async def test_what_is_no_activity_is_refused(teams: FakeConnector, body: str) -> None:
    async with (
        ClientSession() as session,
        session.post(f"{teams.bot_url}/api/messages", data=body.encode()) as response,
    ):
        assert response.status == 400


async def test_a_malformed_activity_is_refused_and_the_next_one_answered(teams: FakeConnector) -> None:
    for broken in (
        {"from": None},
        {"type": "invoke", "name": "adaptiveCard/action", "value": None},
        {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"verb": "nope", "data": {}}}},
    ):
        assert (await teams.send(teams.question(_ANSWERABLE) | broken))[0] == 400
    assert "7 days" in (await _reply(teams, teams.question(_ANSWERABLE)))["text"]
    await teams.exactly("a:asker", 1)


async def test_feedback_on_a_message_that_answers_nothing_is_taken_and_not_kept(teams: FakeConnector) -> None:
    judged = {"name": "message/submitAction", "replyToId": "m-0", "value": []}
    assert await teams.send(teams.activity("invoke", "asker", "a:asker", **judged)) == (200, {})
    assert teams.store is not None
    assert await teams.store.feedback.counts(1) == (0, 0)


@pytest.fixture
async def teams_door() -> AsyncIterator[Door]:
    """Serve the route as in production."""
    async with door() as opened:
        yield opened


async def test_a_token_of_teams_opens_the_door(teams_door: Door) -> None:
    assert await teams_door.knock() == 202


@pytest.mark.parametrize(
    ("knock", "status"),
    [
        ({"forged": True}, 401),
        ({"exp": 1_700_000_000}, 401),
        ({"aud": "00000000-0000-0000-0000-000000000043"}, 401),
        ({"aud": None}, 401),
        ({"iss": "https://evil.example"}, 401),
        ({"iss": None}, 401),
        ({"header": "Bearer nonsense"}, 401),
        ({"header": "Basic dXNlcjpwYXNz"}, 401),
        ({"header": "Bearer "}, 401),
        ({"service_url": "https://evil.example/"}, 403),
        ({"service_url": "http://smba.trafficmanager.net/emea/"}, 403),
        ({"service_url": "https://smba.trafficmanager.net.evil.example/"}, 403),
        ({"serviceurl": "https://smba.trafficmanager.net/amer/"}, 403),
        ({"serviceurl": None}, 403),
        ({"tenant": "other"}, 403),
        ({"tenant": ""}, 403),
    ],
)
async def test_whatever_else_knocks_is_refused(teams_door: Door, knock: dict[str, Any], status: int) -> None:
    assert await teams_door.knock(**knock) == status


async def test_while_the_keys_cannot_be_fetched_the_sender_shall_come_again(teams_door: Door) -> None:
    teams_door.keys.answers = False
    assert await teams_door.knock() == 503


def test_without_tokens_only_this_machine_is_served() -> None:
    with pytest.raises(SettingsError, match="anonymous"):
        authenticator(TeamsSettings(anonymous=True), "0.0.0.0")  # noqa: S104
