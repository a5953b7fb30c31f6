"""Slack's HTTP routes: the signed events route, and the pages that install the app."""

from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.settings import SlackSettings
from bot.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.slack.payloads import is_well_formed

_log = structlog.get_logger(__name__)
_FORM = "application/x-www-form-urlencoded"
_SSL_CHECK_BYTES = 1000
EVENTS_PATH = "/slack/events"
Bolt = Callable[[], AsyncApp | None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(settings: SlackSettings, bolt: Bolt) -> Iterator[web.RouteDef]:
    """Yield the routes that the settings ask for. While `bolt` returns None, they answer 503.

    Without a signing secret there is no events route, because no sender could be verified.
    """
    if settings.signing_secret:
        yield web.post(EVENTS_PATH, _events(bolt, settings.signing_secret.get_secret_value()))
    if settings.client_id:
        yield web.get(INSTALL_PATH, _page(bolt, AsyncOAuthFlow.handle_installation))
        yield web.get(REDIRECT_PATH, _page(bolt, AsyncOAuthFlow.handle_callback))


def _events(bolt: Bolt, secret: str) -> Handler:
    verifier = SignatureVerifier(secret)

    async def events(request: web.Request) -> web.StreamResponse:
        if await _is_ssl_check(request):
            return web.Response()
        # Bolt parses a body before it checks the signature, and a malformed body makes it raise.
        if not verifier.is_valid_request(await request.read(), dict(request.headers)):
            _log.warning("signature_refused", bytes=request.content_length)
            return web.Response(status=401)
        if not is_well_formed(await request.text(), request.content_type):
            _log.warning("payload_refused", bytes=request.content_length)
            return web.Response(status=400)
        if (app := bolt()) is None:
            # Slack delivers an event again later.
            return web.Response(status=503)
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return events


async def _is_ssl_check(request: web.Request) -> bool:
    """Tell whether Slack only looks at the certificate; it sends no signature then, and wants an empty answer."""
    body = await request.read()
    if request.content_type != _FORM or len(body) > _SSL_CHECK_BYTES:
        return False
    return parse_qs(body.decode(errors="replace")).get("ssl_check") == ["1"]


def _page(bolt: Bolt, handle: Callable[[AsyncOAuthFlow, AsyncBoltRequest], Awaitable[BoltResponse]]) -> Handler:
    """Return the handler of an OAuth page. Browsers send no signature; Bolt checks the one-time state."""

    async def page(request: web.Request) -> web.StreamResponse:
        app = bolt()
        if app is None or app.oauth_flow is None:
            raise web.HTTPNotFound
        return await to_aiohttp_response(await handle(app.oauth_flow, await to_bolt_request(request)))

    return page
