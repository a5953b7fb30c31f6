"""The demo and a browser, started once for each file of tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from support.demo_page import chromium, demo


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # In Alex's direct messages a person approves every answer first.
    with demo(tmp_path_factory.mktemp("demo"), CITEDESK_CHANNELS='{"D0ADMIN": {"auto_answer": false}}') as printed:
        yield printed


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
