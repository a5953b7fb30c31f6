"""The route of Teams as in production, with keys of our own in the place of Microsoft's."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.settings import TeamsSettings
from bot.teams.http import RequestAuthenticator, authenticator, messages
from bot.teams.tokens import SigningKeys
from support.signing import FakeKeys, signed, signing_keys

APP = "00000000-0000-0000-0000-00000000004a"
TENANT = "00000000-0000-0000-0000-0000000000fe"
SERVICE = "https://smba.trafficmanager.net/emea/"


@dataclass
class Door:
    """Knocks with a token and an activity; `taken` holds the activities that came in."""

    url: str
    keys: FakeKeys
    forger: rsa.RSAPrivateKey
    taken: list[Any] = field(default_factory=list)
    guard: RequestAuthenticator | None = None

    @property
    def signing_keys(self) -> SigningKeys:
        """The keys that the route knows."""
        assert self.guard
        assert self.guard.tokens
        return self.guard.tokens.keys

    def token(self, *, forged: bool = False, key_id: str = "k1", **claims: Any) -> str:  # noqa: ANN401
        """Return a token of the public cloud, with some claims changed; those that are None are left out."""
        given = {"iss": "https://api.botframework.com", "aud": APP, "serviceurl": SERVICE} | claims
        return signed(self.forger if forged else self.keys.keys["k1"], given, key_id)

    async def knock(
        self,
        *,
        service_url: str = SERVICE,
        header: str = "",
        tenant: str = TENANT,
        **token: Any,  # noqa: ANN401
    ) -> int:
        """Return the status that an activity gets. An activity that is refused must not come in."""
        activity = {"type": "message", "conversation": {"id": "a:1", "tenantId": tenant}, "serviceUrl": service_url}
        headers = {"Authorization": header or f"Bearer {self.token(**token)}"}
        before = len(self.taken)
        async with ClientSession() as session, session.post(self.url, json=activity, headers=headers) as response:
            assert (len(self.taken) > before) == (response.status == 202)
            return response.status


@asynccontextmanager
async def door(**settings: Any) -> AsyncIterator[Door]:  # noqa: ANN401
    """Serve the route; `settings` are further settings of Teams."""
    key, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    teams = TeamsSettings(**{"app_id": APP, "app_secret": "s", "tenant_id": TENANT} | settings)
    async with signing_keys({"k1": key}) as keys:
        built = Door("", keys, other)

        async def take(activity: Mapping[str, Any]) -> None:
            built.taken.append(activity)

        app = web.Application()
        built.guard = guard = authenticator(teams, "0.0.0.0", keys.metadata)  # noqa: S104 - only a name
        app.router.add_post("/api/messages", messages(guard, take))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        built.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        try:
            yield built
        finally:
            await runner.cleanup()
