"""A running bot fetches its addresses again by itself, and says what a build did not see."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from support.models import shared_embedder
from support.waiting import until
from support.workspace import ADMIN, Desk, shown, workspace

from bot.cli.doctor import diagnose
from bot.delivery.refetching import Refetching
from index.builder import BuildRules, build, only_build
from index.embedding.model import OnnxEmbedder
from index.errors import BuildRefusedError, BuildStoppedError
from index.live import LiveRetriever
from index.reading.documents import LoadRules
from index.retrieval import LastBuild
from index.snapshot import SnapshotFolder

_RULES = LoadRules(fetch_delay_s=0, private_hosts=("127.0.0.1",))
_OLD = "Tue, 03 Mar 2026 10:00:00 GMT"
_FEE = "How much is the fee for a returned debit?"
# Of a build of two pages, at least.
_STEPS = 5


@dataclass
class _Site:
    """A site on loopback with a site map. A page is its text, or a status; `slow_s` delays each."""

    pages: dict[str, str | int] = field(default_factory=dict)
    base: str = ""
    asked: list[str] = field(default_factory=list)
    slow_s: float = 0.0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        await asyncio.sleep(self.slow_s)
        if request.path == "/sitemap.xml":
            places = "".join(f"<url><loc>{self.base}{path}</loc></url>" for path in self.pages)
            return web.Response(text=f"<urlset>{places}</urlset>", content_type="application/xml")
        page = self.pages.get(request.path, 404)
        if isinstance(page, int):
            return web.Response(status=page)
        headers = {"Last-Modified": _OLD} if request.path == "/fees" else {}
        return web.Response(text=page, content_type="text/html", headers=headers)

    @property
    def map(self) -> str:
        """The address of the site map."""
        return f"{self.base}/sitemap.xml"


@pytest.fixture
async def site() -> AsyncIterator[_Site]:
    serving = _Site({"/fees": _fees(9), "/hours": "<title>Hours</title><h1>Hours</h1><p>We are open from 8 to 17."})
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serving.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    serving.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield serving
    await runner.cleanup()


def _fees(euros: int) -> str:
    return f"<title>Fees</title><h1>Fees</h1><p>The fee for a returned debit is {euros} euro, due within 14 days."


@asynccontextmanager
async def _desk(tmp_path: Path, site: _Site, refetch_s: float = 0.3, **index: Any) -> AsyncIterator[Desk]:  # noqa: ANN401
    settings = {"paths": [site.map], "refetch_s": refetch_s, "fetch_delay_s": 0, "private_hosts": ["127.0.0.1"]}
    async with workspace(tmp_path / "data", tmp_path, index=settings | index) as desk:
        yield desk


async def _build(site: _Site, data: Path, **rules: Any) -> None:  # noqa: ANN401
    await asyncio.to_thread(build, [site.map], data, shared_embedder(), BuildRules(load=_RULES, **rules))


def _folder(tmp_path: Path) -> SnapshotFolder:
    return SnapshotFolder(tmp_path / "data")


def _is_idle(tmp_path: Path) -> bool:
    try:
        with only_build(_folder(tmp_path)):
            return True
    except BuildRefusedError:
        return False


def _texts(tmp_path: Path, embedder: OnnxEmbedder) -> str:
    found = LiveRetriever(tmp_path / "data", embedder).search(_FEE, (), 5)
    return "\n".join(chunk.text for chunk in found.chunks)


async def test_a_running_bot_takes_up_a_page_that_has_changed(
    tmp_path: Path, site: _Site, embedder: OnnxEmbedder
) -> None:
    async with _desk(tmp_path, site) as desk:
        await until(lambda: _folder(tmp_path).current_name())
        first = _folder(tmp_path).current_name()
        answer = await desk.exactly_one_reply(await desk.ask(_FEE))
        assert "9 euro" in shown(answer)
        assert "updated 3 Mar 2026" in shown(answer)
        site.pages["/fees"] = _fees(12)
        await until(lambda: _folder(tmp_path).current_name() != first)
    assert "12 euro" in _texts(tmp_path, embedder)


async def test_nothing_is_built_while_nothing_changes_however_often_it_is_fetched(tmp_path: Path, site: _Site) -> None:
    async with _desk(tmp_path, site):
        await until(lambda: site.asked.count("/fees") >= 4)
    await until(lambda: _is_idle(tmp_path))
    assert len(_folder(tmp_path).names()) == 1
    # A page that fails in another way each time is no change either.
    for status in (500, 503):
        site.pages["/new"] = status
        await _build(site, tmp_path / "data", only_changes=True)
    assert len(_folder(tmp_path).names()) == 1


async def test_with_an_interval_of_0_or_without_addresses_nothing_is_fetched(tmp_path: Path, site: _Site) -> None:
    (tmp_path / "a.md").write_text("# A\n\nThe fee is 9 euro.")
    async with _desk(tmp_path, site, refetch_s=0), aiohttp.ClientSession() as session:
        pass
    async with (
        _desk(tmp_path, site, paths=[tmp_path / "a.md"]) as desk,
        aiohttp.ClientSession() as session,
        session.get(f"{desk.bot.url}/healthz") as response,
    ):
        assert "build" not in await response.json()
    assert site.asked == []
    assert _folder(tmp_path).current_name() is None


async def test_a_build_that_fails_leaves_the_index_and_is_shown(
    tmp_path: Path, site: _Site, embedder: OnnxEmbedder
) -> None:
    await _build(site, tmp_path / "data")
    first = _folder(tmp_path).current_name()
    site.pages = {"/new": 404}
    async with _desk(tmp_path, site) as desk, aiohttp.ClientSession() as session:
        await until(lambda: (last := _folder(tmp_path).last_build()) and last.error)
        async with session.get(f"{desk.bot.url}/healthz") as response:
            assert response.status == 200
            assert (await response.json())["build"] is False
        (status,) = await desk.command(ADMIN, "/citedesk status")
        assert "failed: documents would fall from 2 to 0" in shown(status)
        checked = {found.what: found for found in await diagnose(desk.settings)}
        assert not checked["last build"].ok
        assert "would fall" in checked["last build"].words
    assert _folder(tmp_path).current_name() == first
    assert "9 euro" in _texts(tmp_path, embedder)


async def test_a_rollback_is_not_undone_by_the_schedule_until_somebody_reindexes(tmp_path: Path, site: _Site) -> None:
    await _build(site, tmp_path / "data")
    first = _folder(tmp_path).current_name()
    site.pages["/fees"] = _fees(12)
    await _build(site, tmp_path / "data")
    _folder(tmp_path).roll_back()
    site.asked.clear()
    async with _desk(tmp_path, site) as desk:
        assert await desk.bot.use_cases.operations.builds.refresh() is None
        await asyncio.sleep(0.8)
        assert (site.asked, _folder(tmp_path).current_name()) == ([], first)
        words = {found.what: found.words for found in await diagnose(desk.settings)}
        assert "after a rollback" in words["schedule"]
        await desk.command(ADMIN, "/citedesk reindex")
        await until(lambda: _folder(tmp_path).current_name() != first)
        site.asked.clear()
        await until(lambda: site.asked)


async def test_of_two_processes_one_builds(tmp_path: Path, site: _Site) -> None:
    site.slow_s = 0.2
    async with _desk(tmp_path, site, refetch_s=3600) as first, _desk(tmp_path, site, refetch_s=3600) as second:
        both = [Refetching(desk.settings, desk.bot.use_cases.operations.builds) for desk in (first, second)]
        assert [schedule._due_in() for schedule in both] == [0, 0]
        await asyncio.gather(*(schedule._attempt() for schedule in both))
        assert site.asked.count("/sitemap.xml") == 1
        assert all(schedule._due_in() > 3500 for schedule in both)
    last = _folder(tmp_path).last_build()
    assert last is not None
    assert last.error == ""


async def test_a_build_of_another_process_counts_as_the_last_one(tmp_path: Path, site: _Site) -> None:
    await _build(site, tmp_path / "data")
    async with _desk(tmp_path, site, refetch_s=3600) as desk:
        schedule = Refetching(desk.settings, desk.bot.use_cases.operations.builds)
        assert 3590 < schedule._due_in() <= 3600
        earlier = datetime.now(UTC) - timedelta(hours=2)
        _folder(tmp_path).note(LastBuild(at=earlier.isoformat()))
        assert schedule._due_in() <= -3599
        _folder(tmp_path).note(LastBuild(at=(earlier + timedelta(hours=9)).isoformat()))
        assert schedule._due_in() == 3600


async def test_the_bot_stops_at_once_in_the_middle_of_a_build(tmp_path: Path, site: _Site) -> None:
    site.pages |= {f"/page-{number}": _fees(number) for number in range(100)}
    site.slow_s = 0.2
    async with _desk(tmp_path, site):
        await until(lambda: len(site.asked) > 4)
        begun = time.monotonic()
    await until(lambda: _is_idle(tmp_path))
    assert time.monotonic() - begun < 5
    assert len(site.asked) < 60
    assert _folder(tmp_path).current_name() is None
    assert _folder(tmp_path).last_build() is None


async def test_a_build_can_be_stopped_at_each_of_its_steps(tmp_path: Path, site: _Site) -> None:
    def build_until(last: int) -> None:
        taken = 0

        def checkpoint() -> None:
            nonlocal taken
            taken += 1
            if taken == last:
                raise BuildStoppedError

        build([site.map], tmp_path / "data", shared_embedder(), BuildRules(load=_RULES), checkpoint=checkpoint)

    stopped = 0
    # How many steps there are differs: while a build waits for a reader, it looks again and again.
    for step in count(1):
        try:
            await asyncio.to_thread(build_until, step)
        except BuildStoppedError:
            stopped += 1
            assert _folder(tmp_path).names() == []
        else:
            break
    assert stopped > _STEPS
    assert len(_folder(tmp_path).names()) == 1


async def test_what_a_build_did_not_see_is_shown_with_its_age(tmp_path: Path, site: _Site) -> None:
    await _build(site, tmp_path / "data")
    for file in (tmp_path / "data" / "index" / "fetched").glob("*.json"):
        file.write_text(file.read_text().replace(datetime.now(UTC).date().isoformat(), "2026-01-02"))
    site.pages["/hours"] = 503
    async with _desk(tmp_path, site, refetch_s=3600) as desk:
        await desk.command(ADMIN, "/citedesk reindex")
        reply = (await desk.until(lambda: [m for m in desk.hidden(ADMIN) if "Reindexed" in m.text], 1))[0]
        assert f"{site.base}/hours: last seen 2 Jan 2026, " in shown(reply)
        assert "that copy is used" in shown(reply)
        words = [found.words for found in await diagnose(desk.settings) if found.what == "pages"]
        assert f"warning: {site.base}/hours: last seen 2 Jan 2026" in words[0]
        site.pages.pop("/hours")
        await desk.command(ADMIN, "/citedesk reindex")
        gone = lambda: [m for m in desk.hidden(ADMIN) if "no longer in the index" in shown(m)]  # noqa: E731
        await desk.until(gone, 1)
    last = _folder(tmp_path).last_build()
    assert last is not None
    assert [(item.document_id, item.has_copy) for item in last.not_seen] == [(f"{site.base}/hours", False)]


async def test_the_same_bytes_keep_the_day_that_was_known_first(
    tmp_path: Path, site: _Site, embedder: OnnxEmbedder
) -> None:
    await _build(site, tmp_path / "data")
    days = {c.title: c.updated for c in LiveRetriever(tmp_path / "data", embedder).search(_FEE, (), 5).chunks}
    assert days == {"Fees": "2026-03-03", "Hours": None}


async def test_a_refused_build_keeps_what_the_one_before_did_not_see(tmp_path: Path, site: _Site) -> None:
    await _build(site, tmp_path / "data")
    site.pages.pop("/hours")
    await _build(site, tmp_path / "data", max_drop=0.9)
    site.pages = {"/new": 404}
    with pytest.raises(BuildRefusedError):
        await _build(site, tmp_path / "data")
    last = _folder(tmp_path).last_build()
    assert last is not None
    assert last.error
    assert len(last.not_seen) == 1
