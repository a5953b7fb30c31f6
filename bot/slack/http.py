"""Slack's HTTP routes: the signed events route, and the pages that install the app."""

from collections.abc import Awaitable, Callable, Iterator

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
EVENTS_PATH = "/slack/events"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(settings: SlackSettings, bolt: AsyncApp) -> Iterator[web.RouteDef]:
    """Yield the routes that the settings ask for.

    Without a signing secret there is no events route, because no sender could be verified.
    """
    if settings.signing_secret:
        yield web.post(EVENTS_PATH, _events(bolt, settings.signing_secret.get_secret_value()))
    if settings.client_id:
        yield web.get(INSTALL_PATH, _page(bolt, AsyncOAuthFlow.handle_installation))
        yield web.get(REDIRECT_PATH, _page(bolt, AsyncOAuthFlow.handle_callback))


def _events(bolt: AsyncApp, secret: str) -> Handler:
    verifier = SignatureVerifier(secret)

    async def events(request: web.Request) -> web.StreamResponse:
        # Bolt parses a body before it checks the signature, and a malformed body makes it raise.
        if not verifier.is_valid_request(await request.read(), dict(request.headers)):
            _log.warning("signature_refused", bytes=request.content_length)
            return web.Response(status=401)
        if not is_well_formed(await request.text(), request.content_type):
            _log.warning("payload_refused", bytes=request.content_length)
            return web.Response(status=400)
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    return events


def _page(bolt: AsyncApp, handle: Callable[[AsyncOAuthFlow, AsyncBoltRequest], Awaitable[BoltResponse]]) -> Handler:
    """Return the handler of an OAuth page. Browsers send no signature; Bolt checks the one-time state."""

    async def page(request: web.Request) -> web.StreamResponse:
        if bolt.oauth_flow is None:
            raise web.HTTPNotFound
        return await to_aiohttp_response(await handle(bolt.oauth_flow, await to_bolt_request(request)))

    return page
