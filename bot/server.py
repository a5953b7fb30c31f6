"""Run the bot: store, pipeline, workers and the chat products that are set, in one process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.app import UseCases, build_embedder, build_use_cases, store_file
from bot.delivery.dispatcher import Workers
from bot.delivery.maintenance import Sweeper
from bot.settings import Settings, SlackSettings, environment_name, reviewers_places
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.membership import Directories
from bot.surfaces.review_board import Boards
from bot.telemetry.metrics import CONTENT_TYPE
from bot.telemetry.tracing import start_tracing
from index.errors import SettingsError

if TYPE_CHECKING:
    from bot.slack.serving import Served

_log = structlog.get_logger(__name__)
TEAMS_PATH = "/api/messages"
_MAX_BODY = 1 << 20
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Healthy = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A bot that listens. `url` is where its HTTP server answers."""

    uses: UseCases
    boards: Boards
    workers: Workers
    sweeper: Sweeper
    url: str


@asynccontextmanager
async def running_bot(settings: Settings) -> AsyncIterator[RunningBot]:
    """Start the bot and stop it when the body ends. Raises SettingsError, StoreError."""
    _require(settings)
    end_tracing = start_tracing()
    embedder = build_embedder(settings)
    async with AsyncExitStack() as stack:
        stack.callback(end_tracing)
        store = await SqliteStore(store_file(settings)).open()
        stack.push_async_callback(store.close)
        directories, boards, workers = Directories(), Boards(store), Workers(settings.delivery, store)
        uses = build_use_cases(settings, store, embedder, directories)
        stack.push_async_callback(uses.desk.pipeline.provider.aclose)
        # The model takes as long to load as Bolt does, and most of that without Python.
        _, slack = await asyncio.gather(
            asyncio.to_thread(embedder.embed, ["ready"]), _slack(settings, uses, directories, workers, boards)
        )
        teams = await stack.enter_async_context(_teams(settings, uses, directories, workers, boards))
        sweeper = Sweeper(settings, uses, boards, workers.outbox.wake)
        await stack.enter_async_context(workers.running())
        await stack.enter_async_context(sweeper.running())
        watchdog = await stack.enter_async_context(slack.socket) if slack else None
        routes = [*(slack.routes if slack else ()), *teams]
        healthy = (lambda: watchdog.is_healthy) if watchdog else None
        url = await stack.enter_async_context(_http_server(settings, uses, routes, healthy))
        _log.info("ready", url=url, socket_mode=watchdog is not None, teams=bool(teams))
        yield RunningBot(uses, boards, workers, sweeper, url)


def _require(settings: Settings) -> None:
    """Refuse to start where nobody could ask, or nobody could review."""
    if not settings.slack.is_served and not settings.teams.is_served:
        raise SettingsError(
            f"no chat product is set: set {environment_name('slack.bot_token')} for Slack, "
            f"{environment_name('teams.app_id')} for Teams, or both"
        )
    if settings.slack.is_served:
        _require_slack(settings.slack)
    places = reviewers_places(settings)
    if not any(places.values()):
        raise SettingsError(f"setting {min(places)} is missing: set {' or '.join(map(environment_name, places))}")


def _require_slack(slack: SlackSettings) -> None:
    """Raise SettingsError if something is missing without which Slack cannot be served."""
    for name in ("client_secret", "public_url"):
        if slack.client_id is not None and getattr(slack, name) is None:
            raise SettingsError(
                f"setting slack.{name} is missing: slack.client_id is set, so set {environment_name(f'slack.{name}')}"
            )
    if slack.app_token is None and slack.signing_secret is None:
        raise SettingsError(
            f"set {environment_name('slack.app_token')} for Socket Mode, or "
            f"{environment_name('slack.signing_secret')} to receive events over HTTP"
        )


async def _slack(
    settings: Settings, uses: UseCases, directories: Directories, workers: Workers, boards: Boards
) -> "Served | None":
    """Serve Slack if it is set; return the ways in."""
    if not settings.slack.is_served:
        return None
    from bot.slack.serving import serve_slack  # noqa: PLC0415 - who serves Teams only need not load Bolt

    return await serve_slack(settings, uses, directories, workers, boards)


@asynccontextmanager
async def _teams(
    settings: Settings, uses: UseCases, directories: Directories, workers: Workers, boards: Boards
) -> AsyncIterator[list[web.RouteDef]]:
    """Serve Teams if it is set; return its routes."""
    if not settings.teams.is_served:
        yield []
        return
    # The SDK takes a third of a second to load; who serves Slack only need not wait for it.
    from bot.teams.http import doorkeeper, messages  # noqa: PLC0415
    from bot.teams.serving import running_teams  # noqa: PLC0415

    keeper = doorkeeper(settings.teams, settings.server.host)
    async with running_teams(settings, uses, directories, workers, boards) as teams:
        yield [web.post(TEAMS_PATH, messages(keeper, teams.take))]


@asynccontextmanager
async def _http_server(
    settings: Settings, uses: UseCases, routes: Iterable[web.RouteDef], healthy: Healthy | None
) -> AsyncIterator[str]:
    async def health(_: web.Request) -> web.Response:
        status = await uses.operations.status()
        told = {"index": status.manifest is not None, "store": True}
        if healthy:
            told["socket"] = healthy()
        return web.json_response(told, status=200 if told.get("socket", True) else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=uses.desk.exposition(), headers={"content-type": CONTENT_TYPE})

    app = web.Application(client_max_size=_MAX_BODY)
    # Counts are nobody else's business: on a public address only what asks from this machine gets them.
    app.router.add_routes([web.get("/healthz", health), web.get("/metrics", _from_loopback(metrics)), *routes])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.server.host, settings.server.port).start()
        except OSError as error:
            place = f"{settings.server.host}:{settings.server.port}"
            raise SettingsError(f"setting server.port: {place} cannot be bound ({error.strerror})") from None
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _from_loopback(
    handler: Handler,
) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        if not peer or not ip_address(peer[0]).is_loopback:
            raise web.HTTPForbidden
        return await handler(request)

    return guarded
