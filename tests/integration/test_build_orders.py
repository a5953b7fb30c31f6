"""Orders to build the index: stored, worked on one at a time, and each answered once where it was given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.held_site import HeldSite, held_site
from support.teams import REVIEWS as TEAMS_REVIEWS
from support.teams import connector
from support.waiting import settled, until
from support.workspace import ADMIN, ASKER, SUPPORT, Desk, workspace

from bot.app import building
from bot.delivery.building import OwnedIndex
from bot.desk.index_builds import IndexBuilds
from bot.sandbox.server import Sandbox
from bot.server import running_bot
from bot.settings import load_settings
from bot.store.records import ALL_TENANTS, BuildOrder, Conversation
from bot.surfaces.words import ENGLISH, words_in
from index.errors import BuildStoppedError

_REINDEX = "/citedesk reindex"
_DONE = "Reindexed: 1 of 1 file"
_GERMAN = words_in("de")
_ORDER = BuildOrder(
    where=Conversation(
        surface="slack",
        tenant_id="T0SANDBOX",
        user_id=ADMIN,
        channel_id=ADMIN,
        thread_id="",
        private=True,
        language="de-DE",
    )
)
_NOT_HERE = {"builds_in_serve": False}


@pytest.fixture
async def site() -> AsyncIterator[HeldSite]:
    async with held_site() as served:
        yield served


@asynccontextmanager
async def _desk(tmp_path: Path, site: HeldSite, **more: Any) -> AsyncIterator[Desk]:  # noqa: ANN401 - settings
    index = site.settings | more.pop("index", {})
    async with workspace(tmp_path / "data", tmp_path, index=index, **more) as desk:
        yield desk


def _told(desk: Desk, user: str = ADMIN) -> list[str]:
    return [message.text for message in desk.hidden(user)]


async def test_a_second_order_waits_its_turn_a_third_is_not_needed_and_each_has_one_result(
    tmp_path: Path, site: HeldSite
) -> None:
    async with _desk(tmp_path, site) as desk:
        await desk.command(ADMIN, _REINDEX)
        await until(lambda: site.visits)
        await desk.command(ADMIN, _REINDEX)
        await desk.command(ADMIN, _REINDEX)
        assert _told(desk) == [ENGLISH(name) for name in ("reindexing", "reindexing-next", "error-enough-builds")]
        site.let.set()
        await settled(desk.store)
        assert [text.startswith(_DONE) for text in _told(desk)] == [False, False, False, True, True], _told(desk)
        assert site.visits == 2


async def test_two_orders_at_once_are_built_one_after_the_other(tmp_path: Path, site: HeldSite) -> None:
    async with _desk(tmp_path, site) as desk:
        await asyncio.gather(*(desk.sandbox.acts.command(ADMIN, SUPPORT, _REINDEX) for _ in range(2)))
        await until(lambda: site.visits and len(_told(desk)) == 2)
        assert site.visits == 1
        site.let.set()
        await settled(desk.store)
        assert sum(text.startswith(_DONE) for text in _told(desk)) == 2


async def test_who_may_not_order_a_build_is_refused_and_nothing_is_stored(tmp_path: Path, site: HeldSite) -> None:
    async with _desk(tmp_path, site) as desk:
        await desk.command(ASKER, _REINDEX)
        assert (await desk.store.builds.length()).waiting == 0
        assert [text[:24] for text in _told(desk, ASKER)] == ["Only admins may do this."]


async def test_a_refused_build_says_why_once(tmp_path: Path, site: HeldSite) -> None:
    async with _desk(tmp_path, site, index={"paths": []}) as desk:
        await desk.command(ADMIN, _REINDEX)
        await settled(desk.store)
        assert _told(desk)[1:] == ["No folder to index: set CITEDESK_INDEX__PATHS."]


async def test_a_result_that_the_response_url_does_not_take_comes_as_a_direct_message(
    tmp_path: Path, site: HeldSite
) -> None:
    async with _desk(tmp_path, site) as desk:
        await desk.command(ADMIN, _REINDEX)
        for url in desk.sandbox.workspace.response_urls.values():
            url.use_count = 5
        site.let.set()
        direct = await desk.until(lambda: desk.messages("D0ADMIN"), 1)
        await settled(desk.store)
        assert direct[0].text.startswith(_DONE)
        assert len(_told(desk)) == 1


async def test_an_order_that_was_taken_over_meanwhile_has_one_result(tmp_path: Path, site: HeldSite) -> None:
    async with _desk(tmp_path, site) as desk:
        await desk.bot.use_cases.operations.order_build("b-1", _ORDER)
        await until(lambda: site.visits)
        # Whoever holds the order loses it.
        assert await desk.store.builds.replace("b-1", _ORDER.model_dump_json())
        site.let.set()
        await settled(desk.store)
        assert [message.text[:25] for message in desk.messages("D0ADMIN")] == ["Eingelesen: 1 von 1 Datei"]
        assert site.visits == 2


async def test_a_process_that_stops_hands_its_build_to_the_next_one(tmp_path: Path, site: HeldSite) -> None:
    async with Sandbox() as sandbox:
        async with _desk(tmp_path, site, sandbox=sandbox) as desk:
            await desk.command(ADMIN, _REINDEX)
            await until(lambda: site.visits)
        assert len(_told(desk)) == 1
        async with _desk(tmp_path, site, sandbox=sandbox) as again:
            site.let.set()
            await settled(again.store)
            assert [text.startswith(_DONE) for text in _told(again)] == [False, True]
            assert site.visits == 2


def _building(desk: Desk, builds: IndexBuilds) -> AbstractAsyncContextManager[object]:
    """Work on the orders of a desk whose own process builds nothing."""
    index = OwnedIndex(ALL_TENANTS, desk.settings, builds)
    return building(desk.settings, desk.store, [index], desk.bot.runtime.wake_outbox)


async def test_a_process_that_does_not_build_leaves_the_order_and_serves_on(tmp_path: Path, site: HeldSite) -> None:
    async with _desk(tmp_path, site, index=_NOT_HERE) as desk:
        await desk.command(ADMIN, _REINDEX)
        (status,) = await desk.command(ADMIN, "/citedesk status")
        assert "0 questions" in f"{status.blocks}" or status.text
        builds = desk.bot.use_cases.operations.builds
        site.let.set()
        async with _building(desk, builds):
            await settled(desk.store)
        assert _told(desk)[-1].startswith(_DONE)


async def test_an_order_whose_builds_end_with_their_process_is_given_up_and_said_in_the_askers_language(
    tmp_path: Path, site: HeldSite
) -> None:
    delivery = {"attempts": 2, "poll_s": 0.05}
    async with _desk(tmp_path, site, index=_NOT_HERE, delivery=delivery) as desk:
        builds = desk.bot.use_cases.operations.builds
        await builds.order("b-1", _ORDER)
        for _ in range(2):
            assert await desk.store.builds.claim("killed", 60.0, 1)
            await desk.store.builds.release("killed")
        async with _building(desk, builds):
            await settled(desk.store)
        (said,) = desk.messages("D0ADMIN")
        assert said.text == _GERMAN("reindexing-given-up", attempts=2)
        assert (await desk.store.builds.length()).dead == 1
        assert site.visits == 0


async def test_far_into_a_build_each_step_is_told_once_whoever_goes_on_with_it(
    tmp_path: Path, site: HeldSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.building._STEP_PAUSE_S", 0.0)
    async with _desk(tmp_path, site, index=_NOT_HERE) as desk:
        builds, tries = desk.bot.use_cases.operations.builds, 0

        async def build_in_steps(progress: Any, *, only_changes: bool) -> Any:  # noqa: ANN401
            nonlocal tries
            tries += 1
            for done in range(0, 60 if tries == 1 else 101, 10):
                progress(done, 100)
            if tries == 1:
                raise BuildStoppedError("the build was stopped")
            return await builds.build_index(progress, only_changes=only_changes)

        site.let.set()
        stepped = type(builds)(builds.store, build_in_steps, builds.snapshots)
        await desk.command(ADMIN, _REINDEX)
        async with _building(desk, stepped):
            await settled(desk.store)
        steps = sorted(text for text in _told(desk) if "percent" in text)
        assert steps == [ENGLISH("reindexing-progress", percent=percent) for percent in (30, 50, 80)]
        assert sum(text.startswith(_DONE) for text in _told(desk)) == 1


async def test_in_teams_an_order_is_acknowledged_at_once_and_its_result_comes_once(
    tmp_path: Path, site: HeldSite
) -> None:
    async with connector() as teams:
        settings = load_settings(
            data_dir=tmp_path / "data",
            index=site.settings,
            teams={
                "anonymous": True,
                "reviewers_conversation": TEAMS_REVIEWS,
                "service_url": teams.url,
                "graph_url": f"{teams.url}graph/",
            },
            access={"admins": ["admin"]},
            server={"host": "127.0.0.1", "port": 0},
        )
        async with running_bot(settings) as bot:
            teams.talk_to(bot)
            question = teams.question("reindex", "admin", "a:admin")
            assert ENGLISH("reindexing") in (await teams.reply(question))["summary"]
            await until(lambda: site.visits)
            # The service sends an activity again whose response it has not seen.
            await teams.send(question)
            site.let.set()
            store = bot.use_cases.questions.store
            await settled(store)
            said = [message["summary"] for message in teams.messages("a:admin")]
            assert [text.startswith(_DONE) for text in said] == [False, True]
            assert site.visits == 1
