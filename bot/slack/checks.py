"""Slack's part of `citedesk doctor`: tokens, scopes and Socket Mode."""

from collections.abc import Mapping, Sequence

from slack_sdk.errors import SlackApiError

from bot.settings import Settings, environment_name
from bot.slack.clients import build_client
from bot.slack.oauth import SCOPES
from bot.surfaces.product import Diagnosis


async def checks(settings: Settings) -> Sequence[Diagnosis]:
    """Return the result of each check of Slack, in the order in which to fix them."""
    credentials = await _token(settings) if settings.slack.client_id is None else _installation(settings)
    return [credentials, await _socket(settings)]


async def _token(settings: Settings) -> Diagnosis:
    slack = settings.slack
    if slack.bot_token is None:
        return Diagnosis("slack", ok=False, words=f"no bot token: set {environment_name('slack.bot_token')}")
    try:
        who = await build_client(slack, slack.bot_token.get_secret_value()).auth_test()
    except SlackApiError as error:
        return Diagnosis("slack", ok=False, words=f"Slack refuses the bot token ({error.response.get('error')})")
    except (OSError, TimeoutError):
        return Diagnosis("slack", ok=False, words=f"no answer from {slack.api_url}")
    if slack.app_token is None and slack.signing_secret is None:
        both = f"{environment_name('slack.app_token')} or {environment_name('slack.signing_secret')}"
        return Diagnosis("slack", ok=False, words=f"nothing to receive events with: set {both}")
    missing = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in _missing_scopes(who.headers))
    words = f"bot {who['user_id']} in team {who['team_id']}"
    lacking = f"scopes missing, add them and install the app again: {missing}"
    return Diagnosis("slack", ok=not missing, words=lacking if missing else words)


def _missing_scopes(headers: Mapping[str, str]) -> list[str]:
    """Return the scopes that the token lacks; none if the response does not name the granted ones."""
    named = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    granted = {scope.strip() for scope in named.split(",")} if named is not None else set(SCOPES)
    return sorted(SCOPES.keys() - granted)


def _installation(settings: Settings) -> Diagnosis:
    needed = ("slack.client_secret", "slack.public_url", "slack.signing_secret")
    missing = [name for name in needed if getattr(settings.slack, name.partition(".")[2]) is None]
    if missing:
        return Diagnosis("slack", ok=False, words=f"not set: {', '.join(map(environment_name, missing))}")
    return Diagnosis("slack", ok=True, words=f"to be installed from {settings.slack.public_url}slack/install")


async def _socket(settings: Settings) -> Diagnosis:
    token = settings.slack.app_token
    if token is None:
        return Diagnosis("socket", ok=True, words="off: events come over HTTP")
    try:
        await build_client(settings.slack, None).apps_connections_open(app_token=token.get_secret_value())
    except SlackApiError as error:
        words = f"Slack refuses the app token ({error.response.get('error')}); it needs connections:write"
        return Diagnosis("socket", ok=False, words=words)
    except (OSError, TimeoutError):
        return Diagnosis("socket", ok=False, words=f"no answer from {settings.slack.api_url}")
    return Diagnosis("socket", ok=True, words="Slack lets us connect")
