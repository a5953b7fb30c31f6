"""A real Prometheus over real bots: each alert fires, what is mended ends, and each panel of the dashboard has data."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
import yaml
from support.builders import reply
from support.clock import Clock
from support.engines import prometheus as engine
from support.models import shared_embedder
from support.scripted_llm import Step, scripted_llm
from support.waiting import until
from support.workspace import APPROVAL, Desk, workspace

from bot.figures import Figures, index_of
from bot.telemetry.logs import configure_logging
from index.builder import BuildRules, build
from index.publishing.live_name import LiveLog
from index.publishing.object_storage import Place, opened
from index.publishing.replica import Keeping, PublishedSnapshots
from index.snapshot import SnapshotFolder

pytestmark = pytest.mark.skipif(bool(engine.missing()), reason=engine.missing())

_FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"
_QUESTIONS = (
    "When does the first payment reminder go out?",
    "How do I reset my password?",
    "Which currencies can I bill in?",
    "How do I cancel my account?",
    "What do webhooks send?",
)
_PATIENCE_S = 60.0
# Documents that are fetched every two seconds, from a site that is gone.
_GONE = {"paths": ["http://127.0.0.1:1/docs"], "refetch_s": 2.0, "fetch_delay_s": 0, "private_hosts": ["127.0.0.1"]}


@dataclass(frozen=True)
class Scene:
    """Three bots in trouble of different kinds, and the Prometheus that watches them."""

    failing: Desk
    late: Desk
    behind: Desk
    clock: Clock
    server: engine.Prometheus

    @property
    def desks(self) -> Sequence[Desk]:
        return (self.failing, self.late, self.behind)


async def _look(desk: Desk) -> None:
    """Read the figures now, not at the next look."""
    runtime = desk.bot.runtime
    indexes = [index_of(one) for one in runtime.all]
    await Figures(desk.store, indexes, runtime.metrics.watched, runtime.now).look()
    await desk.bot.readiness.look()


def _published(folder: Path, articles: Path) -> str:
    """Publish a snapshot of which the content is lost; return the address of the storage."""
    url = f"file://{folder / 'stored'}"
    storage, builder = opened(Place(url)), SnapshotFolder(folder / "builder")
    build([articles / "refunds.md"], folder / "builder", shared_embedder(), BuildRules())
    name = builder.current_name()
    assert name is not None
    PublishedSnapshots(builder, storage, LiveLog(storage), Keeping(here=1)).publish(name)
    (folder / "stored" / "blobs").rename(folder / "stored" / "elsewhere")
    return url


@asynccontextmanager
async def _scene(folder: Path, indexed: Path, articles: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:

        async def desk(name: str, data: Path, **settings: Any) -> Desk:  # noqa: ANN401
            return await stack.enter_async_context(workspace(data, folder / name, **settings))

        def data(name: str) -> Path:
            shutil.copytree(articles, folder / name)
            return Path(shutil.copytree(indexed, folder / f"data-{name}"))

        broken = await stack.enter_async_context(scripted_llm(Step(status=500)))
        unproved = await stack.enter_async_context(scripted_llm(Step(reply("good.json"))))
        model = {"provider": "openai", "model": "m", "circuit_failures": 8, "circuit_open_s": 600.0}
        clock = Clock()
        failing = await desk("failing", data("failing"), index=_GONE, llm={**model, "base_url": broken.url})
        late = await desk(
            "late", data("late"), now=clock, channels=APPROVAL, delivery={"poll_s": 600.0, "lease_s": 600.0}
        )
        behind = await desk(
            "behind",
            data("behind"),
            llm={**model, "base_url": unproved.url},
            limits={"tenant_tokens_per_day": 20},
            snapshots={"url": await asyncio.to_thread(_published, folder, articles), "poll_s": 0.2},
            shared={"url": "valkey://127.0.0.1:1/0", "retry_s": 600.0},
        )
        targets = [urlsplit(one.bot.metrics_url).netloc for one in (failing, late, behind)]
        (folder / "prometheus").mkdir()
        with engine.prometheus(folder / "prometheus", _FOLDER / "alerts.yml", targets) as server:
            yield Scene(failing, late, behind, clock, server)


async def _make_trouble(scene: Scene) -> None:
    """Break one thing after another. What counts rises needs a scrape before it."""
    await asyncio.gather(*map(_look, scene.desks))
    await until(lambda: len(scene.server.query('up{job="citedesk"} == 1')) == 3, _PATIENCE_S)
    await until(lambda: scene.server.query("citedesk_queue_given_up"), _PATIENCE_S)
    # A model that fails, beside builds that fail, a job that is given up, and a log that repeats itself.
    for question in _QUESTIONS:
        await scene.failing.exactly_one_reply(await scene.failing.ask(question))
        # A series that is new counts from its first scrape on.
        await until(lambda: scene.server.query("citedesk_model_errors_total"), _PATIENCE_S)
    await _give_up(scene.failing)
    configure_logging()
    for _ in range(150):
        structlog.get_logger("test").warning("the_same_again")
    # A review that nobody decides, and then a question that nobody answers.
    await scene.late.ask(_QUESTIONS[0])
    await scene.late.card()
    await scene.late.settled()
    scene.clock.move(hours=25)
    await scene.late.store.inbox.add(["left"], "{}")
    scene.clock.move(seconds=400)
    # A budget that is used up, without the shared server.
    for question in _QUESTIONS[:2]:
        await scene.behind.exactly_one_reply(await scene.behind.ask(question))
    await asyncio.gather(*map(_look, scene.desks))


async def _give_up(desk: Desk) -> None:
    """Make a dead letter, as the workers do."""
    async with desk.store.transaction() as tx:
        await tx.inbox.add(["given up"], "{}")
        (job,) = await tx.inbox.claim("test", 60.0, 1)
        await tx.inbox.bury(job)


async def test_each_alert_fires_in_a_run_and_each_panel_has_data(tmp_path: Path, indexed: Path, articles: Path) -> None:
    rules = yaml.safe_load((_FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    expected = {rule["alert"] for rule in rules}
    async with _scene(tmp_path, indexed, articles) as scene:
        await _make_trouble(scene)
        seen: set[str] = set()

        def missing() -> set[str]:
            seen.update(scene.server.firing())
            return expected - seen

        await until(lambda: missing() <= {"CitedeskDown"}, _PATIENCE_S, lambda: f"never fired: {missing()}")
        print(f"fired: {', '.join(sorted(seen))}")

        def empty() -> list[str]:
            return [title for title, expression in _queries() if not scene.server.query(expression)]

        # A rate needs two scrapes.
        await until(lambda: not empty(), _PATIENCE_S, lambda: f"no data: {empty()}")
        print(f"panels with data: {len(_queries())} queries")
        # The question that nobody took is withdrawn: what it caused ends.
        await scene.late.store.inbox.withdraw("left")
        await asyncio.gather(*map(_look, scene.desks))
        mended = {"CitedeskNotReady", "CitedeskQueueOld", "CitedeskNoReplyWithinAMinute"}
        await until(lambda: not mended & scene.server.firing(), _PATIENCE_S, lambda: str(scene.server.firing()))
        print(f"ended: {', '.join(sorted(mended))}")


async def test_a_process_that_ends_fires(own_data: Path, articles: Path, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(workspace(own_data, articles))
        target = urlsplit(desk.bot.metrics_url).netloc
        with engine.prometheus(tmp_path, _FOLDER / "alerts.yml", [target]) as server:
            await until(lambda: server.query('up{job="citedesk"} == 1') and not server.firing(), _PATIENCE_S)
            await stack.aclose()
            await until(lambda: "CitedeskDown" in server.firing(), _PATIENCE_S)
            print("fired: CitedeskDown")


def _queries() -> list[tuple[str, str]]:
    board = json.loads((_FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    return [(p["title"], target["expr"].replace("$job", ".+")) for p in panels for target in p["targets"]]
