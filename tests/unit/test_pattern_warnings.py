"""A pattern of the settings that matches no document is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli.access_warnings import pattern_warnings
from bot.settings import Settings
from index import snapshot_tables
from index.reading.documents import Skipped
from index.snapshot_tables import IndexedDocument, IndexedSource

_IDS = {
    "hr/pay.md",
    "HR2/pay.md",
    "exp.jsonl",
    "exp.jsonl#1",
    "https://h.example/go",
    "https://h.example/hr/pay",
    "faq.md",
}


def _settings(**index: dict[str, object]) -> Settings:
    return Settings.model_validate({"index": index})


@pytest.mark.parametrize(
    "pattern", ["hr/*", "./hr/*", "/hr/*", "*", "exp.jsonl", "exp.jsonl#*", "https://h.example/hr/*", "faq.md"]
)
def test_a_pattern_that_matches_a_document_is_not_named(pattern: str) -> None:
    settings = _settings(access={pattern: ["hr"]}, links={pattern: "https://h.example/{path}"})
    assert pattern_warnings(settings, _IDS) == []


@pytest.mark.parametrize(
    ("pattern", "then"),
    [
        ("docs/hr/*", ": an id begins below the folder that is indexed, so write `hr/*`"),
        ("/srv/docs/faq.md", ": an id begins below the folder that is indexed, so write `faq.md`"),
        ("hr2/*", ": capitals count, and there is `HR2/pay.md`"),
        ("hr", ""),
        ("docs/*", ""),
        ("https://other.example/*", ""),
    ],
)
def test_a_pattern_that_matches_no_document_is_named_with_what_to_write(pattern: str, then: str) -> None:
    settings = _settings(access={pattern: ["hr"]}, links={pattern: "https://h.example/{path}"})
    assert pattern_warnings(settings, _IDS) == [
        f"the pattern `{pattern}` in index.access matches no document{then}",
        f"the pattern `{pattern}` in index.links matches no document{then}",
    ]


def test_the_names_in_a_snapshot_are_those_that_a_pattern_may_match(tmp_path: Path) -> None:
    document = IndexedDocument("exp.jsonl#1", "A", "https://h.example/a", frozenset({"hr"}), "", ())
    sources = [
        IndexedSource("exp.jsonl", "", (document,)),
        IndexedSource("b.md", "", (), (Skipped("b.md", "empty"),)),
    ]
    with closing(sqlite3.connect(tmp_path / "tables")) as tables:
        snapshot_tables.write(tmp_path, tables, sources, [])
        tables.commit()
    names = snapshot_tables.document_names(tmp_path / "tables")
    assert names == {"exp.jsonl", "exp.jsonl#1", "https://h.example/a", "b.md"}
