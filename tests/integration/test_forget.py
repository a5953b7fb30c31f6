"""`citedesk forget` on the store of a bot that runs: what a person left there by using it is gone."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result
from support.workspace import ASKER, REVIEWER, REVIEWS, Desk, workspace

from bot.cli.main import main

_REVIEWED = "D0ASKER"
_WORDS = "purple giraffes of my aunt"
_ANSWERED = "When does the first payment reminder go out?"


def _forget(data: Path, *words: str, code: int = 0, said: str = "") -> Result:
    result = CliRunner().invoke(main, ["forget", *words, "--data-dir", str(data)], input=said)
    assert result.exit_code == code, result.output
    return result


def _everything(file: Path) -> dict[str, str]:
    """Return all that the tables of a store hold, as text."""
    with closing(sqlite3.connect(file)) as connection:
        names = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: str(connection.execute(f"SELECT * FROM {name}").fetchall()) for name in names}  # noqa: S608


async def _use(desk: Desk) -> None:
    """Let a person ask, ask what nobody can answer, ask twice for a person, and rate; and another ask the same."""
    await desk.exactly_one_reply(await desk.ask(_ANSWERED))
    unknown = await desk.exactly_one_reply(await desk.ask(f"Where do the {_WORDS} live?"))
    await desk.press(ASKER, unknown, "Ask a person")
    await desk.ask(f"{_ANSWERED} It is about the {_WORDS}", channel=_REVIEWED)
    await desk.exactly_one_reply(await desk.ask(_ANSWERED, channel=_REVIEWED))
    await desk.settled()
    first, second, *_ = [m for m in desk.messages(REVIEWS) if not m.thread_ts]
    await desk.press(REVIEWER, first, "Claim")
    await desk.press(REVIEWER, second, "Approve")
    await desk.settled()


async def test_what_a_person_left_by_using_the_bot_is_gone_also_from_the_file(own_data: Path, articles: Path) -> None:
    file = own_data / "citedesk.sqlite"
    channels = {_REVIEWED: {"auto_answer": False}}
    async with workspace(own_data, articles, channels=channels) as desk:
        await _use(desk)
        before = _everything(file)
        assert {table for table, text in before.items() if ASKER in text} >= {"requests", "reviews", "review_events"}
        assert {table for table, text in before.items() if _WORDS in text} >= {"gaps", "reviews"}
        told = (await asyncio.to_thread(_forget, own_data, ASKER, "--yes", "--with-approved")).output
        after = _everything(file)
        assert not [table for table, text in after.items() if ASKER in text or _REVIEWED in text or _WORDS in text]
        assert REVIEWER in after["review_events"]
        # The bot goes on, also with this person.
        await desk.exactly_one_reply(await desk.ask(_ANSWERED, user=REVIEWER))
        await asyncio.to_thread(_forget, own_data, REVIEWER, "--yes")
        assert not [table for table, text in _everything(file).items() if REVIEWER in text]
    assert "Forgotten. Older backups still hold it all." in told
    assert _WORDS.encode() not in file.read_bytes()
    assert ASKER.encode() not in file.read_bytes()


async def test_the_event_has_counts_and_no_id(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        await desk.exactly_one_reply(await desk.ask(_ANSWERED))
    result = await asyncio.to_thread(_forget, own_data, ASKER, "--yes", "--json")
    (event,) = [json.loads(line) for line in result.stderr.splitlines() if "person_forgotten" in line]
    assert event["requests"] == 1
    assert ASKER not in result.stderr
    assert json.loads(result.stdout)["rows"]["requests"] == 1


async def test_nothing_is_forgotten_without_a_yes(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        await desk.exactly_one_reply(await desk.ask(_ANSWERED))
    before = _everything(own_data / "citedesk.sqlite")
    assert "requests: 1" in (await asyncio.to_thread(_forget, own_data, ASKER, "--dry-run")).output
    await asyncio.to_thread(_forget, own_data, ASKER, said="n\n", code=1)
    assert _everything(own_data / "citedesk.sqlite") == before
