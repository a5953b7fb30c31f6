"""Slack's door: requests that Slack did not sign, or signed once and somebody else sends again."""

import hashlib
import hmac
import http.client
import io
import json
import time
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from support.waiting import until
from support.workspace import ASKER, SUPPORT, Desk, workspace

from bot.slack.http import EVENTS_PATH

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_NOW = str(int(time.time()))
_MAC = "v0=" + "0" * 64


def _sent(
    desk: Desk, body: bytes, headers: Sequence[tuple[str, bytes | str]], method: str = "POST", path: str = EVENTS_PATH
) -> tuple[int, str]:
    """Send a request byte by byte as it is given; return the status and the body of the response."""
    parts = urlsplit(desk.bot.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    try:
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def _signed(desk: Desk, body: bytes, timestamp: str = "", kind: str = _JSON) -> list[tuple[str, bytes | str]]:
    timestamp = timestamp or str(int(time.time()))
    secret = desk.sandbox.credentials.signing_secret.encode()
    mac = hmac.new(secret, b"v0:%s:%s" % (timestamp.encode(), body), hashlib.sha256).hexdigest()
    return [
        ("Content-Type", kind),
        ("X-Slack-Request-Timestamp", timestamp),
        ("X-Slack-Signature", f"v0={mac}"),
    ]


def _headers(timestamp: bytes | str | None, signature: bytes | str | None) -> list[tuple[str, bytes | str]]:
    given = (("X-Slack-Request-Timestamp", timestamp), ("X-Slack-Signature", signature))
    return [("Content-Type", _JSON), *((name, value) for name, value in given if value is not None)]


_UNSIGNED: Mapping[str, tuple[bytes, list[tuple[str, bytes | str]]]] = {
    "no headers": (b"{}", []),
    "no timestamp": (b"{}", _headers(None, _MAC)),
    "no signature": (b"{}", _headers(_NOW, None)),
    "empty timestamp": (b"{}", _headers("", _MAC)),
    "a word as timestamp": (b"{}", _headers("now", _MAC)),
    "a fraction": (b"{}", _headers(f"{_NOW}.5", _MAC)),
    "not a number": (b"{}", _headers("NaN", _MAC)),
    "infinity": (b"{}", _headers("inf", _MAC)),
    "negative": (b"{}", _headers(f"-{_NOW}", _MAC)),
    "huge": (b"{}", _headers("9" * 400, _MAC)),
    "more digits than Python reads": (b"{}", _headers("9" * 5_000, _MAC)),
    "underscores": (b"{}", _headers("1_700_000_000", _MAC)),
    "digits of another script": (b"{}", _headers("\N{ARABIC-INDIC DIGIT ONE}".encode() * 10, _MAC)),
    "bytes that are no text": (b"{}", _headers(b"\xff\xfe", _MAC)),
    "an old timestamp": (b"{}", _headers("1", _MAC)),
    "a short signature": (b"{}", _headers(_NOW, "v0=0")),
    "a signature of letters": (b"{}", _headers(_NOW, "v0=" + "ä" * 64)),
    "a signature of bytes": (b"{}", _headers(_NOW, b"v0=\xff\xfe")),
    "a wrong signature": (b"{}", _headers(_NOW, _MAC)),
    "another version": (b"{}", _headers(_NOW, "v1=" + "0" * 64)),
    "two timestamps": (b"{}", [*_headers(_NOW, _MAC), ("X-Slack-Request-Timestamp", _NOW)]),
    "two signatures": (b"{}", [*_headers(_NOW, _MAC), ("X-Slack-Signature", _MAC)]),
    "a body that is no text": (b"\xff\xfe\x00", _headers(_NOW, _MAC)),
    "a form that is no text": (b"ssl_check=\xff", [("Content-Type", _FORM), *_headers(_NOW, _MAC)[1:]]),
    "an unknown charset": (b"{}", [("Content-Type", "application/json; charset=klingon"), *_headers(_NOW, _MAC)[1:]]),
    "a content type of nothing": (b"{}", [("Content-Type", ";;=;"), *_headers(_NOW, _MAC)[1:]]),
}


_ELSEWHERE = [
    ("GET", EVENTS_PATH, 405),
    ("POST", "/slack/install", 404),
    ("GET", "/.env", 404),
    ("GET", "/..%2f..%2fetc/passwd", 404),
    ("GET", "//", 404),
    ("POST", "/" + "x" * 4_000, 404),
]


async def test_whatever_slack_did_not_sign_is_refused_with_401_and_one_line(
    own_data: Path, articles: Path, log: io.StringIO
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        log.truncate(0)
        for name, (body, headers) in _UNSIGNED.items():
            assert await to_thread(_sent, desk, body, headers) == (401, ""), name
        right = _signed(desk, b"{}")
        for more in (("X-Slack-Signature", _MAC), right[1]):
            assert (await to_thread(_sent, desk, b"{}", [*right, more]))[0] == 401, "one of two is right"
        lines = [json.loads(line) for line in log.getvalue().strip("\0").splitlines()]
        assert {line["level"] for line in lines} <= {"warning", "info"}
        assert [line["event"] for line in lines].count("signature_refused") == 1
        assert (await desk.store.inbox.length()).waiting == 0
        for method, path, status in _ELSEWHERE:
            assert (await to_thread(_sent, desk, b"", [], method, path))[0] == status, (method, path)


_NO_PAYLOADS = [
    (_JSON, b""),
    (_JSON, b"{"),
    (_JSON, b"[]"),
    (_JSON, b'"x"'),
    (_JSON, b"null"),
    (_JSON, b"[" * 200_000),
    (_JSON, b'{"type": "event_callback"}'),
    (_JSON, b'{"type": "block_actions", "user": {"id": "U"}, "actions": [7], "trigger_id": "t"}'),
    (_FORM, b"payload=%7B"),
    (_FORM, b"a&b&c"),
    ("text/plain", b'{"type": "event_callback", "event": {}, "event_id": "E"}'),
    ("", b"x"),
    ("application/json; charset=klingon", b"{"),
]


async def test_a_signed_request_that_is_no_payload_is_refused_with_400(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, "http") as desk:
        for kind, body in _NO_PAYLOADS:
            assert (await to_thread(_sent, desk, body, _signed(desk, body, kind=kind)))[0] == 400, (kind, body[:40])


async def test_a_copy_of_a_signed_request_does_nothing(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, "http") as desk:
        body = urlencode(
            {
                "command": "/citedesk",
                "text": "help",
                "team_id": "T0SANDBOX",
                "user_id": ASKER,
                "channel_id": SUPPORT,
                "trigger_id": "t",
                "response_url": f"{desk.sandbox.url}/response/none",
            }
        ).encode()
        called: list[str] = []
        desk.sandbox.api.fault = called.append
        headers = _signed(desk, body, kind=_FORM)
        assert [(await to_thread(_sent, desk, body, headers))[0] for _ in range(3)] == [200] * 3
        await until(lambda: len(called) > 0)
        first = len(called)
        assert (await to_thread(_sent, desk, body, headers))[0] == 200
        assert len(called) == first, "the copy asked Slack for nothing"
