"""Requests to a service's interface: over HTTPS, to its own host only, and again when it asks to wait."""

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlencode, urlsplit

import stamina
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import SettingsError
from index.reading.fetching.addresses import is_named
from index.reading.fetching.client import Client, RefusedError, Reply, UnreachableError
from index.reading.sources.services.place import ServicePlace
from index.reading.sources.services.port import GoneError
from index.secret_files import read_secret

_ATTEMPTS = 5
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_OK, _UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 200, 401, 403, 429
_GONE = {404, 410}
_REDIRECT, _SERVER_ERROR = range(300, 400), 500


class Form(BaseModel):
    """A part of a reply; fields that are not read are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


F = TypeVar("F", bound=Form)
# It becomes part of a path.
Id = Annotated[str, Field(pattern=r"^[\w-]{1,100}$")]


class _BusyError(UnreachableError):
    """The service answers 429 or 5xx; `wait_s` is what it asks for."""

    def __init__(self, status: int, wait_s: float | None) -> None:
        super().__init__(f"answered {status} {_ATTEMPTS} times")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Api:
    """The interface of one service. Redirects are refused, so the token goes to no other host."""

    client: Client
    place: ServicePlace
    headers: Mapping[str, str] = field(repr=False)

    async def get(self, path: str, query: Mapping[str, str], form: type[F]) -> F:
        """Return the reply to a GET. Raises as `post` does."""
        address = self._address(path) + (f"?{urlencode(query)}" if query else "")
        return await self._answer(address, None, form)

    async def post(self, path: str, body: Mapping[str, object], form: type[F]) -> F:
        """Return the reply to a POST of JSON.

        Raises GoneError for 404 and 410, and RefusedError if this one thing is refused. Raises UnreachableError if the
        service has no answer, refuses the token, or answers something else than JSON of this form.
        """
        return await self._answer(self._address(path), json.dumps(body).encode(), form)

    def _address(self, path: str) -> str:
        address = f"{self.place.url.rstrip('/')}{path}"
        is_private = is_named(address, self.client.rules.private_hosts)
        if urlsplit(address).scheme != "https" and not is_private:
            raise RefusedError("not an https address")
        return address

    async def _answer(self, address: str, body: bytes | None, form: type[F]) -> F:
        waits = stamina.retry_context(
            on=_wait_before_next, attempts=_ATTEMPTS, timeout=None, wait_initial=_FIRST_WAIT_S, wait_max=_LONGEST_WAIT_S
        )
        async for attempt in waits:
            with attempt:
                reply = await self._reply(address, body)
        self._refuse(reply)
        return _read(reply, form)

    async def _reply(self, address: str, body: bytes | None) -> Reply:
        headers = {**self.headers, "Accept": "application/json"}
        if body is None:
            reply = await self.client.get(address, headers)
        else:
            reply = await self.client.post(address, headers | {"Content-Type": "application/json"}, body)
        if reply.status == _TOO_MANY or reply.status >= _SERVER_ERROR:
            raise _BusyError(reply.status, _seconds(reply.retry_after))
        return reply

    def _refuse(self, reply: Reply) -> None:
        status = reply.status
        if status in _REDIRECT:
            raise UnreachableError(f"redirects to {urlsplit(reply.target).hostname}, which is not followed")
        if status == _UNAUTHORIZED:
            # It holds for all articles, not only for the one that was asked for.
            raise UnreachableError(f"answered 401: {self._token_words('is refused')}")
        if status == _FORBIDDEN:
            raise RefusedError(f"answered 403: {self._token_words('may not read this')}")
        if status in _GONE:
            raise GoneError(f"answered {status}")
        if status != _OK:
            raise RefusedError(f"answered {status}")

    def _token_words(self, what: str) -> str:
        return f"the token in {self.place.token_env} {what}" if self.place.token_env else "it wants a token"


def credentials(place: ServicePlace, user: str) -> dict[str, str]:
    """Return the header with the token; with a `user` both, as HTTP Basic. Raises RefusedError without a token."""
    if not place.token_env:
        return {}
    token = _token(place.token_env)
    if not token:
        raise RefusedError(f"no token: set the variable {place.token_env}")
    if not (token + user).isascii() or not (token + user).isprintable():
        raise RefusedError(f"the token in {place.token_env} holds a character that no token has")
    value = f"Basic {b64encode(f'{user}:{token}'.encode()).decode()}" if user else f"Bearer {token}"
    return {"Authorization": value}


def _token(variable: str) -> str:
    """Return the token of a variable, or of the file that NAME_FILE names; "" without one. Raises RefusedError."""
    named = f"{variable}_FILE"
    if not (file := os.environ.get(named)):
        return os.environ.get(variable, "").strip()
    if os.environ.get(variable):
        raise RefusedError(f"{variable} and {named} are both set, so remove one")
    try:
        return read_secret(Path(file), named).strip()
    except SettingsError as error:
        raise RefusedError(str(error)) from None


def _wait_before_next(error: Exception) -> bool | float:
    if not isinstance(error, UnreachableError):
        return False
    wait_s = error.wait_s if isinstance(error, _BusyError) else None
    return True if wait_s is None else min(wait_s, _LONGEST_WAIT_S)


def _seconds(header: str | None) -> float | None:
    """Return the seconds of a Retry-After; None for a date or anything else, so that the usual wait counts."""
    return float(header) if header and header.strip().isdecimal() else None


def _read(reply: Reply, form: type[F]) -> F:
    # A page for a person in place of JSON is a failure of the service, not of one article.
    if reply.content_type and "json" not in reply.content_type:
        # The type is not repeated: a service may echo the token in it.
        raise UnreachableError("answered something else than JSON")
    try:
        return form.model_validate_json(reply.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreachableError(f"answered JSON of another form ({place or first['type']})") from None
