"""The Slack surface: what its listeners and the workers share, and the ways in."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from aiohttp import web
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError

from bot.app import UseCases
from bot.delivery.dispatcher import Handlers, Workers
from bot.settings import Settings
from bot.slack.best_effort import Niceties
from bot.slack.clients import InstalledWorkspaces, OneWorkspace, Workspaces, build_client
from bot.slack.http import routes, socket_mode
from bot.slack.listeners import build_bolt
from bot.slack.membership import SlackDirectory
from bot.slack.oauth import installation_store, oauth_settings
from bot.slack.payloads import SURFACE
from bot.slack.posting import Delivery
from bot.slack.product import Answering
from bot.slack.review_board import Cards
from bot.slack.services import Surface
from bot.slack.watchdog import Watchdog
from bot.surfaces.membership import Directories
from bot.surfaces.review_board import Boards
from index.errors import SettingsError


@dataclass(frozen=True, slots=True)
class _Home:
    """Where Slack is served: the workspaces, and how the app gets into more of them."""

    workspaces: Workspaces
    oauth: AsyncOAuthSettings | None


@dataclass(frozen=True, slots=True)
class Served:
    """The ways in: `socket` holds a connection of Socket Mode, if one is set, while it is entered."""

    routes: Sequence[web.RouteDef]
    socket: AbstractAsyncContextManager[Watchdog | None]


async def serve_slack(
    settings: Settings, uses: UseCases, directories: Directories, workers: Workers, boards: Boards
) -> Served:
    """Have the workers serve Slack's jobs; return the ways in. Raises SettingsError."""
    home = await _home(settings)
    workspaces, niceties = home.workspaces, Niceties()
    directory = SlackDirectory(workspaces, settings.access)
    attempts = settings.delivery.attempts
    answering = Answering(
        uses.desk,
        uses.reviews,
        workspaces,
        niceties,
        boards,
        settings.slack.progress_after_s,
        attempts,
        workers.outbox.wake,
    )
    delivery = Delivery(uses.desk, workspaces, niceties, workers.reply_limits, attempts)
    directories.add(SURFACE, directory)
    boards.add(SURFACE, Cards(uses.reviews, workspaces, settings.slack.reviewers_channel or ""))
    workers.add(SURFACE, Handlers(answering.work, delivery.deliver))
    surface = Surface(
        desk=uses.desk,
        reviews=uses.reviews,
        operations=uses.operations,
        workspaces=workspaces,
        directory=directory,
        niceties=niceties,
        boards=boards,
        answering=answering,
        prompts=tuple({"title": text[:70], "message": text} for text in settings.slack.prompts),
        wake_inbox=workers.inbox.wake,
        wake_outbox=workers.outbox.wake,
    )
    bolt = build_bolt(settings.slack, build_client(settings.slack, None), surface, home.oauth)
    return Served(tuple(routes(settings.slack, bolt)), socket_mode(settings.slack, bolt))


async def _home(settings: Settings) -> _Home:
    slack = settings.slack
    if slack.client_id:
        file = settings.data_dir / "installations.sqlite"
        store = installation_store(file, slack.client_id)
        return _Home(InstalledWorkspaces(slack, store), oauth_settings(slack, file, store))
    client = build_client(slack, slack.bot_token.get_secret_value() if slack.bot_token else None)
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        raise SettingsError(f"setting slack.bot_token: Slack refuses it ({error.response.get('error')})") from None
    except (OSError, TimeoutError):
        raise SettingsError("setting slack.api_url: Slack cannot be reached there") from None
    return _Home(OneWorkspace(client, str(who["team_id"]), str(who["user_id"])), None)
