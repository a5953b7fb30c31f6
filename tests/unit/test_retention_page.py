"""docs/backup.md lists every table of the store, and every setting that says how long something is kept."""

import re
from dataclasses import fields
from pathlib import Path

from sqlite_utils import Database

from bot.store.copying import TABLES
from bot.store.records import Retention
from bot.store.sqlite.migrations import migrations

_PAGE = (Path(__file__).parents[2] / "docs" / "backup.md").read_text(encoding="utf-8")
_ROWS = re.findall(r"^\| `([a-z_]+)` \| (.+?) \| (.+?) \| (.+?) \|$", _PAGE, re.MULTILINE)


def _tables() -> set[str]:
    database = Database(memory=True)
    migrations.apply(database)
    return {name for name in database.table_names() if not name.startswith("_")}


def test_every_table_is_listed_and_no_other() -> None:
    assert sorted(row[0] for row in _ROWS) == sorted(_tables())


def test_every_setting_of_how_long_is_named() -> None:
    assert {field.name for field in fields(Retention)} <= set(re.findall(r"`store\.(\w+)`", _PAGE))


def test_what_a_backup_leaves_out_of_the_store_is_of_the_moment() -> None:
    assert _tables() - {table.name for table in TABLES} == {"replicas", "sign_in_states"}


def test_a_table_with_a_person_in_it_says_what_becomes_of_them() -> None:
    named = {table.name for table in TABLES if "user_id" in table.columns}
    silent = {name for name, *_, forgotten in _ROWS if "holds no person" in forgotten}
    assert named & silent == set()
