"""The Teams checks of `citedesk doctor`: settings, token, reviewers' conversation and Entra groups."""

from collections.abc import Sequence

import aiohttp

from bot.settings import Settings, TeamsSettings, environment_name
from bot.surfaces.product import Diagnosis
from bot.teams.connector import Connector
from bot.teams.entra import Entra, TokenRefusedError, Tokens
from bot.teams.graph import Graph
from bot.teams.http import authenticator
from index.errors import SettingsError

_API_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
_MEMBERS_MAX = 10_000
_REFUSED = "the reviewers' conversation cannot be read ({}); add the app where it is"
_REFUSALS = {
    401: "the connector refuses the token ({}): the Azure bot must have this application's id, and teams.cloud be right"
}


async def checks(settings: Settings, tokens: Tokens | None = None) -> Sequence[Diagnosis]:
    """Return the results of the Teams checks, in the order in which to mend them. Tokens come from Entra by default."""
    teams = settings.teams
    if not teams.is_served:
        return [Diagnosis("teams", ok=False, words=f"no application: set {environment_name(teams.switch)}")]
    if teams.problem:
        return [Diagnosis("teams", ok=False, words=teams.problem)]
    try:
        authenticator(teams, settings.server.host)
        asked = tokens or (None if teams.anonymous else Entra(teams))
    except SettingsError as error:
        return [Diagnosis("teams", ok=False, words=str(error))]
    connector = Connector(asked, teams.addresses, teams.timeout_s)
    try:
        return [await _conversation(connector, teams, asked), *await _groups(settings, asked)]
    finally:
        await connector.aclose()


async def _conversation(connector: Connector, teams: TeamsSettings, tokens: Tokens | None) -> Diagnosis:
    """Ask Entra for a token, then read the members of the reviewers' conversation. This checks the connector, too."""
    who = "anybody on this machine may write" if teams.anonymous else f"application {teams.app_id}"
    try:
        if tokens:
            await tokens.token(teams.addresses.messages)
        if teams.reviewers_conversation is None:
            return Diagnosis("teams", ok=True, words=f"{who}; reviews are decided in Slack only")
        members = await connector.members(
            teams.connector, teams.reviewers_conversation, _MEMBERS_MAX, teams.tenant_id or ""
        )
    except TokenRefusedError as error:
        return Diagnosis("teams", ok=False, words=f"Entra gives no token. {error}")
    except aiohttp.ClientResponseError as error:
        return Diagnosis("teams", ok=False, words=_REFUSALS.get(error.status, _REFUSED).format(error.status))
    except _API_ERRORS:
        return Diagnosis("teams", ok=False, words=f"no answer from {teams.connector}")
    count = "reviewers' conversation found" if members is None else f"{len(members)} people read the reviews"
    return Diagnosis("teams", ok=True, words=f"{who}; {count}")


async def _groups(settings: Settings, tokens: Tokens | None) -> Sequence[Diagnosis]:
    graph = Graph(tokens, settings.teams.graph, settings.teams.timeout_s)
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
