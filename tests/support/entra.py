"""Entra on loopback: the sign-in host of a cloud, behind a proxy and with TLS, as MSAL asks for it."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import Certificate

from support.certificates import self_signed
from support.proxies import RecordingProxy, recording_proxy

DIRECTORY = "11111111-2222-3333-4444-aaaaaaaaaaaa"
APPLICATION = "99999999-2222-3333-4444-bbbbbbbbbbbb"
SECRET = "v4lue-of-the-secret"
_WORDS = "{}: Words of the library that nobody shall read. Trace ID: 1"


@dataclass
class FakeEntra:
    """What signs in here, and what was asked for. `says` is the number that every request for a token gets."""

    host: str
    proxy: RecordingProxy
    says: int = 0
    certificate: Certificate | None = None
    federated: str = ""
    scopes: list[str] = field(default_factory=list)
    identities: list[dict[str, str]] = field(default_factory=list)

    async def metadata(self, request: web.Request) -> web.Response:
        """Describe a directory."""
        if request.match_info["tenant"] != DIRECTORY:
            return _refusal(90002, 400)
        here = f"https://{self.host}/{DIRECTORY}"
        described = {"authorization_endpoint": f"{here}/oauth2/v2.0/authorize", "issuer": f"{here}/v2.0"}
        return web.json_response(described | {"token_endpoint": f"{here}/oauth2/v2.0/token"})

    async def token(self, request: web.Request) -> web.Response:
        """Give a token to the application."""
        form = await request.post()
        if self.says:
            return _refusal(self.says, 401) if self.says > 599 else web.Response(status=self.says)
        if form.get("client_id") != APPLICATION:
            return _refusal(700016, 400)
        if "client_assertion" in form:
            if not self._proves(str(form["client_assertion"])):
                return _refusal(700027, 401)
        elif form.get("client_secret") != SECRET:
            return _refusal(7000215, 401)
        self.scopes.append(str(form["scope"]))
        return web.json_response({"access_token": f"t-{len(self.scopes)}", "expires_in": 3600, "token_type": "Bearer"})

    async def identity(self, request: web.Request) -> web.Response:
        """Give a token to a managed identity, as inside Azure's App Service."""
        assert request.headers["X-IDENTITY-HEADER"] == "inside"
        self.identities.append(dict(request.query))
        return web.json_response({"access_token": "of-the-identity", "expires_on": "4102444800", "resource": "r"})

    def _proves(self, assertion: str) -> bool:
        if self.federated:
            return assertion == self.federated
        if self.certificate is None:
            return False
        header: dict[str, Any] = jwt.get_unverified_header(assertion)
        print_ = base64.urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
        aud = f"https://{self.host}/{DIRECTORY}/oauth2/v2.0/token"
        try:
            claims = jwt.decode(assertion, self.certificate.public_key(), algorithms=["PS256"], audience=aud)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return False
        return str(header["x5t#S256"]).rstrip("=") == print_ and claims["iss"] == APPLICATION


def _refusal(number: int, status: int) -> web.Response:
    words = {"error": "invalid_client", "error_description": _WORDS.format(f"AADSTS{number}"), "error_codes": [number]}
    return web.json_response(words, status=status)


@asynccontextmanager
async def entra(folder: Path, environment: pytest.MonkeyPatch, host: str) -> AsyncIterator[FakeEntra]:
    """Run Entra behind a proxy; the environment leads there."""
    folder.mkdir()  # noqa: ASYNC240 - before anything runs
    async with recording_proxy() as proxy:
        fake = FakeEntra(host, proxy)
        app = web.Application()
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", fake.metadata)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", fake.token)
        app.router.add_get("/identity", fake.identity)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed(folder, host)).start()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        secure, plain = (address[1] for address in runner.addresses)
        proxy.homes[host] = secure
        environment.setenv("HTTPS_PROXY", proxy.url)
        environment.setenv("HTTP_PROXY", proxy.url)
        environment.delenv("NO_PROXY", raising=False)
        environment.delenv("no_proxy", raising=False)
        environment.setenv("REQUESTS_CA_BUNDLE", str(folder / "cert.pem"))
        environment.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{plain}/identity")
        environment.setenv("IDENTITY_HEADER", "inside")
        try:
            yield fake
        finally:
            await runner.cleanup()
