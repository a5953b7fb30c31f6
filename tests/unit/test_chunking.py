import re

import pytest

from index.chunking import chunk_document
from index.chunks import embedding_text
from index.reading.documents import Document


def _words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def _document(text: str, title: str = "Guide") -> Document:
    return Document("guide.md", title, None, frozenset({"everyone"}), text)


def test_a_chunk_knows_its_heading_path() -> None:
    text = "# Guide\n\nIntro here.\n\n## Set up\n\nDo this.\n\n### On Linux\n\nDo that.\n\n## Use\n\nRun it.\n"
    chunks = chunk_document(_document(text), _words, 60)
    assert [(c.heading_path, c.text) for c in chunks] == [
        (("Guide",), "Intro here."),
        (("Guide", "Set up"), "Do this."),
        (("Guide", "Set up", "On Linux"), "Do that."),
        (("Guide", "Use"), "Run it."),
    ]


@pytest.mark.parametrize("limit", [24, 40, 80])
def test_no_chunk_exceeds_the_limit_with_its_headings(limit: int) -> None:
    text = "## Part\n\n" + "One sentence follows another here. " * 50 + "\n\n" + "x" * 900
    for chunk in chunk_document(_document(text), _words, limit):
        assert _words(embedding_text(chunk.heading_path, chunk.text)) <= limit


def test_list_items_and_code_blocks_stay_whole_when_they_fit() -> None:
    items = "\n".join(f"{n}. Step number {n} says to press the key {n}" for n in range(1, 13))
    code = "```\nfirst = 1\n\nsecond = 2\n```"
    chunks = chunk_document(_document(f"{items}\n\nThen:\n\n{code}\n"), _words, 40)
    assert len(chunks) > 3
    for n in range(1, 13):
        assert any(f"{n}. Step number {n} says to press the key {n}" in c.text for c in chunks)
    assert any(code in c.text for c in chunks)


def test_a_heading_inside_a_code_block_is_no_heading() -> None:
    (chunk,) = chunk_document(_document("```\n# not a heading\n```\n"), _words, 40)
    assert chunk.heading_path == ("Guide",)


def test_every_word_of_a_document_is_in_some_chunk_in_order() -> None:
    blocks = ("# Guide", "Alpha beta.", "- gamma delta\n  - epsilon\n- zeta", "> eta theta")
    text = "\n\n".join((*blocks, "| a | b |\n| - | - |\n| iota | kappa |\n"))
    joined = " ".join(c.text for c in chunk_document(_document(text), _words, 12))
    words = ["Alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    assert [w for w in re.findall(r"\w+", joined) if w in words] == words


def test_chunk_ids_are_stable_and_distinct() -> None:
    text = "## A\n\nSame text.\n\n## B\n\nSame text.\n\n## A\n\nSame text.\n"
    first, again = chunk_document(_document(text), _words, 40), chunk_document(_document(text), _words, 40)
    assert [c.chunk_id for c in first] == [c.chunk_id for c in again]
    assert len({c.chunk_id for c in first}) == 3


def test_links_are_embedded_by_their_words() -> None:
    assert embedding_text(("Guide",), "See [the page](https://x.example/y).") == "Guide\nSee the page."


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("word\n", ["word"]),
        ("# Only a heading\n", ["Only a heading"]),
        ("\n\n\nword", ["word"]),
        ("\t\n* \n* a\n", ["* \n* a"]),
        ("a" * 5000, ["a" * 5000]),
    ],
)
def test_odd_documents_give_their_words_as_chunks(text: str, chunks: list[str]) -> None:
    assert [chunk.text for chunk in chunk_document(_document(text), _words, 40)] == chunks
