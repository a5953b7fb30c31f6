import sys
from datetime import UTC, datetime
from subprocess import run

import httpx2
import pytest
from multidict import CIMultiDict

from pipeline.models.retry_after import retry_after

_NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def _seconds(headers: dict[str, str]) -> float | None:
    return retry_after(headers, lambda: _NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "0", "retry-after": "9"}, 0.0),
        ({"retry-after-ms": "inf", "retry-after": "9"}, 9.0),
    ],
)
def test_a_wait_is_read_in_seconds_and_in_milliseconds(headers: dict[str, str], seconds: float) -> None:
    assert _seconds(headers) == seconds


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Tue, 24 Nov 2026 12:00:10 GMT", 10.0),
        ("Tue, 24 Nov 2026 13:00:10 +0100", 10.0),
        ("Tue, 24 Nov 2026 12:00:10 -0000", 10.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_a_date_is_the_seconds_until_then_and_none_in_the_past(date: str, seconds: float) -> None:
    assert _seconds({"retry-after": date}) == seconds


def test_a_negative_wait_is_no_wait() -> None:
    assert _seconds({"retry-after": "-5"}) == 0.0
    assert _seconds({"retry-after-ms": "-5"}) == 0.0


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "-inf", "Infinity", "1e999", "Tue, 99 Nov 2026"])
def test_what_is_no_usable_wait_is_none(value: str) -> None:
    assert _seconds({"retry-after": value}) is None
    assert _seconds({"retry-after-ms": value}) is None
    assert _seconds({}) is None


@pytest.mark.parametrize("name", ["Retry-After", "RETRY-AFTER", "retry-after"])
def test_the_case_of_the_header_does_not_matter_in_any_clients_headers(name: str) -> None:
    assert retry_after({name: "4"}) == 4.0
    assert retry_after(httpx2.Headers({name: "4"})) == 4.0
    assert retry_after(CIMultiDict({name: "4"})) == 4.0


def test_reading_it_loads_no_model_client() -> None:
    code = "import sys, pipeline.models.retry_after; print('openai' in sys.modules)"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"  # noqa: S603
