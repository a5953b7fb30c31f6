"""The stores on which a contract is tested: each of them, empty, with a clock that the test moves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from support.clock import Clock

from bot.store.port import Store
from bot.store.sqlite.store import SqliteStore


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Callable[[], Awaitable[Store]]:
    """Return how to open the same store once more."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "s.sqlite", clock).open()
    url = request.getfixturevalue("postgres_url")
    from bot.store.postgres.store import PostgresStore  # noqa: PLC0415 - its library is an extra

    return lambda: PostgresStore(url, now=clock).open()


@pytest.fixture
async def store(reopen: Callable[[], Awaitable[Store]]) -> AsyncIterator[Store]:
    opened_store = await reopen()
    yield opened_store
    await opened_store.close()
