"""Patterns of document ids: every place that reads them must read them alike."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.builders import chunk

from bot.desk.evidence import Readers
from index import snapshot_tables
from index.access import EVERYONE, matches
from index.chunk_table import ChunkRows, Scope
from index.chunks import Chunk
from index.reading.documents import LoadRules
from index.snapshot import CHUNKS
from index.snapshot_tables import IndexedDocument, IndexedSource

# pattern, document id, whether they match
_CASES = [
    ("billing/*", "billing/plans.md", True),
    ("billing/*", "billing/old/plans.md", True),
    ("*", "a/b/c.md", True),
    ("*.md", "billing/plans.md", True),
    ("billing/*", "other/billing/plans.md", False),
    ("billing", "billing/plans.md", False),
    ("Billing/*", "billing/plans.md", False),
    ("plan?.md", "plans.md", True),
    ("plan?.md", "plan.md", False),
    ("a?b", "a/b", True),
    ("[a-c]*", "billing.md", True),
    ("[a-c]*", "Billing.md", False),
    ("[a-c]*", "drafts.md", False),
    ("[!a]*", "billing.md", True),
    ("[!a]*", "access.md", False),
    ("[^a]*", "billing.md", True),
    ("[^a]*", "access.md", False),
    ("[^a]*", "^access.md", True),
    ("[a^]*", "^access.md", True),
    ("[^a-c]*", "b.md", False),
    ("[^!]*", "!.md", False),
    ("[]a]*", "].md", True),
    ("[^]a]*", "].md", False),
    ("[^]a]*", "b.md", True),
    ("[z-a]*", "m.md", False),
    ("[", "[", True),
    ("[", "a", False),
    ("[draft", "[draft", True),
    ("[draft*", "draft.md", False),
    ("[^draft", "[^draft", True),
    ("[!]", "[!]", True),
    ("[^]", "[^]", True),
    ("[^]", "^", False),
    ("faq[1].md", "faq1.md", True),
    ("faq[[]1].md", "faq[1].md", True),
    ("a.b", "axb", False),
    ("a\\*", "a\\b", True),
    ("line*", "line\nbreak", True),
    ("plans.md", "plans.md\n", False),
    ("ü*", "über.md", True),
    ("", "", True),
    ("", "a", False),
]


@pytest.mark.parametrize(("pattern", "document_id", "expected"), _CASES)
def test_a_pattern_matches_the_same_ids_wherever_it_is_read(
    pattern: str, document_id: str, *, expected: bool, tmp_path: Path
) -> None:
    assert {name: reads(pattern, document_id, tmp_path) for name, reads in _READERS.items()} == dict.fromkeys(
        _READERS, expected
    )


def test_one_of_several_patterns_is_enough_and_none_matches_nothing() -> None:
    assert matches("billing/plans.md", ["faq/*", "billing/*"])
    assert not matches("billing/plans.md", [])


def test_rules_are_read_again_where_a_negated_set_changed_its_meaning() -> None:
    def fingerprint(pattern: str) -> str:
        return LoadRules(access=((pattern, ("leads",)),)).fingerprint

    # Earlier versions put the pattern itself into the fingerprint and read [^a] as "a caret or an a".
    assert fingerprint("[^a]*") != repr((5_000_000, EVERYONE, (("[^a]*", ("leads",)),), ()))
    assert fingerprint("[!a]*") == repr((5_000_000, EVERYONE, (("[!a]*", ("leads",)),), ()))
    assert fingerprint("a/*") == repr((5_000_000, EVERYONE, (("a/*", ("leads",)),), ()))


def _by_search(pattern: str, document_id: str, folder: Path) -> bool:
    document = IndexedDocument(
        document_id, "T", None, frozenset({EVERYONE}), "", (Chunk("c1", document_id, ("T",), "x"),)
    )
    with closing(sqlite3.connect(folder / CHUNKS)) as tables:
        snapshot_tables.write(folder, tables, [IndexedSource("s", "", (document,))], [b"h"])
        tables.commit()
    rows = ChunkRows(folder)
    with closing(rows.connection):
        return bool(rows.readable(Scope(frozenset({EVERYONE}), (pattern,))).rows.tolist() == [0])


def _by_access_rules(pattern: str, document_id: str, _folder: Path) -> bool:
    return LoadRules(access=((pattern, ("leads",)),)).groups(document_id, None) == {"leads"}


def _by_link_rules(pattern: str, document_id: str, _folder: Path) -> bool:
    return LoadRules(links=((pattern, "https://help.example"),)).link(document_id, None) is not None


def _by_readers(pattern: str, document_id: str, _folder: Path) -> bool:
    return Readers(frozenset(), (pattern,)).may_read(chunk("c1", document_id=document_id))


_READERS: dict[str, Callable[[str, str, Path], bool]] = {
    "matches": lambda pattern, document_id, _: matches(document_id, [pattern]),
    "search": _by_search,
    "access rules": _by_access_rules,
    "link rules": _by_link_rules,
    "curated answers": _by_readers,
}
