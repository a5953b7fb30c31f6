"""Teams' HTTP route: authenticate the sender before the body is read, answer every request at once."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from aiohttp import web
from microsoft_agents.hosting.core import OutboundHostValidator
from microsoft_agents.hosting.core.authorization import AgentAuthConfiguration, ClaimsIdentity
from microsoft_agents.hosting.core.authorization.jwt import JwtTokenValidator
from pydantic import ValidationError

from bot.settings import TeamsSettings
from bot.teams.payloads import tenant_of
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_SERVICE_URL_CLAIM = "serviceurl"

Take = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class RefusedError(Exception):
    """A request that Teams did not send, or that is for another bot. `status` goes back to the sender."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class RequestAuthenticator:
    """Checks tokens, service addresses and tenants. All are None for a test client on this machine."""

    validator: JwtTokenValidator | None
    hosts: OutboundHostValidator | None
    tenant_id: str | None

    async def admitted(self, request: web.Request) -> Mapping[str, Any]:
        """Return the activity of a request. Raises RefusedError."""
        claims = await self._claims(request)
        try:
            activity = json.loads(await request.text())
            kind, conversation = activity["type"], activity["conversation"]["id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RefusedError("no activity", 400) from None
        if not all(isinstance(value, str) and value for value in (kind, conversation, activity.get("serviceUrl"))):
            raise RefusedError("no activity", 400)
        self._check_address(activity["serviceUrl"], claims)
        self._check_tenant(activity)
        return dict(activity)

    async def _claims(self, request: web.Request) -> ClaimsIdentity | None:
        if self.validator is None:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise RefusedError("no token", 401)
        try:
            return await self.validator.validate_token(token.strip())
        except jwt.PyJWKClientConnectionError:
            # The sender is not at fault, so it gets 503 and sends again.
            raise RefusedError("keys cannot be fetched", 503) from None
        except (ValueError, KeyError, jwt.PyJWTError) as error:
            raise RefusedError(f"token: {type(error).__name__}", 401) from None

    def _check_tenant(self, activity: Mapping[str, Any]) -> None:
        """Refuse every directory but the configured one: its people are in none of our groups."""
        if self.tenant_id is not None and tenant_of(activity) != self.tenant_id:
            raise RefusedError("foreign tenant", 403)

    def _check_address(self, service_url: str, claims: ClaimsIdentity | None) -> None:
        """Refuse a service address outside Teams: tokens and answers are sent there."""
        if self.hosts is None:
            return
        if not service_url.startswith("https://") or not self.hosts.is_allowed(service_url):
            raise RefusedError("service address", 403)
        claimed = claims.get_claim_value(_SERVICE_URL_CLAIM) if claims else None
        if claimed is None or claimed.rstrip("/") != service_url.rstrip("/"):
            raise RefusedError("service address", 403)


def authenticator(settings: TeamsSettings, host: str) -> RequestAuthenticator:
    """Return the authenticator of the settings. Raises SettingsError if strangers could send anonymous requests."""
    if settings.anonymous:
        if host not in {"127.0.0.1", "::1", "localhost"}:
            raise SettingsError("setting teams.anonymous: only where server.host is this machine's own address")
        return RequestAuthenticator(None, None, None)
    configuration = auth_configuration(settings)
    return RequestAuthenticator(
        JwtTokenValidator(configuration),
        OutboundHostValidator(list(settings.service_hosts), enabled=True),
        settings.tenant_id,
    )


def auth_configuration(settings: TeamsSettings) -> AgentAuthConfiguration:
    """Return the application's identity, as the SDK takes it."""
    return AgentAuthConfiguration(
        client_id=settings.app_id,
        tenant_id=settings.tenant_id,
        client_secret=settings.app_secret.get_secret_value() if settings.app_secret else None,
        validate_issuer=True,
    )


def messages(guard: RequestAuthenticator, take: Take) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the route's handler. `take` handles an activity and returns the body of the response, None for 202."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            activity = await guard.admitted(request)
        except RefusedError as error:
            _log.warning("activity_refused", reason=error.reason, bytes=request.content_length)
            return web.Response(status=error.status)
        try:
            told = await take(activity)
        except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
            # Teams never sends this shape, so a retry would not help.
            _log.warning("activity_malformed", kind=str(activity["type"])[:40], error=type(error).__name__)
            return web.Response(status=400)
        return web.Response(status=202) if told is None else web.json_response(told)

    return handler
