"""Slack's HTTP routes: the signed events route, and the pages that install the app."""

from collections.abc import Awaitable, Callable, Iterator
from math import ceil
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.settings import SlackSettings
from bot.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.slack.payloads import is_well_formed
from bot.slack.signed_requests import SignedRequests
from pipeline.rate_limits import RateLimits, Window, memory_rate_limits

_log = structlog.get_logger(__name__)
_FORM = "application/x-www-form-urlencoded"
_SSL_CHECK_BYTES = 1000
_VISITS = Window(requests=120, seconds=60)
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # The address holds the code and the state.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
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
        rates = memory_rate_limits()
        yield web.get(INSTALL_PATH, _page(bolt, AsyncOAuthFlow.handle_installation, rates))
        yield web.get(REDIRECT_PATH, _page(bolt, AsyncOAuthFlow.handle_callback, rates))


def _events(bolt: Bolt, secret: str) -> Handler:
    signed = SignedRequests(secret)

    async def events(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if _is_ssl_check(request.content_type, body):
            return web.Response()
        # Bolt parses a body before it checks the signature, and a malformed body makes it raise.
        signature = signed.signature(request.headers, body)
        if signature is None:
            _log.warning("signature_refused", bytes=len(body))
            return web.Response(status=401)
        if not is_well_formed(body.decode(), request.content_type):
            _log.warning("payload_refused", bytes=len(body))
            return web.Response(status=400)
        if (app := bolt()) is None:
            # Slack delivers an event again later.
            return web.Response(status=503)
        bolt_request = _bolt_request(request, body.decode())
        response = await signed.once(signature, lambda: app.async_dispatch(bolt_request), _is_taken)
        if response is None:
            _log.warning("copy_refused", bytes=len(body))
            return web.Response()
        return await to_aiohttp_response(response)

    return events


def _is_taken(response: BoltResponse) -> bool:
    return response.status < web.HTTPInternalServerError.status_code


def _bolt_request(request: web.Request, body: str) -> AsyncBoltRequest:
    """Return a request in Bolt's form. Bolt's own function would decode the body as the sender says."""
    return AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))


def _is_ssl_check(content_type: str, body: bytes) -> bool:
    """Tell whether Slack only looks at the certificate; it sends no signature then, and wants an empty answer."""
    if content_type != _FORM or len(body) > _SSL_CHECK_BYTES:
        return False
    return parse_qs(body.decode(errors="replace")).get("ssl_check") == ["1"]


def _page(
    bolt: Bolt, handle: Callable[[AsyncOAuthFlow, AsyncBoltRequest], Awaitable[BoltResponse]], rates: RateLimits
) -> Handler:
    """Return the handler of an OAuth page. Browsers send no signature; Bolt checks the one-time state."""

    async def page(request: web.Request) -> web.StreamResponse:
        app = bolt()
        if app is None or app.oauth_flow is None:
            raise web.HTTPNotFound
        # Each visit writes a row, and anybody can visit.
        if (wait := await rates.request(("visit",), _VISITS)) is not None:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(ceil(wait))})
        response = await to_aiohttp_response(await handle(app.oauth_flow, _bolt_request(request, "")))
        response.headers.update(_PAGE_HEADERS)
        return response

    return page
