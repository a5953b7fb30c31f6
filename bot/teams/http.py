"""The HTTP route of Teams: authenticate the sender before reading the body, then hand over the activity."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from aiohttp import web
from microsoft_agents.hosting.core import OutboundHostValidator
from pydantic import ValidationError

from bot.settings import TeamsSettings
from bot.teams.local import LOOPBACK_NAMES, is_from_this_machine
from bot.teams.payloads import tenants_in
from bot.teams.tokens import KeysUnavailableError, SigningKeys, TokenCheck
from bot.tenants import ALONE, Tenancy
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_SERVICE_URL_CLAIM = "serviceurl"

Take = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class RefusedError(Exception):
    """A request does not come from Teams or is not meant for this bot. `status` is the HTTP status to answer."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class RequestAuthenticator:
    """Checks token, service address and tenant. A check whose field is None is off, as for a local test client.

    Without tokens only requests from this machine are admitted.

    The tenant is that of the top level of the settings, or one of `tenancy`.
    """

    tokens: TokenCheck | None
    hosts: OutboundHostValidator | None
    tenant_id: str | None
    tenancy: Tenancy = ALONE

    async def admitted(self, request: web.Request) -> Mapping[str, Any]:
        """Return the activity of an authenticated request. Raises RefusedError."""
        claims = await self._claims(request)
        if request.content_type != "application/json":
            raise RefusedError("content type", 400)
        try:
            activity = json.loads(await request.read())
            kind, conversation = activity["type"], activity["conversation"]["id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RefusedError("no activity", 400) from None
        if not all(isinstance(value, str) and value for value in (kind, conversation, activity.get("serviceUrl"))):
            raise RefusedError("no activity", 400)
        try:
            self._check_address(activity["serviceUrl"], claims)
            self._check_tenant(activity)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise RefusedError("no activity", 400) from None
        return dict(activity)

    async def _claims(self, request: web.Request) -> Mapping[str, Any]:
        if self.tokens is None:
            if not is_from_this_machine(request):
                raise RefusedError("not from this machine", 403)
            return {}
        given = request.headers.getall("Authorization", [])
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token.strip():
            raise RefusedError("no token", 401)
        try:
            return await self.tokens.claims(token.strip())
        except KeysUnavailableError:
            # The sender did nothing wrong: status 503 makes it try again.
            raise RefusedError("keys cannot be fetched", 503) from None
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, jwt.PyJWTError) as error:
            raise RefusedError(f"token: {type(error).__name__}", 401) from None

    def _check_tenant(self, activity: Mapping[str, Any]) -> None:
        """Refuse activities that name another directory than one in the settings, two of them, or none."""
        named = tenants_in(activity)
        names = {self.tenancy.name_of(tenant_id) for tenant_id in named}
        is_apart = len(named) == 1 and not names & {"", None}
        is_checked = self.tenant_id is not None or bool(self.tenancy.tenants)
        if None in names or (is_checked and not is_apart and named != {self.tenant_id}):
            raise RefusedError("foreign tenant", 403)

    def _check_address(self, service_url: str, claims: Mapping[str, Any]) -> None:
        """Refuse a service address outside Teams: the bot would send its token and answers there."""
        if self.hosts is None:
            return
        if not service_url.startswith("https://") or not self.hosts.is_allowed(service_url):
            raise RefusedError("service address", 403)
        claimed = claims.get(_SERVICE_URL_CLAIM)
        if not isinstance(claimed, str) or claimed.rstrip("/") != service_url.rstrip("/"):
            raise RefusedError("service address", 403)


def authenticator(
    settings: TeamsSettings, host: str, metadata: str = "", tenancy: Tenancy = ALONE
) -> RequestAuthenticator:
    """Return the authenticator for the settings. `metadata` is where a stand-in of Microsoft names its keys.

    Raises SettingsError for anonymous access on a public address.
    """
    if settings.anonymous:
        if host not in LOOPBACK_NAMES:
            raise SettingsError("setting teams.anonymous: only where server.host is this machine's own address")
        return RequestAuthenticator(None, None, settings.tenant_id, tenancy)
    cloud = settings.addresses
    keys = SigningKeys(metadata or cloud.metadata, settings.timeout_s)
    hosts = [*cloud.connector_hosts, *settings.service_hosts]
    return RequestAuthenticator(
        TokenCheck(settings.app_id or "", cloud.messages, keys),
        OutboundHostValidator(hosts, enabled=True, include_default_microsoft_hosts=False),
        settings.tenant_id,
        tenancy,
    )


def messages(guard: RequestAuthenticator, take: Take) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of the route. `take` handles an activity and returns the response body, if it has one.

    Statuses: 202, or 200 with a body; 400 for a malformed activity; that of RefusedError for a refused request.
    """

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            activity = await guard.admitted(request)
        except RefusedError as error:
            _log.warning("activity_refused", reason=error.reason, bytes=request.content_length)
            return web.Response(status=error.status)
        try:
            body = await take(activity)
        except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
            # The sender is authentic but the activity is malformed; sending it again would not help.
            _log.warning("activity_malformed", kind=str(activity["type"])[:40], error=type(error).__name__)
            return web.Response(status=400)
        return web.Response(status=202) if body is None else web.json_response(body)

    return handler
