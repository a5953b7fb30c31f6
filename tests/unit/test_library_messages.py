"""What of a library's log record is written: its words, never a text, a payload, a token or the path of an address."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from bot.telemetry.logs import configure_logging

_TEXT = "my salary is 1234"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        configure_logging("INFO")
        yield stream
    logging.basicConfig(handlers=[], force=True)


def _written(log: io.StringIO) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(log.getvalue().splitlines()[-1])
    return event


# As slack_bolt, slack_sdk, aiohttp, asyncio, msal and the Teams SDK write them.
_MESSAGES: tuple[tuple[str, tuple[object, ...], str], ...] = (
    ("Unclosed client session", (), "Unclosed client session"),
    ("Failed to send a message", (), "Failed to send a message"),
    ("The session (s_123) seems to be already closed. Reconnecting...", (), "The session (s_123) seems to be alr"),
    ("Rate limited. Retrying in %d seconds", (30,), "Rate limited. Retrying in 30 seconds"),
    ("JWT validation error: %s", ("ExpiredSignatureError",), "JWT validation error: ExpiredSignatureError"),
    ("Although the app should be installed, it isn't.", (), "Although the app should be installed, it isn't."),
    (f"Unhandled request ({{'type': 'event_callback', 'text': '{_TEXT}'}})\n---\nmore", (), "Unhandled request (…"),
    (f"Unknown text: '{_TEXT}' (s_1)", (), "Unknown text: …"),
    (f'Don\'t know "{_TEXT}"', (), "Don't know …"),
    ("Streaming content was cancelled by the client: %s", (_TEXT,), "cancelled by the client: …"),
    (f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{_TEXT}')>", (), "Task exception was n"),
    ("Cannot reach wss://wss-primary.slack.com/link/?ticket=abc-def now", (), "reach wss://wss-primary.slack.com now"),
    ("Posting to https://hooks.slack.com/commands/T1/2/secretpath failed", (), "to https://hooks.slack.com failed"),
    ("Proxy http://user:hunter2@proxy.example:3128/ refused", (), "Proxy http://proxy.example:3128 refused"),
    ("Bad token %s", ("xoxb-123456789012-abcdefghij",), "Bad token [redacted]"),
)


@pytest.mark.parametrize(("message", "arguments", "shown"), _MESSAGES)
def test_the_words_of_a_library_are_written_and_the_values_are_not(
    message: str, arguments: tuple[object, ...], shown: str, log: io.StringIO
) -> None:
    logging.getLogger("slack_bolt.AsyncApp").warning(message, *arguments)
    event = _written(log)
    assert shown in event["message"]
    hidden = ("salary", "abc-def", "secretpath", "hunter2", "xoxb-1")
    assert [value for value in hidden if value in log.getvalue()] == []


def _fail() -> None:
    raise ValueError(_TEXT)


def test_an_exception_in_a_message_is_named_by_its_kind(log: io.StringIO) -> None:
    try:
        _fail()
    except ValueError as error:
        logging.getLogger("slack_sdk").error(f"Failed to run a listener: {error}, session: s_1")  # noqa: G004, TRY400
    assert _written(log)["message"] == "Failed to run a listener: ValueError, session: s_1"


def test_a_cause_of_an_exception_is_named_by_its_kind_too(log: io.StringIO) -> None:
    try:
        try:
            _fail()
        except ValueError as error:
            raise KeyError from error
    except KeyError:
        logging.getLogger("slack_sdk").exception(f"Failed: {_TEXT}")  # noqa: G004
    assert _written(log)["message"] == "Failed: ValueError"
    assert _written(log)["error"] == "KeyError"


def test_what_the_system_says_of_a_broken_connection_stays(log: io.StringIO) -> None:
    try:
        raise ConnectionRefusedError(111, "Connection refused")
    except OSError as error:
        logging.getLogger("slack_sdk").exception(f"Failed to connect (error: {error}); Retrying...")  # noqa: G004, TRY401
    assert (
        _written(log)["message"] == "Failed to connect (error: ConnectionRefusedError: Connection refused); Retrying..."
    )


def test_lines_of_libraries_have_the_form_and_the_time_zone_of_ours(log: io.StringIO) -> None:
    logging.getLogger("aiohttp.client").warning("Unclosed client session")
    structlog.get_logger().warning("ours")
    theirs, ours = (json.loads(line) for line in log.getvalue().splitlines())
    assert theirs["event"] == "library_log"
    assert (theirs["logger"], theirs["level"]) == ("aiohttp.client", ours["level"])
    times = [datetime.fromisoformat(event["timestamp"]) for event in (theirs, ours)]
    assert [time.tzinfo for time in times] == [UTC, UTC]
    assert abs(times[1] - times[0]) < timedelta(minutes=1)


@pytest.mark.parametrize("size", [100_000])
def test_a_long_message_is_cut_in_linear_time(size: int, log: io.StringIO) -> None:
    for text in ("a" * size, "'a" * size, "https://" * size, "x://a@" * size, "{" * size):
        logging.getLogger("library").warning(text)
    assert all(len(json.loads(line)["message"]) <= 301 for line in log.getvalue().splitlines())
