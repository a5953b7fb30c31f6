"""Slack's part of `citedesk doctor`: tokens, scopes, Socket Mode and the reviewers' channels."""

from collections.abc import Mapping, Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings, SlackSettings, environment_name
from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.channel_checks import channel_checks, unread_channel_checks
from bot.slack.clients import build_client
from bot.slack.oauth import SCOPES
from bot.slack.token_keys import TokenKeys
from bot.surfaces.product import Diagnosis
from index.errors import SettingsError

_BOT, _APP = "the bot token begins with xoxb-", "the app-level token begins with xapp-"
_OTHER_TYPE = frozenset({"not_allowed_token_type", "invalid_auth"})


async def checks(settings: Settings) -> Sequence[Diagnosis]:
    """Return the result of each check of Slack, in the order in which to fix them."""
    slack = settings.slack
    if words := misplaced_token(slack):
        return [Diagnosis("slack", ok=False, words=words)]
    if slack.client_id is not None:
        return [_installation(settings), await _socket(settings), *unread_channel_checks(settings)]
    if slack.bot_token is None:
        unset = Diagnosis("slack", ok=False, words=f"no bot token: set {environment_name('slack.bot_token')}")
        return [unset, await _socket(settings)]
    client = build_client(slack, slack.bot_token.get_secret_value())
    token = await _token(slack, client)
    return [token, await _socket(settings), *(await channel_checks(settings, client) if token.ok else ())]


def misplaced_token(slack: SlackSettings) -> str:
    """Return which token is set where another kind belongs, by its beginning; "" if none is."""
    bot = slack.bot_token.get_secret_value() if slack.bot_token else ""
    app = slack.app_token.get_secret_value() if slack.app_token else ""
    bot_name, app_name = environment_name("slack.bot_token"), environment_name("slack.app_token")
    if bot.startswith("xapp-") and app.startswith("xoxb-"):
        return f"{bot_name} and {app_name} are swapped: {_BOT}, {_APP}"
    if bot.startswith(("xapp-", "xoxp-", "xoxe.xoxp-")):
        kind = "an app-level token" if bot.startswith("xapp-") else "the token of a person"
        return f"{bot_name} holds {kind}: {_BOT}"
    if app.startswith("xox"):
        return f"{app_name} holds a bot token or that of a person: {_APP}"
    return ""


async def _token(slack: SlackSettings, client: AsyncWebClient) -> Diagnosis:
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        return Diagnosis("slack", ok=False, words=f"Slack refuses the bot token ({error_of(error)}); {_BOT}")
    except CALL_ERRORS:
        return Diagnosis("slack", ok=False, words=f"no answer from {slack.api_url}")
    if not who.get("bot_id") or not who.get("team_id"):
        return Diagnosis("slack", ok=False, words=f"the bot token belongs to no bot of a workspace; {_BOT}")
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
    needed = ("slack.client_secret", "slack.token_keys", "slack.public_url", "slack.signing_secret")
    missing = [name for name in needed if getattr(settings.slack, name.partition(".")[2]) is None]
    if missing:
        return Diagnosis("slack", ok=False, words=f"not set: {', '.join(map(environment_name, missing))}")
    try:
        TokenKeys.of(settings.slack.token_keys.get_secret_value() if settings.slack.token_keys else "")
    except SettingsError as error:
        return Diagnosis("slack", ok=False, words=str(error))
    return Diagnosis("slack", ok=True, words=f"to be installed from {settings.slack.public_url}slack/install")


async def _socket(settings: Settings) -> Diagnosis:
    token = settings.slack.app_token
    if token is None:
        is_signed = settings.slack.signing_secret is not None
        how = "off: events come over HTTP" if is_signed else (
            f"set {environment_name('slack.app_token')} for Socket Mode, or "
            f"{environment_name('slack.signing_secret')} for events over HTTP"
        )  # fmt: skip
        return Diagnosis("socket", ok=is_signed, words=how)
    try:
        await build_client(settings.slack, None).apps_connections_open(app_token=token.get_secret_value())
    except SlackApiError as error:
        code = error_of(error)
        kind = f"; {_APP}" if code in _OTHER_TYPE else ""
        words = f"Slack refuses the app token ({code}); it needs connections:write{kind}"
        return Diagnosis("socket", ok=False, words=words)
    except CALL_ERRORS:
        return Diagnosis("socket", ok=False, words=f"no answer from {settings.slack.api_url}")
    return Diagnosis("socket", ok=True, words="Slack lets us connect")
