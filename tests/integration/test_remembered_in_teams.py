"""In Teams: an answer without sources for others, and a rejected question."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.teams import REVIEWS, FakeConnector, connector

from bot.server import running_bot
from bot.settings import load_settings
from bot.teams.review_cards import EDIT, REJECT

_QUESTION = "Is there a Linux app?"
_THREAD = "19:support@thread.tacv2;messageid=1700000000001"
_OTHER_THREAD = "19:support@thread.tacv2;messageid=1700000000002"


@pytest.fixture
async def teams(own_data: Path, articles: Path) -> AsyncIterator[FakeConnector]:
    async with connector() as fake:
        settings = load_settings(
            data_dir=own_data,
            index={"paths": [articles]},
            teams={"anonymous": True, "reviewers_conversation": REVIEWS, "service_url": fake.url},
            access={"reviewers": ["reviewer", "second"]},
            server={"port": 0},
        )
        async with running_bot(settings) as bot:
            fake.talk_to(bot)
            yield fake


async def _to_a_person(teams: FakeConnector, user: str, where: str) -> str:
    """Ask, press for a person, and return the id of the review on the newest card."""
    reply = await teams.reply(teams.question(_QUESTION, user, where))
    (button,) = reply["attachments"][0]["content"]["actions"]
    await teams.send(teams.press(user, where, button["verb"], button["data"]))
    card = (await teams.until(lambda: teams.messages(REVIEWS)))[-1]
    return str(card["attachments"][0]["content"]["body"][-1]["text"])


async def _findings(teams: FakeConnector, review_id: str) -> str:
    data = {"review_id": review_id, "answer": "No, there is none."}
    return json.dumps((await teams.send(teams.press("reviewer", REVIEWS, EDIT, data)))[1])


async def test_others_get_it_as_a_card_with_name_and_day_and_a_button_to_ask_a_person(teams: FakeConnector) -> None:
    review_id = await _to_a_person(teams, "asker", _THREAD)
    assert '"id": "remember", "title": "Give it to others' in (shown := await _findings(teams, review_id))
    assert '"value": "true", "wrap": true' in shown
    data = {"review_id": review_id, "answer": "No, there is none.", "anyway": "true", "remember": "true"}
    await teams.send(teams.press("reviewer", REVIEWS, EDIT, data))
    reply = await teams.reply(teams.question(_QUESTION, "second", _OTHER_THREAD))
    card = reply["attachments"][0]["content"]
    assert "It is not in the documents." in json.dumps(card)
    assert "No, there is none." in json.dumps(card)
    assert [button["title"] for button in card["actions"]] == ["Ask a person again"]
    assert reply["channelData"] == {"feedbackLoop": {"type": "custom"}}


async def test_for_a_private_question_the_box_is_empty_and_without_it_nobody_else_gets_it(teams: FakeConnector) -> None:
    review_id = await _to_a_person(teams, "asker", "a:asker")
    assert '"value": "false", "wrap": true' in await _findings(teams, review_id)
    data = {"review_id": review_id, "answer": "No, there is none.", "anyway": "true", "remember": "false"}
    await teams.send(teams.press("reviewer", REVIEWS, EDIT, data))
    reply = await teams.reply(teams.question(_QUESTION, "second", "a:second"))
    assert "No, there is none." not in json.dumps(reply)


async def test_after_a_rejection_others_are_told_and_the_question_gets_no_second_card(teams: FakeConnector) -> None:
    review_id = await _to_a_person(teams, "asker", _THREAD)
    await teams.send(teams.press("reviewer", REVIEWS, REJECT, {"review_id": review_id, "reason": "*Not* decided."}))
    reply = await teams.reply(teams.question(_QUESTION, "second", _OTHER_THREAD))
    told = json.dumps(reply, ensure_ascii=False)
    assert "A reviewer looked at this question on" in told
    assert "decided." in told
    (button,) = reply["attachments"][0]["content"]["actions"]
    _, said = await teams.send(teams.press("second", _OTHER_THREAD, button["verb"], button["data"]))
    assert said["value"] == "I have put it on the reviewers' list again."
    again = await teams.until(lambda: teams.all(_OTHER_THREAD, 2))
    assert "I have put it on the reviewers' list again" in json.dumps(again, ensure_ascii=False)
    assert len(teams.messages(REVIEWS)) == 1
