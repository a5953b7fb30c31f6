"""Two workspaces of one Slack app, each with its own documents: people, channels and questions have the same names."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.tenants import ACME, BETA, SAME, Company, seen_by
from support.two_slacks import two_slacks
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, Desk

from bot.store.records import ReviewFilter

_COMMANDS = ("help", "status", "gaps", "usage", "report", "reviews")


@pytest.fixture
async def both(own_data: Path, articles: Path, tmp_path: Path) -> AsyncIterator[tuple[Desk, Desk]]:
    async with two_slacks(own_data, articles, tmp_path) as desks:
        yield desks


def _everything(desk: Desk) -> str:
    """Return all that people of a workspace see: messages, Home and modals."""
    space = desk.sandbox.workspace
    messages = [(message.text, message.blocks) for message in space.messages]
    return json.dumps([messages, space.homes, list(space.views.values())], default=str)


async def _use_all(desk: Desk, company: Company) -> str:
    """Use the bot in every way in one workspace; return the id of an open review."""
    bird = company.bird
    await desk.exactly_one_reply(await desk.ask(SAME))
    for text in (f"Who opens the {bird} hangar?", "Who opens the hangar?", "What does the Zaunkonig eat?", "hello"):
        await desk.reply_to(await desk.ask(text))
    gap = await desk.ask(f"Does the {bird} app run on Linux phones?")
    reply = await desk.reply_to(gap)
    await desk.press(ASKER, reply, "Ask a person")
    card = await desk.card()
    await desk.press(REVIEWER, card, "Ask back")
    await desk.submit(REVIEWER, f"Which {bird} do you mean?")
    for user in (ADMIN, REVIEWER, ASKER):
        for command in _COMMANDS:
            await desk.command(user, f"/citedesk {command}")
        await desk.open_home(user)
    await desk.settled()
    (review,) = await desk.bot.runtime.tenants[company is BETA].use_cases.reviews.views.listed(REVIEWER, ReviewFilter())
    return review.review.review_id


async def test_nothing_that_a_workspace_sees_holds_a_word_of_another(both: tuple[Desk, Desk]) -> None:
    for desk, company, other in ((both[0], ACME, BETA), (both[1], BETA, ACME), (both[0], ACME, BETA)):
        if company.bird not in _everything(desk):
            await _use_all(desk, company)
        for text in (SAME, f"Who opens the {company.bird} hangar?"):
            await desk.reply_to(await desk.ask(text, channel=f"D{ASKER[1:]}"))
        await desk.settled()
        text = _everything(desk)
        assert f"{company.days} working days" in text
        assert seen_by(text, other) == []
        assert "7 days after the due date" not in text


async def test_buttons_for_a_review_of_another_workspace_find_none(both: tuple[Desk, Desk]) -> None:
    acme, beta = both
    review_id = await _use_all(acme, ACME)
    forged = await beta.sandbox.acts.post(REVIEWER, SUPPORT, "a thread", None)
    for act in ("approve", "claim", "edit", "reject", "ask_back", "show"):
        button = {"type": "button", "action_id": f"review_{act}", "value": review_id}
        await beta.sandbox.acts.press(REVIEWER, SUPPORT, forged.ts, "b", button)
        await beta.settled()
    (told,) = await beta.command(ADMIN, f"/citedesk why {review_id}")
    assert "know no request" in told.text
    assert seen_by(_everything(beta), ACME) == []
    store = acme.bot.runtime.tenants[0].use_cases.questions.store
    assert {event.what for event in await store.reviews.events(review_id)} <= {"opened", "asked back"}


async def test_an_answer_of_a_reviewer_goes_to_the_workspace_that_asked(both: tuple[Desk, Desk]) -> None:
    questions = [await desk.ask("Does the app run on Linux phones?") for desk in both]
    for desk, question in zip(both, questions, strict=True):
        await desk.press(ASKER, await desk.reply_to(question), "Ask a person")
        await desk.card()
    for desk, company in zip(both, (ACME, BETA), strict=True):
        await desk.press(REVIEWER, await desk.card(), "Write an answer")
        await desk.submit(REVIEWER, f"Ask at the {company.bird} desk.", anyway={"anyway_input": ["anyway"]})
        await desk.settled()
    for desk, company, other in zip(both, (ACME, BETA), (BETA, ACME), strict=True):
        assert company.bird in _everything(desk)
        assert seen_by(_everything(desk), other) == []
