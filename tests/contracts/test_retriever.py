"""What every implementation of the ports `Retriever` and `Snapshots` must do.

Another implementation adds a `KnowledgeBase` to `_IMPLEMENTATIONS`; no test here knows one by name.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from support.engines.postgres import PostgresServer

from index.builder import BuildRules, build
from index.embedding.model import Encoded, OnnxEmbedder
from index.errors import IndexUnavailableError
from index.live import LiveRetriever
from index.pgvector.database import Database
from index.pgvector.snapshots import PgvectorSnapshots
from index.retrieval import Retriever, Snapshots
from index.search import QuestionEncoder
from index.snapshot import CHUNKS, SnapshotFolder

_LEADS = frozenset({"leads"})
_GUIDE = (
    "# Guide\n\nStart here.\n\n## Invite people\n\nSend a link.\n\n## Pay\n\nAdd a card.\n\n## Leave\n\nExport first.\n"
)
# More than a search ranks, all nearer to the question than the one document that everybody may read.
_HIDDEN = {
    f"internal/{n}.md": f"---\naccess: [leads]\n---\n# Refund {n}\n\nA lead may refund the Team plan in case {n}.\n"
    for n in range(45)
}
_DOCUMENTS = {
    "guide.md": _GUIDE,
    "public/refunds.md": "# Money back\n\nWrite to us if you want your money back.\n",
    **_HIDDEN,
}
_QUESTION = "In which case may a lead refund the Team plan?"


class KnowledgeBase(Protocol):
    """An implementation under test: the two ports, and what a test needs to fill and damage it."""

    snapshots: Snapshots

    def retriever(self, encoder: QuestionEncoder | None = None) -> Retriever:
        """Return a retriever as a freshly started process has it."""

    def build(self, documents: Mapping[str, str]) -> str:
        """Index exactly these documents, publish the snapshot and return its name."""

    def damage(self, name: str) -> None:
        """Change a bit of what a snapshot holds."""


class _Files:
    """Snapshots in folders of one machine."""

    def __init__(self, folder: Path, embedder: OnnxEmbedder) -> None:
        self._documents, self._data, self._embedder = folder / "documents", folder / "data", embedder
        self._folder = SnapshotFolder(self._data)
        self.snapshots: Snapshots = self._folder

    def retriever(self, encoder: QuestionEncoder | None = None) -> Retriever:
        return LiveRetriever(self._data, encoder or self._embedder)

    def build(self, documents: Mapping[str, str]) -> str:
        for file in [file for file in self._documents.rglob("*.md") if file.is_file()]:
            file.unlink()
        for name, text in documents.items():
            (self._documents / name).parent.mkdir(parents=True, exist_ok=True)
            (self._documents / name).write_text(text, encoding="utf-8")
        return build([self._documents], self._data, self._embedder, self._rules()).snapshot

    def _rules(self) -> BuildRules:
        return BuildRules(force=True)

    def damage(self, name: str) -> None:
        file = self._folder.path(name) / CHUNKS
        raw = bytearray(file.read_bytes())
        raw[len(raw) // 2] ^= 1
        # Another file takes its place: who has it open keeps the whole one.
        changed = file.with_name("changed")
        changed.write_bytes(raw)
        changed.replace(file)


class _Pgvector(_Files):
    """Snapshots whose vectors, tokens and texts are in PostgreSQL."""

    def __init__(self, folder: Path, embedder: OnnxEmbedder, url: str) -> None:
        super().__init__(folder, embedder)
        self._tables = PgvectorSnapshots(Database(url))

    def retriever(self, encoder: QuestionEncoder | None = None) -> Retriever:
        return LiveRetriever(self._data, encoder or self._embedder, database=self._tables)

    def _rules(self) -> BuildRules:
        return BuildRules(force=True, tables=self._tables)

    def close(self) -> None:
        self._tables.close()


_IMPLEMENTATIONS = ("files", "pgvector")


@contextmanager
def _opened(request: pytest.FixtureRequest, folder: Path, embedder: OnnxEmbedder) -> Iterator[KnowledgeBase]:
    if request.param == "files":
        yield _Files(folder, embedder)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    base = _Pgvector(folder, embedder, url)
    yield base
    base.close()
    server.drop(url)


@pytest.fixture(params=_IMPLEMENTATIONS)
def empty(request: pytest.FixtureRequest, tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[KnowledgeBase]:
    """Yield a knowledge base before its first build."""
    with _opened(request, tmp_path, embedder) as base:
        yield base


@pytest.fixture(scope="module", params=_IMPLEMENTATIONS)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder
) -> Iterator[KnowledgeBase]:
    """Yield a knowledge base of `_DOCUMENTS`, which no test changes."""
    with _opened(request, tmp_path_factory.mktemp("filled"), embedder) as base:
        base.build(_DOCUMENTS)
        yield base


def _edition(number: int) -> dict[str, str]:
    return {"plan.md": f"# Plan\n\nThe plan of edition {number}.\n"}


def _text(retriever: Retriever) -> str:
    return retriever.search("Which edition?", (), 1).chunks[0].text


def test_documents_of_other_groups_are_left_out_before_ranking_not_after(filled: KnowledgeBase) -> None:
    retriever = filled.retriever()
    assert {c.document_id for c in retriever.search(_QUESTION, (), 50).chunks} == {"guide.md", "public/refunds.md"}
    assert retriever.search(_QUESTION, {"sales"}, 1).chunks[0].document_id == "public/refunds.md"
    assert retriever.search(_QUESTION, _LEADS, 1).chunks[0].document_id.startswith("internal/")


def test_only_documents_within_the_patterns_are_ranked(filled: KnowledgeBase) -> None:
    retriever = filled.retriever()
    assert retriever.search(_QUESTION, _LEADS, 1, ["public/*"]).chunks[0].document_id == "public/refunds.md"
    found = retriever.search(_QUESTION, _LEADS, 50, ["public/*", "internal/4?.md"]).chunks
    assert {c.document_id for c in found} == {"public/refunds.md", *(f"internal/{n}.md" for n in range(40, 45))}
    found = retriever.search(_QUESTION, _LEADS, 50, ["[^i]*"]).chunks
    assert {c.document_id for c in found} == {"guide.md", "public/refunds.md"}
    assert retriever.search(_QUESTION, _LEADS, 50, ["private/*"]).chunks == ()
    assert retriever.search(_QUESTION, (), 50, ["internal/*"]).chunks == ()


def test_words_come_from_documents_that_may_be_read_with_the_number_that_hold_them(filled: KnowledgeBase) -> None:
    retriever = filled.retriever()
    everyones = retriever.words(())
    assert (everyones["money"], everyones["invite"], everyones.get("refund")) == (1, 1, None)
    assert retriever.words(_LEADS)["refund"] == 45
    assert retriever.words(_LEADS, ["internal/4?.md"])["refund"] == 5
    assert retriever.words((), ["internal/*"]) == {}


def test_a_result_is_limited_ranked_and_names_its_snapshot(filled: KnowledgeBase) -> None:
    found = filled.retriever().search(_QUESTION, _LEADS, 5)
    scores = [chunk.score for chunk in found.chunks]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert found.snapshot == filled.snapshots.current_name()
    assert 0 <= found.sufficiency <= 1
    assert found.abstain_below > 0


def test_chunks_are_given_by_id_whoever_may_read_them(filled: KnowledgeBase) -> None:
    retriever = filled.retriever()
    hidden = retriever.search(_QUESTION, _LEADS, 1).chunks[0]
    held = retriever.chunks([hidden.chunk_id, "no-such-chunk"])
    assert list(held) == [hidden.chunk_id]
    assert held[hidden.chunk_id].document_id == hidden.document_id
    assert held[hidden.chunk_id].groups == _LEADS
    assert retriever.chunks([]) == {}


def test_the_chunks_of_a_document_come_in_reading_order(filled: KnowledgeBase) -> None:
    retriever = filled.retriever()
    assert [chunk.heading for chunk in retriever.chunks_of("guide.md")] == ["", "Invite people", "Pay", "Leave"]
    assert [chunk.groups for chunk in retriever.chunks_of("internal/0.md")] == [_LEADS]
    assert retriever.chunks_of("no-such-document.md") == ()


def test_the_manifest_names_the_snapshot_and_its_documents(filled: KnowledgeBase) -> None:
    retriever = filled.retriever()
    manifest = retriever.manifest()
    assert manifest.name == retriever.snapshot == filled.snapshots.current_name()
    assert manifest.documents.keys() == _DOCUMENTS.keys()


def test_without_an_index_every_call_says_so(empty: KnowledgeBase) -> None:
    retriever = empty.retriever()
    calls: Sequence[Callable[[], object]] = (
        lambda: retriever.search("?", (), 1),
        lambda: retriever.words(()),
        lambda: retriever.chunks(["c"]),
        lambda: retriever.chunks_of("d"),
        retriever.manifest,
        lambda: retriever.snapshot,
        empty.snapshots.roll_back,
    )
    for call in calls:
        with pytest.raises(IndexUnavailableError):
            call()
    assert empty.snapshots.current_name() is None
    assert empty.snapshots.names() == []


def test_what_is_published_is_served_from_the_next_search_on(empty: KnowledgeBase) -> None:
    first = empty.build(_edition(1))
    retriever = empty.retriever()
    assert "edition 1" in _text(retriever)
    second = empty.build(_edition(2))
    assert "edition 2" in _text(retriever)
    assert empty.snapshots.names() == [second, first]
    empty.snapshots.publish(first)
    assert "edition 1" in _text(retriever)
    assert retriever.snapshot == empty.snapshots.current_name() == first


class _Paused:
    """An encoder that stops once, until it is told to go on: a search is then under way."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self.began, self.goes_on = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        self.began.set()
        assert self.goes_on.wait(60)
        return self._embedder.encode(texts)


def test_a_search_that_has_begun_keeps_its_snapshot(empty: KnowledgeBase, embedder: OnnxEmbedder) -> None:
    first = empty.build(_edition(1))
    paused = _Paused(embedder)
    retriever = empty.retriever(paused)
    found: list[tuple[str, str]] = []

    def search() -> None:
        result = retriever.search("Which edition?", (), 1)
        found.append((result.snapshot, result.chunks[0].text))

    searching = threading.Thread(target=search)
    searching.start()
    assert paused.began.wait(60)
    second = empty.build(_edition(2))
    assert retriever.snapshot == second
    paused.goes_on.set()
    searching.join(60)
    assert found == [(first, "The plan of edition 1.")]
    assert retriever.search("Which edition?", (), 1).snapshot == second


def test_a_roll_back_serves_the_snapshot_before_the_live_one(empty: KnowledgeBase) -> None:
    first, _ = empty.build(_edition(1)), empty.build(_edition(2))
    retriever = empty.retriever()
    assert "edition 2" in _text(retriever)
    assert empty.snapshots.roll_back().name == first
    assert "edition 1" in _text(retriever)
    with pytest.raises(IndexUnavailableError):
        empty.snapshots.roll_back()
    assert empty.snapshots.current_name() == first


def test_a_roll_back_passes_over_a_damaged_snapshot(empty: KnowledgeBase) -> None:
    first, second, _ = (empty.build(_edition(number)) for number in (1, 2, 3))
    empty.damage(second)
    assert empty.snapshots.roll_back().name == first


def test_in_place_of_a_damaged_snapshot_the_one_before_it_is_served(empty: KnowledgeBase) -> None:
    first, second = empty.build(_edition(1)), empty.build(_edition(2))
    empty.damage(second)
    retriever = empty.retriever()
    assert "edition 1" in _text(retriever)
    assert retriever.snapshot == retriever.manifest().name == first
    empty.damage(first)
    with pytest.raises(IndexUnavailableError):
        empty.retriever().search("Which edition?", (), 1)


def test_a_process_that_serves_goes_on_when_the_next_snapshot_is_damaged(empty: KnowledgeBase) -> None:
    first = empty.build(_edition(1))
    retriever = empty.retriever()
    assert retriever.snapshot == first
    empty.damage(empty.build(_edition(2)))
    empty.damage(first)
    # What is open already goes on being served, even where a new process would find nothing whole.
    assert "edition 1" in _text(retriever)
