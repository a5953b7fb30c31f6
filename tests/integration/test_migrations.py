"""A store of every earlier schema, with rows in all its tables, holds the same after this release opened it."""

import asyncio
import json
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlite_utils import Database
from support.full_store import REVIEW, WHERE, asked

from bot.cli.main import main
from bot.slack.outgoing import SlackPayload
from bot.store.port import Store
from bot.store.records import Asked, CuratedAnswer, Outgoing
from bot.store.sqlite.backup import known
from bot.store.sqlite.migrations import migrations
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Citation, Trace

_AT = "2026-11-27T10:00:00.000000+00:00"
_SQLITE = known()
_CURATED = CuratedAnswer(
    curated_id="c-1", tenant_id="T1", question="How long?", answer="7 days [1].",
    citations=(Citation(marker=1, chunk_id="k", quote="7 days"),), sources=(), approved_by="U9",
    approved_at="2026-11-01",
)  # fmt: skip
_TRACE = Trace(
    request_id="q-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered", verdict="OK"
)
# What the first release stored of an event, and what a message was before its product had a payload of its own.
_EVENT = {"team_id": "T1", "event": {"text": "How long?", "ts": "1.0", "user": "U1", "channel": "C1"}}
_MESSAGE = {"key": "m-1", "request_id": "q-1", "tenant_id": "T1", "channel_id": "C1", "text": "7 days"}
_OLD_MESSAGE = {**_MESSAGE, "body": [{"type": "divider"}], "response_url": "https://hooks.invalid/1"}
_NEW_MESSAGE = Outgoing(
    **_MESSAGE, surface="slack",
    payload=SlackPayload(blocks=({"type": "divider"},), response_url="https://hooks.invalid/1").model_dump(),
)  # fmt: skip
_JOB = {"state": "waiting", "received_at": _AT, "due_at": _AT}
_ROWS: Mapping[str, Mapping[str, Any]] = {
    "inbox": {**_JOB, "key": "event:1", "payload": asked("How long?")},
    "outbox": {**_JOB, "key": "m-1", "payload": _NEW_MESSAGE.model_dump_json()},
    "builds": {**_JOB, "key": "build:1", "payload": "{}", "tenant_id": "T1"},
    "reviews": {
        "review_id": "r-1", "at": _AT, "tenant_id": "T1", "state": "open", "review": REVIEW.model_dump_json(),
        "card_channel": "C9", "card_id": "9.1",
    },
    "review_events": {"id": 7, "review_id": "r-1", "at": _AT, "user_id": "U1", "what": "opened"},
    "review_cards": {"review_id": "r-1", "surface": "slack", "channel": "C9", "card_id": "9.1"},
    "requests": {
        "request_id": "q-1", "at": _AT, "tenant_id": "T1", "user_id": "U1", "outcome": "answered", "verdict": "OK",
        "trace": _TRACE.model_dump_json(),
    },
    "feedback": {
        "request_id": "q-1", "user_id": "U1", "at": _AT, "helpful": False, "reason": "", "note": "",
        "answer_hash": "",
    },
    "curated_answers": {
        "curated_id": "c-1", "tenant_id": "T1", "at": _AT, "state": "live", "answer": _CURATED.model_dump_json(),
        "embedder": "e", "vector": b"\0\xff",
    },
    "gaps": {
        "request_id": "q-2", "tenant_id": "T1", "at": _AT, "user_id": "U1", "question": "Why?", "reason": "x",
        "nearest": ["P", "Q"], "embedder": "e", "vector": b"\0\xff",
    },
    "posted": {"channel_id": "C1", "message_id": "1.9", "request_id": "q-1", "at": _AT},
    "turns": {
        "request_id": "q-1", "at": _AT, "channel_id": "C1", "thread_id": "1.0", "user_id": "U1", "question": "How?",
        "answer": "So.",
    },
    "people": {"user_id": "U1", "name": "Zoë"},
    "threads": {"tenant_id": "T1", "channel_id": "C1", "thread_id": "1.0", "user_id": "U1", "at": _AT},
    "replicas": {"owner": "o", "started_at": _AT, "seen_at": _AT, "version": "0.1.0", "snapshot": ""},
    "installations": {"app": "a", "tenant_id": "T1", "user_id": "U1", "at": _AT, "payload": "{}"},
    "sign_in_states": {"state": "s", "until": _AT},
    "own_tenants": {"tenant_id": "T2", "at": _AT},
}  # fmt: skip


def test_the_rows_are_those_of_all_tables(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as connection:
        migrations.apply(Database(connection))
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {str(row[0]) for row in found} - {"_sqlite_migrations", "sqlite_sequence"} == {*_ROWS}


def _of_version(file: Path, version: str) -> set[str]:
    """Make a store as the release left it whose newest migration this is; return its tables."""
    later = _SQLITE[_SQLITE.index(version) + 1 :]
    with closing(sqlite3.connect(file)) as connection:
        database = Database(connection)
        migrations.apply(database, stop_before=later[:1])
        tables = {name for name in database.table_names() if name in _ROWS}
        for name in (name for name in _ROWS if name in tables):
            row = {**_ROWS[name], **_as_it_was(name, version)}
            columns = {column.name for column in database.table(name).columns}
            stored = {key: _sqlite_value(value) for key, value in row.items() if key in columns}
            marks = ", ".join("?" * len(stored))
            connection.execute(f"INSERT INTO {name} ({', '.join(stored)}) VALUES ({marks})", [*stored.values()])  # noqa: S608
        connection.commit()
    return tables


def _as_it_was(table: str, version: str) -> Mapping[str, Any]:
    """Return the values of a row that an earlier release wrote in another form."""
    if table == "inbox" and version == "001_first_tables":
        return {"state": "received", "payload": json.dumps(_EVENT)}
    if table == "outbox" and version < "006":
        return {"payload": json.dumps(_OLD_MESSAGE)}
    return {}


def _sqlite_value(value: Any) -> Any:  # noqa: ANN401 - a value of a row
    return "\n".join(value) if isinstance(value, list) else value


async def _is_the_same(store: Store, tables: Collection[str]) -> None:
    """Look at every table that the earlier schema had."""
    (job,) = await store.inbox.claim("w", 60.0, 9)
    question = Asked.model_validate_json(job.payload)
    assert (job.key, question.text, question.where.thread_id, question.where.tenant_id) == (
        "event:1", "How long?", "1.0", "T1",
    )  # fmt: skip
    assert await store.reviews.get("r-1") == REVIEW
    assert [(event.user_id, event.what) for event in await store.reviews.events("r-1")] == [("U1", "opened")]
    assert await store.reviews.card("r-1", "slack") == ("C9", "9.1")
    assert await store.requests.get("q-1") == _TRACE
    assert await store.feedback.counts(10_000) == (0, 1)
    if "outbox" in tables:
        (job,) = await store.outbox.claim("w", 60.0, 9)
        found = Outgoing.model_validate_json(job.payload)
        assert (found.key, found.payload["blocks"], found.payload["response_url"]) == (
            "m-1", [{"type": "divider"}], "https://hooks.invalid/1",
        )  # fmt: skip
        assert await store.curated.live() == [_CURATED]
        ((gap, vector),) = await store.gaps.since("T1", "e", 10_000)
        assert (gap.question, gap.nearest, vector) == ("Why?", ("P", "Q"), b"\0\xff")
        assert await store.threads.owns(WHERE)
    if "people" in tables:
        assert await store.people.names(["U1"]) == {"U1": "Zoë"}
        assert await store.posted.request_of("C1", "1.9") == "q-1"
    if "turns" in tables:
        assert await store.turns.question_of("q-1") == "How?"
    if "installations" in tables:
        assert await store.installations.first_tenant("a") == "T1"
    if "own_tenants" in tables:
        assert await store.own_tenants.ids() == {"T2"}
    if "builds" in tables:
        assert [job.key for job in await store.builds.claim("w", 60.0, 9)] == ["build:1"]


@pytest.mark.parametrize("version", _SQLITE)
async def test_a_file_of_every_earlier_schema_holds_the_same_afterwards(tmp_path: Path, version: str) -> None:
    tables = _of_version(tmp_path / "citedesk.sqlite", version)
    store = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    await _is_the_same(store, tables)
    await store.forget("U1")
    await store.close()


@pytest.mark.parametrize("version", ["002_outbox_and_desk", "009_every_card_of_a_review"])
async def test_a_backup_of_an_earlier_schema_is_restored_and_brought_up_to_date(tmp_path: Path, version: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    tables = _of_version(data / "citedesk.sqlite", version)
    for words in (("backup", tmp_path / "b", "--data-dir", data), ("restore", tmp_path / "b", "--waiting", "send")):
        given = [*map(str, words), *(["--data-dir", str(tmp_path / "new")] if words[0] == "restore" else [])]
        result = await asyncio.to_thread(CliRunner().invoke, main, given)
        assert result.exit_code == 0, result.output
    store = await SqliteStore(tmp_path / "new" / "citedesk.sqlite").open()
    await _is_the_same(store, tables)
    await store.close()


@pytest.mark.parametrize("number", range(1, 9))
async def test_a_database_of_every_earlier_schema_holds_the_same_afterwards(postgres_url: str, number: int) -> None:
    psycopg = pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")
    from bot.store.postgres.migrations import _MIGRATIONS  # noqa: PLC0415 - its library is an extra
    from bot.store.postgres.reviews import columns_of  # noqa: PLC0415
    from bot.store.postgres.store import PostgresStore  # noqa: PLC0415

    assert len(_MIGRATIONS) == 8
    extra = dict(zip(("claimed_by", "awaits_asker", "request_ids", "has_texts"), columns_of(REVIEW)[1:-1], strict=True))
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE SCHEMA citedesk")
        connection.execute("SET search_path = citedesk")
        connection.execute("CREATE TABLE migrations (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
        for name in [*_MIGRATIONS][:number]:
            connection.execute(_MIGRATIONS[name])
            connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
        found = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'citedesk'"
        ).fetchall()
        tables = {table for table, _ in found if table in _ROWS}
        for table in (table for table in _ROWS if table in tables):
            row = {**_ROWS[table], **(extra if table == "reviews" else {})}
            stored = {key: value for key, value in row.items() if (table, key) in found}
            columns, marks = ", ".join(stored), ", ".join(["%s"] * len(stored))
            override = "OVERRIDING SYSTEM VALUE" if table == "review_events" else ""
            connection.execute(f"INSERT INTO {table} ({columns}) {override} VALUES ({marks})", [*stored.values()])  # noqa: S608
    store = await PostgresStore(postgres_url).open()
    await _is_the_same(store, tables)
    await store.forget("U1")
    await store.close()
