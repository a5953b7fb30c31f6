"""The keys of Teams on loopback: the metadata of a cloud and what it names."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass
class FakeKeys:
    """`fetched` counts requests; without `answers` they fail, and they take `delay_s` seconds."""

    keys: dict[str, RSAPrivateKey]
    metadata: str = ""
    fetched: list[str] = field(default_factory=list)
    answers: bool = True
    delay_s: float = 0.0

    async def described(self, request: web.Request) -> web.Response:
        """Name where the keys are."""
        await self._asked(request)
        return web.json_response({"issuer": "x", "jwks_uri": f"http://{request.host}/keys"})

    async def listed(self, request: web.Request) -> web.Response:
        """Return the public keys."""
        await self._asked(request)
        algorithm = jwt.algorithms.RSAAlgorithm
        public = [json.loads(algorithm.to_jwk(key.public_key())) | {"kid": kid} for kid, key in self.keys.items()]
        return web.json_response({"keys": public})

    async def _asked(self, request: web.Request) -> None:
        self.fetched.append(request.path)
        await asyncio.sleep(self.delay_s)
        if not self.answers:
            raise web.HTTPServiceUnavailable


@asynccontextmanager
async def signing_keys(keys: Mapping[str, RSAPrivateKey]) -> AsyncIterator[FakeKeys]:
    """Run the server of the keys."""
    fake = FakeKeys(dict(keys))
    app = web.Application()
    app.router.add_get("/openidconfiguration", fake.described)
    app.router.add_get("/keys", fake.listed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.metadata = f"http://127.0.0.1:{runner.addresses[0][1]}/openidconfiguration"
    try:
        yield fake
    finally:
        await runner.cleanup()


def signed(key: RSAPrivateKey, claims: Mapping[str, Any], key_id: str = "k1") -> str:
    """Return a token; claims that are None are left out."""
    now = int(time.time())
    given = {"exp": now + 600, "nbf": now - 60, **claims}
    kept = {name: value for name, value in given.items() if value is not None}
    # Not jwt.encode, which refuses claims that a forger may send.
    return jwt.PyJWS().encode(json.dumps(kept).encode(), key, algorithm="RS256", headers={"kid": key_id})
