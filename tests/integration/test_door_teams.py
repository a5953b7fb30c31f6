"""Teams' door: tokens that a forger makes, activities that are none, addresses of others, and access without tokens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from support.door import SERVICE, TENANT, Door, door
from support.waiting import until

from bot.http_door import listening
from bot.settings import ServerSettings, TeamsSettings
from bot.teams.http import authenticator, messages

_ACTIVITY = {"type": "message", "conversation": {"id": "a:1", "tenantId": TENANT}, "serviceUrl": SERVICE}
_JSON = {"Content-Type": "application/json"}


async def _posted(url: str, body: bytes, headers: Any) -> int:  # noqa: ANN401 - as aiohttp takes it
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status


# --- forged tokens


async def test_a_known_key_does_not_wait_for_the_keys_that_forgers_ask_for() -> None:
    async with door(timeout_s=5) as teams:
        assert await teams.knock() == 202
        teams.keys.delay_s = 30
        # The pause after the first look for keys is over for these.
        teams.signing_keys._next_at = 0.0
        tokens = [teams.token(key_id=f"k-{number}", forged=True) for number in range(8)]
        body = json.dumps(_ACTIVITY).encode()
        forged = [
            asyncio.create_task(_posted(teams.url, body, _JSON | {"Authorization": f"Bearer {token}"}))
            for token in tokens
        ]
        await until(lambda: len(teams.keys.fetched) == 3)
        began = time.monotonic()
        assert await teams.knock() == 202
        assert time.monotonic() - began < 1
        assert await asyncio.gather(*forged) == [401] * 8
        assert len(teams.keys.fetched) == 3


async def test_a_key_older_than_a_day_is_good_while_new_ones_are_fetched() -> None:
    async with door(timeout_s=5) as teams:
        assert await teams.knock() == 202
        teams.keys.delay_s = 30
        teams.signing_keys._fetched_at -= 100_000
        teams.signing_keys._next_at = 0.0
        began = time.monotonic()
        assert await teams.knock() == 202
        assert time.monotonic() - began < 1
        await until(lambda: len(teams.keys.fetched) == 3)


async def test_of_many_forged_tokens_only_some_wait() -> None:
    async with door(timeout_s=3) as teams:
        teams.keys.delay_s = 30
        knocks = [asyncio.create_task(teams.knock(key_id=f"k-{number}")) for number in range(100)]
        done, waiting = await asyncio.wait(knocks, timeout=2)
        assert {task.result() for task in done} == {503}
        assert 0 < len(waiting) <= 32
        assert await asyncio.gather(*waiting) == [503] * len(waiting)
        assert len(teams.keys.fetched) == 1


def _token(head: Mapping[str, Any] | bytes, claims: bytes = b"{}") -> str:
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    return ".".join(jwt.utils.base64url_encode(part).decode() for part in (head, claims, b"s"))


_HEAD = {"alg": "RS256", "kid": "k1"}
_TOKENS = {
    "three dots": "...",
    "one part": "abc",
    "five parts": "a.b.c.d.e",
    "no base64": "!.!.!",
    "a header that is no object": _token(b"[]"),
    "a header that is no text": _token(b"\xff"),
    "a deep header": _token(b"[" * 2_900),
    "claims that are no object": _token(_HEAD, b"[]"),
    "deep claims": _token(_HEAD, b'{"a":' * 900),
    "no key": _token({"alg": "RS256"}),
    "a key that is a number": _token({"alg": "RS256", "kid": 7}),
    "another algorithm": _token({"alg": "HS256", "kid": "k1"}),
    "no algorithm": _token({"alg": "none", "kid": "k1"}),
    "a list of algorithms": _token({"alg": ["RS256"], "kid": "k1"}),
    "a critical extension": _token({**_HEAD, "crit": ["b64"], "b64": False}),
    "an address of keys": _token({**_HEAD, "jku": "https://evil.example/keys"}),
}


_NO_TIMES = [float("inf"), float("-inf"), float("nan"), 10**400, "soon", [], {}, True]


async def test_tokens_of_no_shape_are_refused_before_any_key_is_fetched() -> None:
    async with door() as teams:
        for name, token in _TOKENS.items():
            assert await teams.knock(header=f"Bearer {token}") == 401, name
        for header in ("Bearer", "Bearer ", "Basic eDp5", f"Token {teams.token()}", "\u00e4"):
            assert await teams.knock(header=header) == 401, header
        for claim in ("exp", "nbf", "iat"):
            for value in _NO_TIMES:
                forged: dict[str, Any] = {"forged": True, claim: value}
                assert await teams.knock(**forged) == 401, forged
        assert teams.taken == []


async def test_a_token_longer_than_a_header_may_be_and_two_tokens_are_refused() -> None:
    async with door() as teams:
        assert await teams.knock(header=f"Bearer {'x' * 9_000}") == 400
        token = ("Authorization", f"Bearer {teams.token()}")
        body = json.dumps(_ACTIVITY).encode()
        assert await _posted(teams.url, body, [*_JSON.items(), token, token]) == 401
        assert await _posted(teams.url, body, [*_JSON.items(), token]) == 202


# --- activities that are none


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\xff",
        b"[" * 200_000,
        b"[]",
        b"null",
        b'{"type": "message"}',
        b'{"type": {}, "conversation": {"id": "a"}, "serviceUrl": "https://x"}',
        json.dumps(_ACTIVITY | {"conversation": "a"}).encode(),
        json.dumps(_ACTIVITY | {"serviceUrl": ["https://x"]}).encode(),
        json.dumps(_ACTIVITY | {"channelData": "x"}).encode(),
        json.dumps(_ACTIVITY | {"channelData": {"tenant": "x"}}).encode(),
    ],
)
async def test_what_is_no_activity_is_refused_with_400(body: bytes) -> None:
    async with door() as teams:
        headers = _JSON | {"Authorization": f"Bearer {teams.token()}"}
        assert await _posted(teams.url, body, headers) == 400
        assert teams.taken == []


async def test_another_content_type_or_charset_is_no_activity() -> None:
    async with door() as teams:
        body, token = json.dumps(_ACTIVITY).encode(), f"Bearer {teams.token()}"
        for kind, status in (
            ("text/plain", 400),
            ("application/x-www-form-urlencoded", 400),
            (";;", 400),
            ("application/json; charset=klingon", 202),
        ):
            assert await _posted(teams.url, body, {"Content-Type": kind, "Authorization": token}) == status, kind


# --- addresses of others


@pytest.mark.parametrize(
    "address",
    [
        "http://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://evil.example/smba.trafficmanager.net/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil.example#smba.trafficmanager.net",
        "https://evil.example?.smba.trafficmanager.net",
        "https://evil.example\\.smba.trafficmanager.net/",
        "https://xsmba.trafficmanager.net/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/",
        "https://localhost/",
        "https://",
        "https://:443/",
        "https://[/",
        "file:///etc/passwd",
        "//smba.trafficmanager.net/",
    ],
)
async def test_an_address_that_is_not_the_connectors_is_refused_even_if_it_is_signed(address: str) -> None:
    async with door() as teams:
        assert await teams.knock(service_url=address, serviceurl=address) == 403


async def test_an_address_other_than_the_signed_one_is_refused() -> None:
    async with door() as teams:
        assert await teams.knock(service_url="https://smba.trafficmanager.net/amer/") == 403
        assert await teams.knock(serviceurl=None) == 403
        assert await teams.knock(serviceurl=[SERVICE]) == 403
        assert await teams.knock(serviceurl=SERVICE.rstrip("/")) == 202


# --- without tokens


@asynccontextmanager
async def _anonymous() -> AsyncIterator[Door]:
    built = Door("", None, None)  # type: ignore[arg-type]

    async def take(activity: Mapping[str, Any]) -> None:
        built.taken.append(activity)

    guard = authenticator(TeamsSettings(anonymous=True), "127.0.0.1")
    async with listening(ServerSettings(port=0), [web.post("/api/messages", messages(guard, take))]) as url:
        built.url = f"{url}/api/messages"
        yield built


@pytest.mark.parametrize(
    "added",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"x-forwarded-proto": "https"},
        {"X-Forwarded-Host": "bot.example"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 tunnel"},
        {"X-Real-IP": "203.0.113.7"},
        {"Host": "bot.example"},
        {"Host": "evil.example:3978"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "[::1"},
        {"Origin": "http://127.0.0.1:3978"},
        {"Origin": "null"},
    ],
)
async def test_without_tokens_neither_proxies_nor_web_pages_are_admitted(added: dict[str, str]) -> None:
    async with _anonymous() as teams:
        assert await _posted(teams.url, json.dumps(_ACTIVITY).encode(), _JSON | added) == 403
        assert teams.taken == []


async def test_without_tokens_a_form_of_a_web_page_is_refused_and_a_program_of_this_machine_is_not() -> None:
    async with _anonymous() as teams:
        body = json.dumps(_ACTIVITY).encode()
        assert await _posted(teams.url, body, {"Content-Type": "text/plain"}) == 400
        assert await _posted(teams.url, body, _JSON) == 202
        assert await _posted(teams.url, body, _JSON | {"Host": "localhost:1"}) == 202
