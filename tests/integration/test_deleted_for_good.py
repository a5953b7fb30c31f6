"""What is forgotten or purged is in no file of an SQLite store, also while others have the store open."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.clock import Clock
from support.full_store import WHERE

from bot.store.records import KeptTurn, Retention
from bot.store.sqlite.store import SqliteStore

_KEPT = Retention(review_text_days=90, gap_text_days=30, turn_text_days=1, job_days=90, trace_days=400)
_WORDS = "purple giraffes of my aunt"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
async def bot(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    """Yield the store of a bot that runs, in which a person has asked something."""
    store = await SqliteStore(tmp_path / "citedesk.sqlite", clock).open()
    await store.turns.put(KeptTurn(request_id="q-1", where=WHERE, question=_WORDS, answer="No."))
    yield store
    await store.close()


def _holding(folder: Path) -> list[str]:
    return [file.name for file in sorted(folder.iterdir()) if _WORDS.encode() in file.read_bytes()]


async def test_a_forgotten_text_is_in_no_file_while_the_bot_runs(bot: SqliteStore, tmp_path: Path) -> None:
    assert _holding(tmp_path) == ["citedesk.sqlite-wal"]
    command = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    await command.forget("U1")
    await command.close()
    assert _holding(tmp_path) == []
    # The bot goes on.
    await bot.people.put("U2", "Somebody else")
    assert await bot.people.names(["U2"]) == {"U2": "Somebody else"}


async def test_a_purged_text_is_in_no_file_while_the_bot_runs(bot: SqliteStore, tmp_path: Path, clock: Clock) -> None:
    clock.move(days=2)
    await bot.purge(_KEPT)
    assert _holding(tmp_path) == []


async def test_while_somebody_reads_the_journal_stays_and_the_next_purge_empties_it(
    bot: SqliteStore, tmp_path: Path, capfd: pytest.CaptureFixture[str], clock: Clock
) -> None:
    with closing(sqlite3.connect(tmp_path / "citedesk.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM turns").fetchone()
        await bot.forget("U1")
        assert _holding(tmp_path) == ["citedesk.sqlite-wal"]
        assert "store_journal_not_emptied" in "".join(capfd.readouterr())
        reader.execute("ROLLBACK")
        clock.move(days=1)
        await bot.purge(_KEPT)
        assert _holding(tmp_path) == []
