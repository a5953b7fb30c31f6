"""Tenants with documents of their own: none sees what is another's, whatever is asked, pressed or commanded."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.report_text import report_text
from support.teams import FakeConnector, connector
from support.tenants import ACME, BETA, SAME, Company, Visit, index_all, seen_by
from support.workspace import Desk, shown

from bot.cli.demo import demo_settings
from bot.cli.report import stored_figures
from bot.cli.review_export import ALL, as_csv, as_jsonl, stored_reviews
from bot.cli.why import explained
from bot.desk.permissions import UnknownRequestError
from bot.sandbox.server import Sandbox
from bot.server import running_bot
from bot.settings import Settings
from bot.store.records import ReviewFilter
from bot.teams.render import ESCALATE
from bot.teams.review_cards import (
    ANSWER_INPUT,
    APPROVE,
    ASK_BACK,
    CLAIM,
    EDIT,
    QUESTION_INPUT,
    REASON_INPUT,
    REFRESH,
    REJECT,
)
from index.errors import SettingsError

_TEAMS = {"anonymous": True, "tenant_id": "tenant-0", "reviewers_conversation": "19:top@thread.tacv2"}
_EVERY = ReviewFilter(states=ALL)
_OF_OWN = {"opened", "asked back", "asker answered"}
# Of the demo's articles, which the top level has.
_TOP = ("7 days after the due date", "payment reminder")


@asynccontextmanager
async def _served(data: Path, articles: Path, **tenants: dict[str, Any]) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    """Serve Teams to these tenants, and Slack to the top level."""
    async with Sandbox() as sandbox, connector() as fake:
        teams = {**_TEAMS, "service_url": fake.url, "graph_url": f"{fake.url}graph/"}
        digest = {"weekday": f"{datetime.now(UTC):%A}".lower(), "hour": 0}
        settings = demo_settings(data, articles, sandbox, teams=teams, tenants=tenants, digest=digest)
        index_all(settings)
        async with running_bot(settings) as bot:
            fake.talk_to(bot)
            yield fake, Desk(sandbox, bot, settings)


@pytest.fixture
async def both(own_data: Path, articles: Path, tmp_path: Path) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    tenants = {company.name: company.table(tmp_path) | {"ids": [company.directory]} for company in (ACME, BETA)}
    tenants["acme"]["teams"]["digest_conversation"] = "19:acme-digest@thread.tacv2"
    tenants["beta"]["teams"]["digest_conversation"] = "19:beta-digest@thread.tacv2"
    async with _served(own_data, articles, **tenants) as served:
        yield served


async def test_nothing_that_a_tenant_sees_holds_a_word_of_another(both: tuple[FakeConnector, Desk]) -> None:
    teams, desk = both
    for number, (company, other) in enumerate(((ACME, BETA), (BETA, ACME), (ACME, BETA))):
        visit = Visit(teams, company)
        visit.clear()
        await visit.use_all()
        text = visit.everything()
        assert company.bird in text, number
        assert seen_by(text, other) == []
        assert not [word for word in _TOP if word in text]
        assert f"{company.days} working days" in text
    await _sweep_shows_nothing_of_others(teams, desk)
    await _commands_show_nothing_of_others(desk.settings)


async def _sweep_shows_nothing_of_others(teams: FakeConnector, desk: Desk) -> None:
    """Post the digests, which were posted when the bot started, once more, and look at them and the cards."""
    teams.posted.clear()
    teams.updates.clear()
    for each in desk.bot.maintenance.tenants:
        (key,) = each.digests._queued
        await desk.store.outbox.forget(key)
        each.digests._queued.clear()
        await each.attempt()
    await desk.settled()
    for company, other in ((ACME, BETA), (BETA, ACME)):
        (digest,) = teams.messages(f"19:{company.name}-digest@thread.tacv2")
        shown = json.dumps([digest, teams.messages(company.reviews), teams.messages("a:asker")])
        assert seen_by(shown, other) == []


async def _commands_show_nothing_of_others(settings: Settings) -> None:
    """Look at what the commands for a terminal print."""
    for company, other in ((ACME, BETA), (BETA, ACME)):
        reviews = await stored_reviews(settings, ALL, None, company.name)
        _, figures = await stored_figures(settings, timedelta(days=7), company.name)
        assert figures is not None
        text = as_csv(reviews) + as_jsonl(reviews) + report_text(figures, quotes=True)
        assert company.bird in text
        assert seen_by(text, other) == []
    top = as_jsonl(await stored_reviews(settings, ALL, None))
    assert top == ""


async def test_ids_of_another_tenant_are_as_unknown_as_any(both: tuple[FakeConnector, Desk]) -> None:
    teams, desk = both
    answered, gap, review = await Visit(teams, ACME).use_all()
    beta = Visit(teams, BETA)
    for verb in (APPROVE, EDIT, REJECT, ASK_BACK, CLAIM, REFRESH):
        typed = dict.fromkeys((ANSWER_INPUT, QUESTION_INPUT, REASON_INPUT), "x")
        told = [
            await beta.press("reviewer", BETA.reviews, verb, {**typed, "review_id": review_id})
            for review_id in (gap, review, "r-404")
        ]
        assert told[0] == told[1] == told[2], verb
    for request_id in (answered, gap, review):
        beta.clear()
        await beta.ask(f"why {request_id}", "admin", "a:admin")
        await beta.press("asker", "a:asker", ESCALATE, {"request_id": request_id, "question": "Which one?"})
        assert seen_by(beta.everything(), ACME) == []
        assert "I know no request with this id" in beta.everything()
        with pytest.raises(UnknownRequestError):
            await explained(desk.settings, request_id, "beta")
        with pytest.raises(UnknownRequestError):
            await explained(desk.settings, request_id)
        assert (await explained(desk.settings, request_id, "acme")).trace.request_id == request_id
    acme = desk.bot.runtime.tenants[0].use_cases.questions.store
    assert [event.user_id for event in await acme.reviews.events(gap) if event.what not in _OF_OWN] == []


async def test_power_in_one_tenant_is_none_in_another(own_data: Path, articles: Path, tmp_path: Path) -> None:
    nobody = {"access": {"reviewers": ["other"], "admins": ["other"]}, "ids": [BETA.directory]}
    tenants = {"acme": ACME.table(tmp_path) | {"ids": [ACME.directory]}, "beta": BETA.table(tmp_path) | nobody}
    async with _served(own_data, articles, **tenants) as (teams, _):
        acme, beta = Visit(teams, ACME), Visit(teams, BETA)
        for text in ("reindex", "rollback", "gaps", "usage", "report", "why r-12345678"):
            said = []
            for visit in (acme, beta):
                visit.clear()
                await visit.ask(text, "admin", "a:admin")
                said.append("admin" in visit.everything().replace("a:admin", "").replace("29:admin", ""))
            assert said == [False, True], text


async def test_a_tenant_without_an_index_is_told_so_and_keeps_nobody_waiting(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    empty = {"ids": [BETA.directory], "teams": {"reviewers_conversation": BETA.reviews}}
    tenants = {"acme": ACME.table(tmp_path) | {"ids": [ACME.directory]}, "beta": BETA.table(tmp_path) | empty}
    tenants["beta"]["index"] = {"paths": [str(tmp_path / "nothing.md")]}
    (tmp_path / "nothing.md").write_text("")
    async with Sandbox() as sandbox, connector() as fake:
        teams = {**_TEAMS, "service_url": fake.url}
        settings = demo_settings(own_data, articles, sandbox, teams=teams, tenants=tenants)
        index_all(settings.model_copy(update={"tenants": {"acme": settings.tenants["acme"]}}))
        async with running_bot(settings) as bot:
            fake.talk_to(bot)
            beta, acme = Visit(fake, BETA), Visit(fake, ACME)
            await beta.ask(SAME)
            text = beta.everything()
            assert not seen_by(text, ACME)
            assert not [word for word in _TOP if word in text]
            await acme.ask(SAME)
            assert f"{ACME.days} working days" in acme.everything()


async def test_what_a_removed_tenant_has_stored_passes_to_nobody_and_comes_back_with_it(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    tables = {company.name: company.table(tmp_path) | {"ids": [company.directory]} for company in (ACME, BETA)}
    async with _served(own_data, articles, **tables) as (teams, desk):
        _, gap, _ = await Visit(teams, ACME).use_all()
        assert await _counted(desk) == 0
    # The directory is that of the top level's own people now, but the reviews were another's.
    only_beta = {"beta": tables["beta"]}
    async with _served(own_data, articles, **only_beta) as (teams, desk):
        top = Visit(teams, Company("top", "tenant-0", "", "", 0))
        for user, text in (
            ("U0REVIEWER", "reviews"),
            ("U0ADMIN", "gaps"),
            ("U0ADMIN", f"why {gap}"),
            ("U0ADMIN", "report"),
        ):
            await top.ask(text, user, f"a:{user}")
        assert seen_by(top.everything(), ACME) == []
        assert await _counted(desk) == 0
        assert as_jsonl(await stored_reviews(desk.settings, ALL, None)) == ""
        acme = Visit(teams, ACME)
        assert (await acme.send(teams.question(SAME)))[0] == 403
        await desk.bot.maintenance.sweep()
    async with _served(own_data, articles, **tables) as (teams, desk):
        assert gap in as_jsonl(await stored_reviews(desk.settings, ALL, None, "acme"))


async def _counted(desk: Desk) -> int:
    """Return how much of the store the top level sees."""
    counts = await desk.store.counts()
    listed = await desk.bot.use_cases.reviews.views.listed("U0REVIEWER", _EVERY)
    return sum(counts.outcomes.values()) + counts.open_reviews + len(listed)


async def test_names_of_people_with_the_same_id_stay_apart(both: tuple[FakeConnector, Desk]) -> None:
    teams, desk = both
    for company, name in ((ACME, "Ada"), (BETA, "Ben")):
        visit = Visit(teams, company)
        activity = teams.question(SAME)
        await visit.send({**activity, "from": {**activity["from"], "name": name}})
    names = [await each.use_cases.questions.store.people.names(["asker"]) for each in desk.bot.runtime.tenants]
    assert names == [{"asker": "Ada"}, {"asker": "Ben"}]
    assert await desk.store.people.names(["asker"]) == {}


async def test_the_workspace_of_the_bot_token_can_be_a_tenant_of_its_own(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    table = ACME.table(tmp_path, slack={"reviewers_channel": "C0REVIEWS"}) | {"ids": [ACME.team_id]}
    async with _served(own_data, articles, acme=table) as (_, desk):
        reply = await desk.exactly_one_reply(await desk.ask(SAME))
        assert f"{ACME.days} working days" in shown(reply)
        refused = await desk.exactly_one_reply(await desk.ask("When does the first payment reminder go out?"))
        assert "7 days" not in shown(refused)
    # Without its table it is nobody's: the top level must name it first.
    with pytest.raises(SettingsError, match=r"slack\.workspaces: T0SANDBOX"):
        async with _served(own_data, articles):
            pass
