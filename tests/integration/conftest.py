"""Fixtures that several of these files share."""

import io
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store.port import Store
from bot.store.sqlite.store import SqliteStore
from bot.telemetry.logs import configure_logging


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Return what is logged, from the lowest level on."""
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        configure_logging("DEBUG")
        yield stream
    logging.basicConfig(handlers=[], force=True)


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Return an empty store: in a file, then in a database."""
    opened: Store
    if request.param == "sqlite":
        opened = await SqliteStore(tmp_path / "s.sqlite").open()
    else:
        url = request.getfixturevalue("postgres_url")
        from bot.store.postgres.store import PostgresStore  # noqa: PLC0415 - its library is an extra

        opened = await PostgresStore(url).open()
    yield opened
    await opened.close()
