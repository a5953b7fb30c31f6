"""Presses and commands faster than people press: what was taken stays, the presser is told, reviewers go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from support.teams import REVIEWS, FakeConnector, connector
from support.waiting import until
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, Desk, workspace

from bot.teams.render import ESCALATE
from bot.teams.review_cards import APPROVE, REFRESH

_TOO_FAST = "faster than I can take it"
_UNKNOWN = "Is there a Linux app?"
_DOUBTFUL = "Can I get my money back?"
_OPENINGS = 6
_LIMITS = {"per_user_reviews": "2/minute", "per_user_presses": f"{_OPENINGS}/minute"}


def _refusals(desk: Desk, user: str) -> list[str]:
    return [message.text for message in desk.hidden(user) if _TOO_FAST in message.text]


async def test_presses_that_open_reviews_are_taken_up_to_the_limit_and_the_presser_is_told_once(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, limits=_LIMITS) as desk:
        reply = await desk.exactly_one_reply(await desk.ask(_UNKNOWN))
        for _ in range(40):
            await desk.press(ASKER, reply, "Ask a person")
        assert desk.sandbox.workspace.notices == {}, "every press was acknowledged"
        assert len(_refusals(desk, ASKER)) == 1
        await desk.card()
        await desk.settled()
        assert len(await desk.store.reviews.open_in("T0SANDBOX")) == 1, "and what was taken is there"


async def test_a_reviewer_is_not_held_up_by_an_asker_and_a_written_answer_is_taken_at_the_limit(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, limits=_LIMITS, channels=APPROVAL) as desk:
        question = await desk.ask(_DOUBTFUL)
        card = await desk.card()
        await desk.press(REVIEWER, card, "Edit")
        modal = await desk.modal(REVIEWER)
        for _ in range(20):
            await desk.press(REVIEWER, card, "Edit")
        assert len(_refusals(desk, REVIEWER)) == 1
        values: dict[str, dict[str, Any]] = {
            "text": {"text_input": "Yes, within fourteen days."},
            "anyway": {"anyway_input": ["yes"]},
        }
        await desk.sandbox.acts.submit(REVIEWER, desk.sandbox.workspace.view_of.get(REVIEWER, modal), values)
        assert desk.sandbox.workspace.notices == {}
        assert question.channel


async def test_commands_over_the_limit_are_answered_with_a_word(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, limits=_LIMITS) as desk:
        answers = [(await desk.command(ASKER, "/citedesk help"))[0].text for _ in range(8)]
        assert [_TOO_FAST in answer for answer in answers] == [False] * 6 + [True] * 2


async def test_app_home_keeps_what_it_shows_when_it_is_opened_too_often(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, limits=_LIMITS) as desk:
        for _ in range(30):
            await desk.open_home(ADMIN)
        await desk.delivered()
        await until(lambda: ADMIN in desk.sandbox.workspace.homes)
        assert [method for method, _ in desk.sandbox.api.calls].count("views.publish") <= _OPENINGS


@asynccontextmanager
async def _teams(data: Path, articles: Path, **more: Any) -> AsyncIterator[FakeConnector]:  # noqa: ANN401
    settings = {"anonymous": True, "reviewers_conversation": REVIEWS}
    async with (
        connector() as fake,
        workspace(data, articles, teams=settings, access={"reviewers": ["reviewer"]}, limits=_LIMITS, **more) as desk,
    ):
        fake.talk_to(desk.bot)
        yield fake


async def test_in_teams_the_presser_reads_it_each_time_and_the_review_is_one(own_data: Path, articles: Path) -> None:
    async with _teams(own_data, articles) as teams:
        reply = await teams.reply(teams.question(_UNKNOWN))
        data = next(action["data"] for action in _actions(reply) if action.get("verb") == ESCALATE)
        told = [(await teams.send(teams.press("asker", "a:asker", ESCALATE, data)))[1]["value"] for _ in range(5)]
        assert [_TOO_FAST in words for words in told] == [False, False, True, True, True]
        await teams.until(lambda: teams.all(REVIEWS, 1))
        await teams.exactly(REVIEWS, 1)


async def test_in_teams_commands_and_feedback_are_limited_too(own_data: Path, articles: Path) -> None:
    async with _teams(own_data, articles) as teams:
        for number in range(7):
            await teams.send(teams.question("help"))
            await teams.until(partial(teams.all, "a:asker", number + 1))
        assert _TOO_FAST in str(teams.messages("a:asker")[6])
        fetch = teams.activity("invoke", "asker", "a:asker", name="message/fetchTask", value={"data": {}})
        answers = [str((await teams.send(fetch))[1]) for _ in range(3)]
        assert [_TOO_FAST in answer for answer in answers] == [False, False, True]


async def test_in_teams_a_card_that_refreshes_itself_takes_no_press_from_a_reviewer(
    own_data: Path, articles: Path
) -> None:
    async with _teams(own_data, articles, channels=APPROVAL) as teams:
        await teams.send(teams.question(_DOUBTFUL))
        card = (await teams.until(lambda: teams.all(REVIEWS, 1)))[0]
        review = next(action["data"] for action in _actions(card) if "review_id" in (action.get("data") or {}))
        for _ in range(10):
            await teams.send(teams.press("reviewer", REVIEWS, REFRESH, review))
        _, told = await teams.send(teams.press("reviewer", REVIEWS, APPROVE, review))
        assert _TOO_FAST not in str(told)


def _actions(part: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Return every action in a card."""
    if isinstance(part, list):
        return [action for one in part for action in _actions(one)]
    if not isinstance(part, dict):
        return []
    own = [part] if str(part.get("type", "")).startswith("Action.") else []
    return own + [action for one in part.values() for action in _actions(one)]
