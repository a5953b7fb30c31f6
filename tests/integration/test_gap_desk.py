"""The two buttons below a gap in Slack and Teams: an outline for the missing article, and an answer that is stored."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.teams import REVIEWS as TEAMS_REVIEWS
from support.teams import FakeConnector, connector
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import Message

_LINUX = "Is there a Linux app?"
_OTHER_WORDS = "Is there an app for Linux?"
_REMINDER = "When does the first payment reminder go out?"


async def _gap(desk: Desk, *questions: str, user: str = ASKER) -> Message:
    """Ask what has no answer, and return what `gaps` shows the admin."""
    for question in questions:
        reply = await desk.exactly_one_reply(await desk.ask(question, user))
        assert "Not enough info" in shown(reply)
    (listed,) = await desk.command(ADMIN, "/citedesk gaps")
    return listed


async def _to_admin(desk: Desk, count: int = 1) -> Message:
    return (await desk.until(lambda: desk.messages("D0ADMIN"), count))[count - 1]


def _choices(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the questions that are ticked when the form opens."""
    return {
        block["block_id"]: {"questions_input": [o["value"] for o in block["element"]["initial_options"]]}
        for block in view["blocks"]
        if block.get("block_id", "").startswith("questions")
    }


async def _view(desk: Desk) -> dict[str, Any]:
    return dict(desk.sandbox.workspace.views[await desk.modal(ADMIN)])


async def test_an_admin_gets_the_outline_of_the_missing_article_in_private(own_desk: Desk) -> None:
    listed = await _gap(own_desk, _LINUX, _LINUX, _OTHER_WORDS)
    await own_desk.press(ADMIN, listed, "Draft an article")
    outline = shown(await _to_admin(own_desk))
    for part in (f"# {_LINUX}", "## Answer", "## Asked", "(2 times)", "## Nearest documents", "## What is missing"):
        assert part in outline
    assert "linux" in outline.partition("holds these words")[2]
    assert "I have sent you the outline" in shown(own_desk.hidden(ADMIN)[-1])
    # Nobody else sees it.
    assert not any("## Asked" in shown(m) for m in own_desk.messages(SUPPORT) if m.visible_to is None)


async def test_an_answer_written_for_a_gap_is_checked_stored_and_given_to_the_next_asker(own_desk: Desk) -> None:
    desk = own_desk
    listed = await _gap(desk, _LINUX, _OTHER_WORDS)
    await desk.press(ADMIN, listed, "Write the answer")
    view = await _view(desk)
    assert len(next(iter(_choices(view).values()))["questions_input"]) == 2
    # Without a passage nobody could tell who may read it.
    await desk.submit(ADMIN, "No, use the browser.", **_choices(view))
    assert "Cite at least one passage" in json.dumps(desk.sandbox.workspace.view_errors)
    # Other passages are searched for, and nothing is stored.
    await desk.submit(ADMIN, "", search={"search_input": "first payment reminder"}, **_choices(view))
    searched = await _view(desk)
    assert "7 days" in json.dumps(searched)
    assert await desk.store.curated.live() == []
    # What the passage does not say is objected to, unless the admin stands for it.
    again: dict[str, Any] = {"search": {"search_input": "first payment reminder"}, **_choices(searched)}
    await desk.submit(ADMIN, "The first reminder goes out after 99 days [1].", **again)
    assert "The documents do not prove this" in json.dumps(await _view(desk))
    await desk.submit(ADMIN, "No. There are 99 apps for phones only [1].", anyway={"anyway_input": ["anyway"]}, **again)
    assert "From now on 2 questions of one person get this answer." in shown(await _to_admin(desk))
    (gaps,) = await desk.command(ADMIN, "/citedesk gaps")
    assert "No gaps" in shown(gaps)
    for question in (_LINUX, _OTHER_WORDS):
        reply = shown(await desk.exactly_one_reply(await desk.ask(question, REVIEWER)))
        assert "There are 99 apps for phones only" in reply
        assert f"Approved by <@{ADMIN}>" in reply
    stored = await desk.store.curated.live()
    assert {(answer.approved_by, answer.sent_anyway) for answer in stored} == {(ADMIN, True)}
    # A second press on the old list says that it is done.
    await desk.press(ADMIN, listed, "Write the answer")
    await desk.settled()
    assert "This is no gap any more" in shown(desk.hidden(ADMIN)[-1])


async def test_an_answer_to_a_gap_has_its_time_and_is_not_listed_as_a_decided_review(own_desk: Desk) -> None:
    desk = own_desk
    await desk.press(ADMIN, await _gap(desk, _LINUX), "Write the answer")
    await desk.submit(ADMIN, "", search={"search_input": "payment reminder"}, **_choices(await _view(desk)))
    again: dict[str, Any] = {"search": {"search_input": "payment reminder"}, **_choices(await _view(desk))}
    await desk.submit(ADMIN, "There is none [1].", anyway={"anyway_input": ["anyway"]}, **again)
    await _to_admin(desk)
    (answer,) = await desk.store.curated.live()
    review = await desk.store.reviews.get(answer.curated_id)
    assert review
    assert review.opened_at
    assert review.opened_at <= str(review.decided_at)
    await desk.open_home(REVIEWER)
    await desk.home(REVIEWER, "home_filter")
    await desk.choose(REVIEWER, "home_filter", "decided")
    home = await desk.home(REVIEWER, '"decided:0"')
    assert "Nothing here." in json.dumps(home)


async def test_whoever_is_no_admin_gets_neither_outline_nor_form(own_desk: Desk) -> None:
    listed = await _gap(own_desk, _LINUX)
    value = listed.blocks[2]["elements"][0]["value"]
    visible = listed.visible_to
    listed.visible_to = None
    for action_id in ("gap_draft_article", "gap_write_answer"):
        action = {"type": "button", "action_id": action_id, "value": value}
        await own_desk.sandbox.acts.press(REVIEWER, listed.channel, listed.ts, "b", action)
    await own_desk.settled()
    listed.visible_to = visible
    assert REVIEWER not in own_desk.sandbox.workspace.view_of
    assert {m.text for m in own_desk.hidden(REVIEWER)} == {
        "Only admins may do this. Ask whoever runs Citedesk to add you to access.admins. Nothing was changed."
    }


@asynccontextmanager
async def _teams(data: Path, articles: Path) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with connector() as fake:
        teams = {"anonymous": True, "reviewers_conversation": TEAMS_REVIEWS, "service_url": fake.url}
        access = {"reviewers": ["reviewer"], "admins": ["admin"], "groups": {"leads": ["admin"]}}
        async with workspace(data, articles, teams=teams, access=access) as desk:
            fake.talk_to(desk.bot)
            yield fake, desk


async def _pressed(teams: FakeConnector, verb: str, data: dict[str, Any], user: str = "admin") -> Any:  # noqa: ANN401
    status, said = await teams.send(teams.press(user, f"a:{user}", verb, data))
    assert status == 200
    return said["value"]


def _data(card: dict[str, Any], title: str) -> dict[str, Any]:
    """Return verb and data of the first button with this title, as the client would send them."""
    content = card["attachments"][0]["content"]
    sets = [part["actions"] for part in content["body"] if part["type"] == "ActionSet"]
    (action, *_) = [a for row in [*sets, content.get("actions", [])] for a in row if a["title"] == title]
    return {"verb": action["verb"], "data": action["data"]}


async def test_in_teams_a_gap_is_outlined_and_answered_too(own_data: Path, articles: Path) -> None:
    async with _teams(own_data, articles) as (teams, _):
        await teams.reply(teams.question(_LINUX))
        listed = await teams.reply(teams.question("gaps", "admin", "a:admin"))
        draft = _data(listed, "Draft an article")
        assert await _pressed(teams, **draft) == "You will find it below."
        outline = (await teams.until(lambda: teams.all("a:admin", 2)))[1]
        assert f"# {_LINUX}" in json.dumps(outline)
        await _pressed(teams, **_data(listed, "Write the answer"))
        form = (await teams.until(lambda: teams.all("a:admin", 3)))[2]
        save, search = _data(form, "Save"), _data(form, "Search for other passages")
        chosen = next(p for p in form["attachments"][0]["content"]["body"] if p["type"] == "Input.ChoiceSet")["value"]
        assert await _pressed(teams, **save) == "Write an answer first."
        written = {"answer": "No. There are 99 apps for phones only [1].", "questions": chosen}
        found = await _pressed(teams, search["verb"], search["data"] | written | {"search": "first payment reminder"})
        assert "7 days" in json.dumps(found)
        objected = await _pressed(teams, save["verb"], save["data"] | written)
        assert "The documents do not prove this" in json.dumps(objected)
        told = await _pressed(teams, save["verb"], save["data"] | written | {"anyway": "true"})
        assert "From now on the question gets this answer" in json.dumps(told)
        assert await _pressed(teams, **draft) == "This is no gap any more: somebody has answered it, or it is too old."
        assert "phones only" in (await teams.reply(teams.question(_LINUX, "second", "a:second")))["text"]
        assert "Only admins" in await _pressed(teams, **draft, user="reviewer")
        # Elsewhere than in the admin's own chat nothing is shown.
        status, said = await teams.send(teams.press("admin", TEAMS_REVIEWS, draft["verb"], draft["data"]))
        assert (status, said["value"][:26]) == (200, "This works only in our own")


async def test_who_may_not_read_what_an_answer_cites_gets_no_answer_and_the_admin_is_told(
    own_data: Path, articles: Path
) -> None:
    async with _teams(own_data, articles) as (teams, desk):
        await teams.reply(teams.question(_LINUX))
        listed = await teams.reply(teams.question("gaps", "admin", "a:admin"))
        key = _data(listed, "Write the answer")["data"]["cluster"]
        search = {"cluster": key, "passages": [], "search": "refund of our own fees", "questions": key}
        found = await _pressed(teams, "gap_search", search)
        assert "Refunds of our own fees" in json.dumps(found)
        passages = found["actions"][0]["data"]["passages"]
        chunks = desk.bot.use_cases.operations.retriever.chunks(passages)
        marker = next(n for n, i in enumerate(passages, 1) if chunks[i].groups == {"leads"})
        data = {"cluster": key, "passages": passages, "questions": key, "anyway": "true"}
        told = await _pressed(teams, "gap_save_answer", data | {"answer": f"No, leads say [{marker}]."})
        assert "One of those who asked may not read what it cites" in json.dumps(told)
        assert "leads say" not in json.dumps(await teams.reply(teams.question(_LINUX), 2))
        assert "leads say" in (await teams.reply(teams.question(_LINUX, "admin", "a:admin"), 2))["text"]


@pytest.mark.parametrize("forged", [{"cluster": "r-404", "passages": []}, {"passages": []}, {"cluster": "r-404"}])
async def test_forged_buttons_change_nothing(forged: dict[str, Any], own_data: Path, articles: Path) -> None:
    async with _teams(own_data, articles) as (teams, desk):
        status, _ = await teams.send(teams.press("admin", "a:admin", "gap_save_answer", forged | {"answer": "x"}))
        assert status in {200, 400}
        assert await desk.store.curated.live() == []
