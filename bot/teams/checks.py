"""The Teams checks of `citedesk doctor`: settings, token, reviewers' conversation and Entra groups."""

from collections.abc import Sequence

import aiohttp
from microsoft_agents.authentication.msal import MsalAuth

from bot.settings import Settings, TeamsSettings, environment_name
from bot.surfaces.product import Diagnosis
from bot.teams.connector import Connector, TokenRefusedError, Tokens
from bot.teams.graph import Graph
from bot.teams.http import auth_configuration, authenticator
from index.errors import SettingsError

_API_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
_MEMBERS_MAX = 10_000


async def checks(settings: Settings, tokens: Tokens | None = None) -> Sequence[Diagnosis]:
    """Return the results of the Teams checks, in the order in which to mend them. Tokens come from Entra by default."""
    teams = settings.teams
    if not teams.is_served:
        return [Diagnosis("teams", ok=False, words=f"no application: set {environment_name(teams.switch)}")]
    if teams.missing:
        return [Diagnosis("teams", ok=False, words=f"not set: {', '.join(map(environment_name, teams.missing))}")]
    try:
        authenticator(teams, settings.server.host)
    except SettingsError as error:
        return [Diagnosis("teams", ok=False, words=str(error))]
    if tokens is None and not teams.anonymous:
        tokens = MsalAuth(auth_configuration(teams))
    connector = Connector(tokens, teams.timeout_s)
    try:
        return [await _conversation(connector, teams), *await _groups(settings, tokens)]
    finally:
        await connector.aclose()


async def _conversation(connector: Connector, teams: TeamsSettings) -> Diagnosis:
    """Read the members of the reviewers' conversation. This checks the bot's token and the connector, too."""
    who = "anybody on this machine may write" if teams.anonymous else f"application {teams.app_id}"
    if teams.reviewers_conversation is None:
        return Diagnosis("teams", ok=True, words=f"{who}; reviews are decided in Slack only")
    try:
        members = await connector.members(
            str(teams.service_url), teams.reviewers_conversation, _MEMBERS_MAX, teams.tenant_id or ""
        )
    except TokenRefusedError as error:
        words = f"Entra gives no token ({error}); check the application, its secret and its directory"
        return Diagnosis("teams", ok=False, words=words)
    except aiohttp.ClientResponseError as error:
        words = f"the reviewers' conversation cannot be read ({error.status}); add the app where it is"
        return Diagnosis("teams", ok=False, words=words)
    except _API_ERRORS:
        return Diagnosis("teams", ok=False, words=f"no answer from {teams.service_url}")
    count = "reviewers' conversation found" if members is None else f"{len(members)} people read the reviews"
    return Diagnosis("teams", ok=True, words=f"{who}; {count}")


async def _groups(settings: Settings, tokens: Tokens | None) -> Sequence[Diagnosis]:
    graph = Graph(tokens, str(settings.teams.graph_url), settings.teams.timeout_s)
    found = []
    for name, group_id in settings.access.entra_groups.items():
        try:
            words, ok = f"{name}: {len(await graph.members(group_id))} people", True
        except TokenRefusedError:
            words, ok = f"{name} cannot be read without a token", False
        except aiohttp.ClientResponseError as error:
            needed = "grant the application GroupMember.Read.All, and check the group's object id"
            words, ok = f"{name} cannot be read ({error.status}); {needed}", False
        except _API_ERRORS as error:
            words, ok = f"{name} cannot be read ({type(error).__name__})", False
        found.append(Diagnosis("groups", ok=ok, words=words))
    return found
