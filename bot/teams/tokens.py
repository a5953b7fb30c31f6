"""Check the token of a request: whether Teams sent it, and for this bot."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import structlog

from bot.proxies import proxy_of

_log = structlog.get_logger(__name__)
_ALGORITHM = "RS256"
_LEEWAY_S = 300
# Microsoft asks to fetch the keys every day; a new one is announced longer before.
_FRESH_S = 86_400.0
# A forged token may name any key. So unknown keys are looked for this often at most.
_PAUSE_S = 30.0
_PAUSE_AFTER_FAILURE_S = 3.0
_WAITING = 32
_API_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, jwt.PyJWTError)


class KeysUnavailableError(Exception):
    """Microsoft's keys cannot be fetched at the moment."""


class SigningKeys:
    """The keys with which Teams signs, as the metadata of the cloud names them.

    All who wait share one request for keys. A key that is known never waits for it: a forged token may have begun it.
    """

    def __init__(self, metadata: str, timeout_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._metadata, self._now = metadata, now
        self._timeout_s = timeout_s
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = self._next_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._waiting = 0

    async def key(self, key_id: str) -> jwt.PyJWK | None:
        """Return a key; None if Microsoft has no such key. Raises KeysUnavailableError."""
        is_old = self._now() - self._fetched_at > _FRESH_S
        if (is_old or key_id not in self._keys) and self._now() >= self._next_at and not self._fetching:
            self._fetching = asyncio.create_task(self._fetch())
        if key_id not in self._keys and self._fetching:
            await self._fetched(self._fetching)
        if not self._keys:
            raise KeysUnavailableError
        return self._keys.get(key_id)

    async def _fetched(self, fetching: asyncio.Task[None]) -> None:
        """Wait for the request that runs. Raises KeysUnavailableError if too many wait, each with a connection."""
        if self._waiting >= _WAITING:
            raise KeysUnavailableError
        self._waiting += 1
        try:
            await asyncio.shield(fetching)
        finally:
            self._waiting -= 1

    async def _fetch(self) -> None:
        """Fetch the keys. If that fails, those that are there stay."""
        pause_s = _PAUSE_AFTER_FAILURE_S
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._json(str((await self._json(self._metadata))["jwks_uri"]))
            self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(found).keys if key.key_id}
            self._fetched_at, pause_s = self._now(), _PAUSE_S
        except _API_ERRORS as error:
            _log.warning("keys_not_fetched", error=type(error).__name__)
        finally:
            self._next_at, self._fetching = self._now() + pause_s, None

    async def _json(self, url: str) -> dict[str, Any]:
        async with (
            aiohttp.ClientSession(proxy=proxy_of(url), raise_for_status=True) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            return dict(await response.json(content_type=None))


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Checks tokens of the connector of one cloud, for one application."""

    app_id: str
    issuer: str
    keys: SigningKeys

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token. Raises jwt.PyJWTError or ValueError for a wrong one.

        What can be refused without a key is refused before the keys are fetched, so that nobody can make the bot
        fetch them with a token that any key would not save. Raises KeysUnavailableError.
        """
        header = jwt.get_unverified_header(token)
        if header.get("alg") != _ALGORITHM or not isinstance(header.get("kid"), str):
            raise jwt.InvalidAlgorithmError("algorithm or key")
        self._decoded(token, None)
        key = await self.keys.key(header["kid"])
        if key is None:
            raise jwt.InvalidKeyError("key")
        return self._decoded(token, key)

    def _decoded(self, token: str, key: jwt.PyJWK | None) -> Mapping[str, Any]:
        return jwt.decode(
            token,
            key=key or "",
            algorithms=[_ALGORITHM],
            audience=[self.app_id, self.app_id.upper()],
            issuer=self.issuer,
            leeway=_LEEWAY_S,
            options={
                "verify_signature": key is not None,
                "verify_exp": True,
                "verify_nbf": True,
                "verify_iat": True,
                "verify_aud": True,
                "verify_iss": True,
                "require": ["exp", "aud", "iss"],
            },
        )
