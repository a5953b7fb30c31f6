"""While a person is checking, in Teams: news, taking a question back, deletion and edits."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.teams import REVIEWS, FakeConnector, connector
from support.workspace import APPROVAL, workspace

_QUESTION = "Can I get my money back?"
_ACCESS = {"reviewers": ["reviewer"], "groups": {"leads": ["reviewer"]}}


@pytest.fixture
async def teams(own_data: Path, articles: Path) -> AsyncIterator[FakeConnector]:
    async with connector() as fake:
        settings = {
            "anonymous": True,
            "reviewers_conversation": REVIEWS,
            "service_url": fake.url,
            "graph_url": f"{fake.url}graph/",
        }
        async with workspace(own_data, articles, teams=settings, access=_ACCESS, channels=APPROVAL) as desk:
            fake.talk_to(desk.bot)
            yield fake


def _written(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


async def _card_with(teams: FakeConnector, words: str) -> None:
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    await teams.until(lambda: words in _written(teams.posted[card["id"]]))


async def test_news_are_told_and_never_mind_takes_the_question_back(teams: FakeConnector) -> None:
    await teams.reply(teams.question(_QUESTION))
    await _card_with(teams, _QUESTION)
    told = await teams.reply(teams.question("Any news?"), 2)
    assert _QUESTION in _written(told)
    assert "Nobody has started on it yet." in _written(told)
    told = await teams.reply(teams.question("never mind, thanks"), 3)
    assert "taken your question" in _written(told)
    await _card_with(teams, "The question was taken back")


async def test_deleting_the_question_takes_it_back(teams: FakeConnector) -> None:
    question = teams.question(_QUESTION)
    await teams.reply(question)
    await _card_with(teams, _QUESTION)
    await teams.send(question | {"type": "messageDelete"})
    await _card_with(teams, "The question was taken back")


async def test_editing_the_question_changes_the_card(teams: FakeConnector) -> None:
    question = teams.question(_QUESTION)
    await teams.reply(question)
    await _card_with(teams, _QUESTION)
    edited = "When does the first payment reminder go out?"
    await teams.send(question | {"type": "messageUpdate", "text": edited})
    await _card_with(teams, edited)


async def test_a_decided_answer_in_a_personal_chat_repeats_the_question(teams: FakeConnector) -> None:
    await teams.reply(teams.question(_QUESTION))
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}
    await teams.send(teams.press("reviewer", REVIEWS, "review_reject", data))
    told = (await teams.until(lambda: teams.all("a:asker", 2)))[1]
    assert "You asked:" in _written(told)
    assert "ask a colleague" in _written(told)
