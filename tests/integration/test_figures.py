"""What the metrics of a running bot say of replies, queues, reviews, builds and spend."""

import re
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from support.clock import Clock
from support.waiting import until
from support.workspace import APPROVAL, Desk, workspace

from bot.figures import Figures, IndexOfTenant, index_of
from bot.index_worker import running_index_worker
from bot.store.port import Store
from bot.telemetry.metrics import Metrics
from index.snapshot import SnapshotFolder
from pipeline.types import Trace

_ANSWERABLE = "When does the first payment reminder go out?"
_TOP = '{tenant="top level"}'


async def _metrics(url: str) -> dict[str, float]:
    """Return the value of each series, by its name and labels."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as response:
        text = await response.text()
    return {name: float(value) for name, value in re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)}


async def _looked(desk: Desk) -> dict[str, float]:
    """Return the metrics after a look at the figures."""
    runtime = desk.bot.runtime
    await Figures(desk.store, [index_of(runtime)], runtime.metrics.watched, runtime.now).look()
    return await _metrics(desk.bot.metrics_url)


async def test_a_reply_counts_once_with_the_time_since_its_question(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        await desk.exactly_one_reply(await desk.ask(_ANSWERABLE))
        found = await _metrics(desk.bot.metrics_url)
    assert found["citedesk_reply_seconds_count"] == 1
    assert found['citedesk_reply_seconds_bucket{le="60.0"}'] == 1
    assert found["citedesk_reply_seconds_sum"] > 0


async def test_the_decision_of_a_review_is_no_late_reply(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, channels=APPROVAL) as desk:
        question = await desk.ask(_ANSWERABLE)
        await desk.press("U0REVIEWER", await desk.card(), "Approve")
        await desk.reply_to(question, 2)
        await desk.settled()
        assert (await _metrics(desk.bot.metrics_url))["citedesk_reply_seconds_count"] == 1


async def test_what_waits_is_told_with_its_age(own_data: Path, articles: Path) -> None:
    clock = Clock()
    slow = {"poll_s": 600.0, "lease_s": 600.0}
    async with workspace(own_data, articles, now=clock, channels=APPROVAL, delivery=slow) as desk:
        await desk.ask(_ANSWERABLE)
        await desk.card()
        await desk.settled()
        clock.move(hours=2)
        await desk.store.inbox.add(["left"], "{}")
        clock.move(seconds=30)
        found = await _looked(desk)
        assert found["citedesk_reviews_open"] == 1
        assert found["citedesk_review_oldest_seconds"] == 7230
        assert found['citedesk_queue_oldest_seconds{queue="inbox"}'] == 30
        assert found['citedesk_queue_overdue_seconds{queue="inbox"}'] == 30
        assert found['citedesk_queue_waiting{queue="inbox"}'] == 1
        await desk.store.close()
        assert 'citedesk_queue_oldest_seconds{queue="inbox"}' not in await _looked(desk)


async def test_spend_is_of_today_and_the_budget_that_of_the_workspace_that_used_most(
    own_data: Path, articles: Path
) -> None:
    clock = Clock(datetime(2026, 11, 1, 22, 0, tzinfo=UTC))
    async with workspace(own_data, articles, now=clock, limits={"tenant_tokens_per_day": 1000}) as desk:
        await _spend(desk.store, "yesterday", "T0SANDBOX", 5000)
        clock.move(hours=3)
        await _spend(desk.store, "a", "T0SANDBOX", 700)
        await _spend(desk.store, "b", "T0OTHER", 900)
        found = await _looked(desk)
        assert found[f"citedesk_tokens_today{_TOP}"] == 1600
        assert found[f"citedesk_cost_today_usd{_TOP}"] == 1.0
        assert found[f"citedesk_budget_tokens{_TOP}"] == 1000
        assert found[f"citedesk_budget_used_ratio{_TOP}"] == 0.9


async def _spend(store: Store, request_id: str, tenant_id: str, tokens: int) -> None:
    await store.requests.save(
        Trace(
            request_id=request_id,
            tenant_id=tenant_id,
            user_id="U1",
            channel_id="C1",
            route="slack",
            outcome="answered",
            verdict="OK",
            input_tokens=tokens,
            cost_usd=0.5,
        )
    )


async def test_the_index_is_as_old_as_the_last_look_at_its_documents(own_data: Path, articles: Path) -> None:
    folder = SnapshotFolder(own_data)
    async with workspace(own_data, articles) as desk:
        found = await _looked(desk)
    last = folder.last_build()
    assert last is not None
    ended = datetime.fromisoformat(last.at).timestamp()
    assert found[f"citedesk_index_seen_timestamp_seconds{_TOP}"] == ended
    assert found[f"citedesk_build_timestamp_seconds{_TOP}"] == ended
    assert found[f"citedesk_build_failed{_TOP}"] == 0
    assert found[f"citedesk_snapshot_built_timestamp_seconds{_TOP}"] <= ended
    assert f"citedesk_build_interval_seconds{_TOP}" not in found


def test_one_tenants_old_snapshot_is_not_hidden_by_another_tenant() -> None:
    metrics = Metrics(routes=())
    metrics.follow(is_behind=True, has_failed=True, tenant="acme")
    metrics.follow(is_behind=False, has_failed=False, tenant="other")
    text = metrics.exposition(0, {}).decode()
    assert 'citedesk_snapshot_behind{tenant="acme"} 1.0' in text
    assert 'citedesk_snapshot_behind{tenant="other"} 0.0' in text


async def test_a_process_that_only_builds_tells_how_its_builds_end(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        settings = desk.settings.model_copy(
            update={"server": desk.settings.server.model_copy(update={"port": 0, "metrics_port": None})}
        )
    async with running_index_worker(settings) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/livez") as response:
            assert (response.status, await response.json()) == (200, {"process": True, "workers": True})
        async with session.get(f"{url}/readyz") as response:
            assert (response.status, await response.json()) == (200, {"store": True, "workers": True, "serving": True})
        async with session.get(f"{url}/metrics") as response:
            assert response.status == 404


async def test_figures_of_an_index_without_a_build_are_left_out(own_data: Path, articles: Path, tmp_path: Path) -> None:
    async with workspace(own_data, articles) as desk:
        metrics = Metrics(routes=())
        index = IndexOfTenant("acme", desk.settings, SnapshotFolder(tmp_path / "nothing"))
        await Figures(desk.store, [index], metrics.watched, desk.bot.runtime.now).look()
        assert "acme" not in metrics.exposition(0, {}).decode()
        assert await until(lambda: "citedesk_info" in metrics.exposition(0, {}).decode())
