"""The index in PostgreSQL: the same results as from files, whole snapshots, and a database that is away."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psycopg
import pytest
from pgvector import HalfVector
from psycopg import sql
from support.engines.postgres import PostgresServer, missing, postgres
from support.waiting import until

from index.builder import BuildRules, Coverage, build
from index.embedding.model import Encoded, OnnxEmbedder
from index.errors import BuildRunningError, BuildStoppedError, IndexUnavailableError
from index.live import LiveRetriever
from index.pgvector import sending
from index.pgvector.candidates import PgvectorCandidates, PlanRules
from index.pgvector.contents import Contents
from index.pgvector.database import Database
from index.pgvector.local_files import Generation, RowIds
from index.pgvector.schema import space_of
from index.pgvector.snapshots import PgvectorSnapshots
from index.readable import Readable
from index.retrieval import Retrieval
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_GROUPS = ("leads", "finance", "people")
_TOPICS = ("refunds", "invoices", "passwords", "holidays", "printers", "contracts")
_ALWAYS_WALK = PlanRules(0, 0)
_MANY, _DIMENSIONS = 6_000, 16


class _Base:
    """A knowledge base whose chunks are in a database."""

    def __init__(self, folder: Path, url: str, embedder: OnnxEmbedder) -> None:
        self.folder, self.url, self.embedder = folder, url, embedder
        self.documents, self.data = folder / "documents", folder / "data"
        self.documents.mkdir(exist_ok=True)
        self.database = Database(url)
        self.tables = PgvectorSnapshots(self.database)

    def write(self, documents: Mapping[str, str]) -> None:
        """Write documents, by name."""
        for name, text in documents.items():
            (self.documents / f"{name}.md").write_text(text, encoding="utf-8")

    def build(self, **rules: object) -> Coverage:
        """Build a snapshot in the database."""
        made = BuildRules(**{"force": True, "tables": self.tables, **rules})  # type: ignore[arg-type]
        return build([self.documents], self.data, self.embedder, made)

    def retriever(self, tables: PgvectorSnapshots | None = None) -> LiveRetriever:
        """Return a retriever of a process that has just started."""
        return LiveRetriever(self.data, self.embedder, database=tables or self.tables)

    def opened(self) -> SnapshotSearch:
        """Return a search of the live snapshot, which stays with it."""
        return SnapshotSearch(*SnapshotFolder(self.data).newest_intact(), self.embedder, database=self.tables)

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("citedesk_index", table))
            ).fetchone()
        return int(found[0]) if found else 0


@pytest.fixture
def base(tmp_path: Path, postgres_url: str, embedder: OnnxEmbedder) -> Iterator[_Base]:
    made = _Base(tmp_path, postgres_url, embedder)
    yield made
    made.tables.close()


def _page(number: int, groups: frozenset[str] = frozenset(), rule: str = "") -> str:
    access = f"---\naccess: [{', '.join(sorted(groups))}]\n---\n" if groups else ""
    topic = _TOPICS[number % len(_TOPICS)]
    return f"{access}# About {topic} {number}\n\nThe rule for {topic} is {rule or number}.\n"


def _ids(found: Retrieval) -> list[str]:
    return [chunk.chunk_id for chunk in found.chunks]


def test_whoever_asks_gets_the_same_chunks_as_from_files(base: _Base, tmp_path: Path, embedder: OnnxEmbedder) -> None:
    rng = random.Random(3)
    readers = [frozenset(rng.sample(_GROUPS, rng.randint(0, 3))) for _ in range(90)]
    base.write({str(number): _page(number, groups) for number, groups in enumerate(readers)})
    base.build()
    build([base.documents], tmp_path / "files", embedder, BuildRules())
    files, exact = LiveRetriever(tmp_path / "files", embedder), base.retriever()
    walking = base.retriever(PgvectorSnapshots(base.database, _ALWAYS_WALK))
    for _ in range(40):
        groups = frozenset(rng.sample(_GROUPS, rng.randint(0, 3)))
        within = rng.choice([(), ("1*",), ("[2-4]*", "7?.md"), ("8?.md",), ("none/*",)])
        asked = (f"What is the rule for {rng.choice(_TOPICS)} {rng.randint(0, 90)}?", groups, 10, within)
        wanted, found, walked = files.search(*asked), exact.search(*asked), walking.search(*asked)
        assert _ids(found) == _ids(wanted)
        assert _ids(walked) == _ids(wanted)
        assert found.chunks == wanted.chunks
        assert (found.sufficiency, found.features) == (wanted.sufficiency, wanted.features)
        assert found.hidden_is_nearer == wanted.hidden_is_nearer
    assert exact.words(frozenset({"leads"}), ["1*"]) == files.words(frozenset({"leads"}), ["1*"])


def test_a_build_embeds_only_texts_that_the_database_does_not_hold(base: _Base) -> None:
    base.write({str(number): _page(number) for number in range(12)})
    assert base.build().reused == 0
    base.write({"3": _page(3, rule="new")})
    assert base.build().reused == 11
    base.write({"4": _page(4, frozenset({"leads"}))})
    assert base.build().reused == 12
    (base.documents / "5.md").unlink()
    base.build()
    base.write({"5": _page(5)})
    assert base.build().reused == 12
    assert base.count("vectors_1") == 14
    found = base.retriever()
    assert "4.md" not in {chunk.document_id for chunk in found.search("Which rule for printers?", (), 20).chunks}
    assert found.chunks_of("4.md")[0].groups == {"leads"}


def test_a_process_with_an_older_snapshot_sees_all_of_it_and_nothing_newer(base: _Base) -> None:
    base.write({str(number): _page(number) for number in range(12)})
    base.build()
    older = base.opened()
    before = older.search("What is the rule for printers?", (), 20)
    base.write({str(number): _page(number, frozenset({"leads"}), "other") for number in range(6)})
    base.write({"new": _page(4, rule="new")})
    base.build()
    assert older.search("What is the rule for printers?", (), 20).chunks == before.chunks
    newer = base.retriever().search("What is the rule for printers?", (), 20)
    assert {chunk.document_id for chunk in newer.chunks} == {"new.md", *(f"{number}.md" for number in range(6, 12))}


def test_what_no_kept_snapshot_holds_is_deleted_and_its_readers_are_told(base: _Base) -> None:
    base.tables = PgvectorSnapshots(base.database, kept_s=0)
    base.write({str(number): _page(number) for number in range(3)})
    base.build(keep_snapshots=1)
    older = base.opened()
    base.write({str(number): _page(number, rule="other") for number in range(3)})
    base.build(keep_snapshots=1)
    assert (base.count("rows_1"), base.count("vectors_1"), base.count("contents_1")) == (3, 3, 3)
    with pytest.raises(IndexUnavailableError, match="does not hold this snapshot: build the index again"):
        older.search("What is the rule for printers?", (), 5)


def test_a_snapshot_that_other_processes_may_serve_stays_for_an_hour(base: _Base) -> None:
    base.write({"0": _page(0)})
    base.build(keep_snapshots=1)
    older = base.opened()
    base.write({"0": _page(0, rule="other")})
    base.build(keep_snapshots=1)
    assert older.search("What is the rule for refunds?", (), 5).chunks[0].text.endswith("is 0.")


def test_two_builds_at_once_do_not_mix(base: _Base, tmp_path: Path, embedder: OnnxEmbedder) -> None:
    base.write({str(number): _page(number) for number in range(3)})
    refused: list[str] = []

    def while_another_builds(_done: int, _total: int) -> None:
        if not refused:
            with pytest.raises(BuildRunningError) as error:
                build(
                    [base.documents], tmp_path / "other", embedder, BuildRules(tables=PgvectorSnapshots(base.database))
                )
            refused.append(str(error.value))

    build([base.documents], base.data, embedder, BuildRules(tables=base.tables), while_another_builds)
    assert "another build of the index in this database is running" in refused[0]


def test_a_build_that_is_stopped_leaves_the_snapshot_before_it(base: _Base, embedder: OnnxEmbedder) -> None:
    base.write({"0": _page(0)})
    first = base.build().snapshot
    base.write({str(number): _page(number, rule="other") for number in range(4)})

    def stop(done: int, _total: int) -> None:
        if done:
            raise BuildStoppedError("stopped")

    with pytest.raises(BuildStoppedError):
        build([base.documents], base.data, embedder, BuildRules(tables=base.tables), stop)
    found = base.retriever().search("What is the rule for refunds?", (), 20)
    assert (found.snapshot, [chunk.document_id for chunk in found.chunks]) == (first, ["0.md"])
    assert base.build().chunks == 4


def test_the_index_moves_between_files_and_database_and_back(base: _Base) -> None:
    base.write({str(number): _page(number) for number in range(6)})
    kinds, retriever = [], base.retriever()
    for tables in (None, base.tables, None):
        coverage = base.build(tables=tables, only_changes=True)
        found = retriever.search("What is the rule for refunds?", (), 3)
        kinds.append(
            (retriever.manifest().search.kind, coverage.reused, found.chunks[0].document_id[:-3] in {"0", "6"})
        )
    assert kinds == [("exact", 0, True), ("pgvector", 6, True), ("exact", 0, True)]
    SnapshotFolder(base.data).roll_back()
    assert retriever.manifest().search.kind == "pgvector"
    assert retriever.search("What is the rule for refunds?", (), 3).chunks[0].document_id == "0.md"
    without = LiveRetriever(base.data, base.embedder)
    with pytest.raises(IndexUnavailableError, match=r"set index.vectors to pgvector, or build the index again"):
        without.search("What is the rule for refunds?", (), 3)


def test_a_replica_holds_no_vector_token_or_text(base: _Base) -> None:
    base.write({"0": "# Refunds\n\nThe zebra clause applies within thirty days.\n"})
    base.build()
    path, _ = SnapshotFolder(base.data).newest_intact()
    held = {file.name: file.read_bytes() for file in path.iterdir()}
    assert {name for name in held if name.startswith(("vector", "token"))} == set()
    assert [name for name, content in held.items() if b"zebra clause applies" in content] == []


class _Remembering:
    """An encoder that gives a question the same vectors each time: beside others the model rounds otherwise."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self.name, self._embedder = embedder.name, embedder
        self._encoded: dict[str, Encoded] = {}

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        for text in texts:
            if text not in self._encoded:
                self._encoded[text] = self._embedder.encode([text])[0]
        return [self._encoded[text] for text in texts]


def test_searches_side_by_side_find_what_they_find_alone(base: _Base, embedder: OnnxEmbedder) -> None:
    base.write({str(number): _page(number, frozenset({_GROUPS[number % 3]})) for number in range(60)})
    base.build()
    questions = [
        (f"What is the rule for {topic} {n}?", {group}, 5) for topic in _TOPICS for n, group in enumerate(_GROUPS)
    ]
    encoder = _Remembering(embedder)
    snapshot = SnapshotFolder(base.data).newest_intact()
    alone = [_ids(SnapshotSearch(*snapshot, encoder, database=base.tables).search(*asked)) for asked in questions]
    shared = SnapshotSearch(*snapshot, encoder, database=base.tables)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda asked: _ids(shared.search(*asked)), questions * 5))
    assert together == alone * 5


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    if problem := missing():
        pytest.skip(problem)
    with postgres() as server:
        yield server


async def test_a_database_that_is_away_is_said_and_comes_back_by_itself(
    own_server: PostgresServer, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    base = _Base(tmp_path, own_server.url, embedder)
    base.write({str(number): _page(number) for number in range(6)})
    base.build()
    retriever = base.retriever()
    search: Callable[[], Retrieval] = lambda: retriever.search("What is the rule for refunds?", (), 3)  # noqa: E731
    before = search()
    own_server.stop()
    with pytest.raises(IndexUnavailableError, match="the database of the index does not answer"):
        search()
    with pytest.raises(IndexUnavailableError, match="the database of the index"):
        base.build()
    own_server.start()
    found = await until(lambda: _found(search))
    assert found is not None
    assert found.chunks == before.chunks
    base.tables.close()


def test_a_restart_of_the_database_is_not_noticed(
    own_server: PostgresServer, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    base = _Base(tmp_path, own_server.url, embedder)
    base.write({str(number): _page(number) for number in range(6)})
    base.build()
    retriever = base.retriever()
    barrier = threading.Barrier(4)

    def ask(number: int) -> list[str]:
        barrier.wait(30)
        return _ids(retriever.search(f"What is the rule for refunds {number}?", (), 3))

    with ThreadPoolExecutor(4) as pool:
        before = list(pool.map(ask, range(4)))
        own_server.stop()
        own_server.start()
        assert list(pool.map(ask, range(4, 8))) != []
        assert list(pool.map(ask, range(4))) == before
    base.tables.close()


def _found(search: Callable[[], Retrieval]) -> Retrieval | None:
    try:
        return search()
    except IndexUnavailableError:
        return None


def test_characters_that_postgresql_does_not_take_keep_no_document_out(base: _Base) -> None:
    base.write({"0": '---\ntitle: "Refunds \\0 here"\n---\n# Paid\n\nThey are paid at once.\n'})
    base.build()
    assert [chunk.title for chunk in base.retriever().chunks_of("0.md")] == ["Refunds \0 here"]


def test_a_reader_of_a_few_far_chunks_gets_all_of_them_although_the_index_ends_before_it_meets_them(
    postgres_url: str,
) -> None:
    rng = np.random.default_rng(5)
    near, far = np.eye(1, _DIMENSIONS, dtype=np.float32)[0], np.eye(2, _DIMENSIONS, dtype=np.float32)[1]
    noise = (0.05 * rng.standard_normal((_MANY, _DIMENSIONS))).astype(np.float32)
    vectors = np.where(np.arange(_MANY)[:, None] < _MANY - 20, near, far) + noise
    database = Database(postgres_url)
    with database.connected() as connection:
        space = space_of(connection, "by hand", _DIMENSIONS)
        with connection.cursor() as cursor:
            cursor.executemany(
                space.sql("INSERT INTO {vectors} VALUES (%s, %s, %s)"),
                [(n + 1, ["leads" if n >= _MANY - 20 else "everyone"], HalfVector(v)) for n, v in enumerate(vectors)],
            )
        sending.finish(connection, space)
        connection.execute("INSERT INTO citedesk_index.snapshots (space, chunks) VALUES (%s, 0)", (space.number,))
    generation = Generation(generation=1, space=space.number, dimensions=_DIMENSIONS)
    rows = RowIds(np.arange(1, _MANY + 1), np.arange(_MANY, dtype=np.int32))
    search = PgvectorCandidates(database, generation, Contents(database, generation, rows), _ALWAYS_WALK)
    readable = Readable.of(np.arange(_MANY) >= _MANY - 20, frozenset({"leads"}))
    # Everyone may read the others, but the snapshot's own tables say no.
    assert sorted(search.near(near, readable, 40).tolist()) == list(range(_MANY - 20, _MANY))
    database.close()
