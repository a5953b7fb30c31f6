"""`bot.delivery.runtime.Product` for Slack: what the process and `citedesk doctor` call."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError

from bot.delivery.runtime import Runtime, Served
from bot.settings import Settings
from bot.slack.best_effort import BestEffortCalls
from bot.slack.checks import checks
from bot.slack.clients import InstalledWorkspaces, OneWorkspace, Workspaces, build_client
from bot.slack.http import routes
from bot.slack.installations import Installations
from bot.slack.listeners import build_bolt
from bot.slack.membership import SlackMembership
from bot.slack.oauth import oauth_settings
from bot.slack.payloads import SURFACE
from bot.slack.posting import SlackPoster
from bot.slack.product import SlackProduct
from bot.slack.review_board import SlackReviewBoard
from bot.slack.services import SlackServices
from bot.slack.socket_mode import socket_mode
from bot.surfaces.product import Diagnosis
from bot.surfaces.words import Languages
from index.errors import SettingsError


@dataclass(frozen=True, slots=True)
class _Installation:
    """The workspaces that are served. `oauth` is set if more workspaces can install the app."""

    workspaces: Workspaces
    oauth: AsyncOAuthSettings | None


class SlackServing:
    """Connects Slack to a running process, and checks its settings."""

    @asynccontextmanager
    async def serving(self, runtime: Runtime) -> AsyncIterator[Served]:
        """Connect Slack to `runtime`; yield its routes and its connection. Raises SettingsError if Slack refuses."""
        slack = runtime.settings.slack
        installation = await _installation(runtime.settings)
        workspaces, best_effort = installation.workspaces, BestEffortCalls()
        membership = SlackMembership(workspaces, runtime.settings.access)
        languages = Languages(runtime.settings.language)
        poster = SlackPoster(workspaces, best_effort, languages)
        product = SlackProduct(workspaces, best_effort, poster, membership.person, slack.progress_after_s, languages)
        board = SlackReviewBoard(runtime.use_cases.reviews, workspaces, slack.reviewers_channel or "", languages)
        runtime.connect(SURFACE, product, membership, board)
        services = SlackServices(
            questions=runtime.use_cases.questions,
            reviews=runtime.use_cases.reviews,
            operations=runtime.use_cases.operations,
            workspaces=workspaces,
            membership=membership,
            best_effort=best_effort,
            boards=runtime.boards,
            running=runtime.running,
            prompts=tuple({"title": text[:70], "message": text} for text in slack.prompts),
            languages=languages,
            wake_inbox=runtime.wake_inbox,
            wake_outbox=runtime.wake_outbox,
        )
        bolt = build_bolt(slack, build_client(slack, None), services, installation.oauth)
        yield Served(tuple(routes(slack, bolt)), socket_mode(slack, bolt))

    async def check(self, settings: Settings) -> Sequence[Diagnosis]:
        """Return what `citedesk doctor` says of Slack, in the order in which to fix it."""
        return await checks(settings)


async def _installation(settings: Settings) -> _Installation:
    slack = settings.slack
    if slack.client_id:
        file = settings.data_dir / "installations.sqlite"
        store = Installations(file, slack.client_id, slack.workspaces)
        return _Installation(InstalledWorkspaces(slack, store), oauth_settings(slack, file, store))
    client = build_client(slack, slack.bot_token.get_secret_value() if slack.bot_token else None)
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        raise SettingsError(f"setting slack.bot_token: Slack refuses it ({error.response.get('error')})") from None
    except (OSError, TimeoutError):
        raise SettingsError("setting slack.api_url: Slack cannot be reached there") from None
    team_id = str(who["team_id"])
    if slack.workspaces and team_id not in slack.workspaces:
        raise SettingsError(f"setting slack.workspaces: {team_id} is missing, the workspace of slack.bot_token")
    return _Installation(OneWorkspace(client, team_id, str(who["user_id"]), slack.workspaces), None)
