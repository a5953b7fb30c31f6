"""A line of the log that comes again and again is written once, and how often it came is told."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.telemetry.logs import configure_logging
from bot.telemetry.metrics import Metrics
from bot.telemetry.repeats import Repeats


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        configure_logging("INFO")
        yield stream
    logging.basicConfig(handlers=[], force=True)


def _written(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def _suppressed() -> float:
    (line,) = [
        line
        for line in Metrics(()).exposition(0, {}).decode().splitlines()
        if line.startswith("citedesk_log_lines_suppressed_total")
    ]
    return float(line.split()[1])


def test_an_error_of_accepting_is_written_once_and_counted(log: io.StringIO) -> None:
    before = _suppressed()
    for number in range(1_000):
        logging.getLogger("asyncio").error("socket.accept() out of system resource %s", number)
    assert len(_written(log)) == 1
    assert _suppressed() - before == 999


def test_our_own_warnings_that_differ_in_numbers_only_are_the_same(log: io.StringIO) -> None:
    for number in range(100):
        structlog.get_logger().warning("signature_refused", bytes=number)
    assert len(_written(log)) == 1


def test_lines_that_name_other_things_are_all_written(log: io.StringIO) -> None:
    for number in range(50):
        structlog.get_logger().warning("post_failed", request_id=f"r-{number}")
        logging.getLogger(f"library{number}").error("broken")
    assert len(_written(log)) == 100


def test_what_is_no_warning_is_always_written(log: io.StringIO) -> None:
    for _ in range(50):
        structlog.get_logger().info("rag_answer_completed", outcome="answered")
    assert len(_written(log)) == 50


def _passed(repeats: Repeats, event: dict[str, Any], method: str = "error") -> bool:
    try:
        repeats(None, method, event)
    except structlog.DropEvent:
        return False
    return True


def test_how_often_a_line_came_is_told_with_the_next_line_of_any_kind(log: io.StringIO) -> None:
    clock = [0.0]
    repeats = Repeats(lambda: clock[0])
    event = {"event": "library_log", "message": "broken"}
    assert [_passed(repeats, event) for _ in range(5)] == [True, False, False, False, False]
    clock[0] = 29.0
    assert not _passed(repeats, event)
    assert _written(log) == []
    clock[0] = 31.0
    assert _passed(repeats, {"event": "ready"}, "info")
    (told,) = _written(log)
    assert (told["event"], told["line"], told["message"], told["times"]) == (
        "line_repeated",
        "library_log",
        "broken",
        5,
    )
    assert _passed(repeats, event), "and the line may be written again"


def test_whoever_makes_every_line_another_one_takes_little_memory() -> None:
    repeats = Repeats(lambda: 0.0)
    assert all(_passed(repeats, {"event": f"e-{number}"}) for number in range(5_000))
    assert len(repeats._lines) <= 501
