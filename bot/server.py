"""Run the bot: store, pipeline, workers, Slack over Socket Mode or HTTP, in one process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from bot.app import UseCases, build_embedder, build_use_cases, store_file
from bot.metrics import CONTENT_TYPE
from bot.settings import Settings, environment_name
from bot.slack.app import build_bolt
from bot.slack.clients import InstalledWorkspaces, OneWorkspace, Workspaces, build_client
from bot.slack.directory import SlackDirectory
from bot.slack.events import SURFACE as SLACK
from bot.slack.events import is_well_formed
from bot.slack.installing import INSTALL_PATH, REDIRECT_PATH, installation_store, oauth_settings
from bot.slack.serving import serve_slack
from bot.slack.surface import Surface
from bot.slack.watchdog import Watchdog
from bot.store.sqlite import SqliteStore
from bot.sweeping import ReviewCards, Sweeper
from bot.tracing import start_tracing
from bot.workers import Workers
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
EVENTS_PATH, TEAMS_PATH = "/slack/events", "/api/messages"
_MAX_BODY = 1 << 20


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A bot that listens. `url` is where its HTTP server answers."""

    uses: UseCases
    slack: Surface
    workers: Workers
    sweeper: Sweeper
    url: str


@asynccontextmanager
async def running_bot(settings: Settings) -> AsyncIterator[RunningBot]:
    """Start the bot and stop it when the body ends. Raises SettingsError, StoreError."""
    _require_slack(settings)
    end_tracing = start_tracing()
    embedder = build_embedder(settings)
    async with AsyncExitStack() as stack:
        stack.callback(end_tracing)
        store = await SqliteStore(store_file(settings)).open()
        stack.push_async_callback(store.close)
        workspaces, oauth = await _workspaces(settings)
        directory = SlackDirectory(workspaces, settings.access)
        uses = build_use_cases(settings, store, embedder, directory)
        stack.push_async_callback(uses.desk.pipeline.provider.aclose)
        await asyncio.to_thread(embedder.embed, ["ready"])
        workers = Workers(settings.delivery, store)
        slack = serve_slack(settings, uses, workspaces, directory, workers)
        cards: dict[str, ReviewCards] = {SLACK: slack.cards}
        route = await stack.enter_async_context(_teams(settings, uses, workers, cards))
        sweeper = Sweeper(settings, uses, cards, workers.outbox.wake)
        await stack.enter_async_context(workers.running())
        await stack.enter_async_context(sweeper.running())
        bolt = build_bolt(settings.slack, build_client(settings.slack, None), slack, oauth)
        watchdog = await stack.enter_async_context(_socket_mode(settings, bolt)) if settings.slack.app_token else None
        url = await stack.enter_async_context(_http_server(settings, bolt, uses, watchdog, route))
        _log.info("ready", url=url, socket_mode=watchdog is not None)
        yield RunningBot(uses, slack, workers, sweeper, url)


def _require_slack(settings: Settings) -> None:
    slack = settings.slack
    if slack.client_id is not None:
        _require_installing(settings)
    elif slack.bot_token is None:
        raise SettingsError(f"setting slack.bot_token is missing: set {environment_name('slack.bot_token')}")
    if slack.app_token is None and slack.signing_secret is None:
        raise SettingsError(
            f"set {environment_name('slack.app_token')} for Socket Mode, or "
            f"{environment_name('slack.signing_secret')} to receive events over HTTP"
        )
    if slack.reviewers_channel is None:
        raise SettingsError(
            f"setting slack.reviewers_channel is missing: set {environment_name('slack.reviewers_channel')}"
        )


def _require_installing(settings: Settings) -> None:
    for name in ("client_secret", "public_url"):
        if getattr(settings.slack, name) is None:
            raise SettingsError(
                f"setting slack.{name} is missing: slack.client_id is set, so set {environment_name(f'slack.{name}')}"
            )


async def _workspaces(settings: Settings) -> tuple[Workspaces, AsyncOAuthSettings | None]:
    slack = settings.slack
    if slack.client_id:
        file = settings.data_dir / "installations.sqlite"
        store = installation_store(file, slack.client_id)
        return InstalledWorkspaces(slack, store), oauth_settings(slack, file, store)
    client = build_client(slack, slack.bot_token.get_secret_value() if slack.bot_token else None)
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        raise SettingsError(f"setting slack.bot_token: Slack refuses it ({error.response.get('error')})") from None
    except (OSError, TimeoutError):
        raise SettingsError("setting slack.api_url: Slack cannot be reached there") from None
    return OneWorkspace(client, str(who["team_id"]), str(who["user_id"])), None


@asynccontextmanager
async def _teams(
    settings: Settings, uses: UseCases, workers: Workers, cards: dict[str, ReviewCards]
) -> AsyncIterator[Handler | None]:
    """Serve Teams if it is set, and add its cards; return the handler of its route."""
    if settings.teams.app_id is None and not settings.teams.anonymous:
        yield None
        return
    # The SDK takes a third of a second to load; who serves Slack only need not wait for it.
    from bot.teams.activities import SURFACE as TEAMS  # noqa: PLC0415
    from bot.teams.doors import doorkeeper, messages  # noqa: PLC0415
    from bot.teams.serving import running_teams  # noqa: PLC0415

    keeper = doorkeeper(settings.teams, settings.server.host)
    async with running_teams(settings, uses, workers) as teams:
        cards[TEAMS] = teams.cards
        yield messages(keeper, teams.take)


@asynccontextmanager
async def _http_server(
    settings: Settings, bolt: AsyncApp, uses: UseCases, watchdog: Watchdog | None, teams: Handler | None
) -> AsyncIterator[str]:
    async def health(_: web.Request) -> web.Response:
        status = await uses.operations.status()
        told = {"index": status.manifest is not None, "store": True}
        if watchdog:
            told["socket"] = watchdog.is_healthy
        return web.json_response(told, status=200 if told.get("socket", True) else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=uses.desk.exposition(), headers={"content-type": CONTENT_TYPE})

    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_get("/healthz", health)
    # Counts are nobody else's business: on a public address only what asks from this machine gets them.
    app.router.add_get("/metrics", _from_loopback(metrics))
    # Without a secret nothing could tell Slack from a stranger, so there is no route.
    if settings.slack.signing_secret:
        app.router.add_post(EVENTS_PATH, _events(bolt, settings.slack.signing_secret.get_secret_value()))
    if teams:
        app.router.add_post(TEAMS_PATH, teams)
    if settings.slack.client_id:
        app.router.add_get(INSTALL_PATH, _page(bolt, AsyncOAuthFlow.handle_installation))
        app.router.add_get(REDIRECT_PATH, _page(bolt, AsyncOAuthFlow.handle_callback))
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


def _events(bolt: AsyncApp, secret: str) -> Handler:
    verifier = SignatureVerifier(secret)

    async def events(request: web.Request) -> web.StreamResponse:
        # Bolt parses a body before it checks the signature, and stumbles over what is no payload.
        if not verifier.is_valid_request(await request.read(), dict(request.headers)):
            _log.warning("signature_refused", bytes=request.content_length)
            return web.Response(status=401)
        if not is_well_formed(await request.text(), request.content_type):
            _log.warning("payload_refused", bytes=request.content_length)
            return web.Response(status=400)
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    return events


def _page(bolt: AsyncApp, handle: Callable[[AsyncOAuthFlow, AsyncBoltRequest], Awaitable[BoltResponse]]) -> Handler:
    """Return the handler of an OAuth page: what it gets is checked by its one-time state, not by a signature."""

    async def page(request: web.Request) -> web.StreamResponse:
        if bolt.oauth_flow is None:
            raise web.HTTPNotFound
        return await to_aiohttp_response(await handle(bolt.oauth_flow, await to_bolt_request(request)))

    return page


@asynccontextmanager
async def _socket_mode(settings: Settings, bolt: AsyncApp) -> AsyncIterator[Watchdog]:
    token = settings.slack.app_token
    handler = AsyncSocketModeHandler(
        bolt,
        app_token=token.get_secret_value() if token else "",
        web_client=build_client(settings.slack, None),
    )
    watchdog = Watchdog(handler.client, settings.slack.silence_s, settings.slack.quiet_s)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    except SlackApiError as error:
        raise SettingsError(f"setting slack.app_token: Slack refuses it ({error.response.get('error')})") from None
    watching = asyncio.create_task(watchdog.run())
    try:
        yield watchdog
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await handler.close_async()  # type: ignore[no-untyped-call]
