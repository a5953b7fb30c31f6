"""Documents of several languages in one index, and words that are written together or apart."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.access import EVERYONE
from index.bm25 import Words
from index.builder import BuildRules, build
from index.chunk_table import ChunkRows, Scope
from index.embedding.model import OnnxEmbedder
from index.languages import document_language
from index.postings import Posting
from index.related_words import related
from index.retrieval import Manifest
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

_DATA = json.loads((Path(__file__).parents[1] / "fixtures" / "languages.json").read_text(encoding="utf-8"))
_FIRST_OF_40 = 36


def _built(folder: Path, pages: dict[str, str], embedder: OnnxEmbedder) -> tuple[Path, Manifest]:
    for name, text in pages.items():
        (folder / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "docs" / f"{name}.md").write_text(text, encoding="utf-8")
    build([folder / "docs"], folder / "data", embedder, BuildRules())
    return SnapshotFolder(folder / "data").newest_intact()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder) -> tuple[Path, Manifest]:
    return _built(tmp_path_factory.mktemp("languages"), _DATA["pages"], embedder)


def test_the_manifest_names_the_languages_of_the_documents(snapshot: tuple[Path, Manifest]) -> None:
    assert snapshot[1].languages == ("de", "es", "fr", "ja", "zh")


def test_questions_in_five_languages_find_their_page_first(
    snapshot: tuple[Path, Manifest], embedder: OnnxEmbedder
) -> None:
    search = SnapshotSearch(*snapshot, embedder)
    found = [search.search(question, (), 1).chunks[0].text for _, question, _ in _DATA["questions"]]
    first = [quote in text for text, (_, _, quote) in zip(found, _DATA["questions"], strict=True)]
    assert sum(first) >= _FIRST_OF_40


def _words(path: Path, manifest: Manifest) -> Words:
    return Words(path, ChunkRows(path).connection, manifest.chunk_count, manifest.languages)


def _headings(path: Path, postings: Sequence[Posting]) -> set[str]:
    chunks = ChunkRows(path)
    return {chunks.chunk(row).heading for posting in postings for row in posting.rows.tolist()}


@pytest.mark.parametrize(
    ("word", "heading"),
    [
        ("Lieferungen", "Versandkostenpauschale"),
        ("résilier", "Délai de résiliation"),
        ("facturacion", "Cambiar la dirección de facturación"),  # without its accent
        ("退款", "退款政策"),
    ],
)
def test_a_word_is_found_in_the_forms_of_every_language_of_the_documents(
    word: str, heading: str, snapshot: tuple[Path, Manifest]
) -> None:
    assert heading in _headings(snapshot[0], [_words(*snapshot).posting(word, None)])


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("Richtlinie?", "Rückerstattungsrichtlinie"),
        ("Kündigungen", "Kündigungsfrist"),
        ("Rechnungsversand", "Umsatzsteuer"),
    ],
)
def test_a_word_that_stands_only_in_compounds_is_found_and_a_compound_by_its_parts(
    question: str, heading: str, snapshot: tuple[Path, Manifest]
) -> None:
    assert heading in _headings(snapshot[0], related(_words(*snapshot), question, None).missing)


@pytest.mark.parametrize(("question", "text"), _DATA["compounds"])
def test_words_written_together_or_apart_are_found_either_way(
    question: str, text: str, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    pages = {"own": f"# Page\n\n## Own\n\n{text}\n", "other": "# Other\n\n## Elsewhere\n\nNothing of it.\n"}
    path, manifest = _built(tmp_path, pages, embedder)
    spellings = related(_words(path, manifest), question, None)
    assert _headings(path, [*spellings.held, *spellings.missing]) == {"Own"}


def _told(path: Path, manifest: Manifest, question: str) -> list[tuple[int, list[float], float]]:
    readable = ChunkRows(path).readable(Scope(frozenset({EVERYONE}), ()))
    words = _words(path, manifest)
    found = related(words, question, readable)
    postings = [words.posting("login", readable), words.posting("log", readable), *found.held, *found.missing]
    return [(len(posting.rows), posting.weights.tolist(), posting.rarity) for posting in postings]


def test_words_of_documents_that_a_reader_may_not_read_change_nothing(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    page = "# Start\n\nTo log in, press the button.\n"
    hidden = "---\naccess: leads\n---\n# Secret\n\nThe login of the chief.\n"
    before = _built(tmp_path / "a", {"start": page}, embedder)
    after = _built(tmp_path / "b", {"start": page, "secret": hidden}, embedder)
    for question in ("login", "log in", "Where is the login?"):
        assert _told(*before, question) == _told(*after, question)


def test_a_short_text_has_no_language() -> None:
    assert document_language(["2fa"]) == ""
    assert document_language([]) == ""
    assert document_language(["Die Rechnung wird am Ende des Monats an Ihre Adresse geschickt."]) == "de"
