"""Tables, lists and headings that are longer than a chunk, or hold nothing."""

import re
import time

import pytest

from index.chunking import chunk_document
from index.chunks import Chunk, embedding_text
from index.reading.documents import Document


def _words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def _chunks(text: str, limit: int = 60, title: str = "Guide") -> tuple[Chunk, ...]:
    return chunk_document(Document("guide.md", title, None, frozenset({"everyone"}), text), _words, limit)


def _table(rows: int) -> str:
    lines = [f"| E-{n} | fan {n} blocked | clean filter {n} |" for n in range(rows)]
    return "\n".join(["| Code | Meaning | What to do |", "| --- | --- | --- |", *lines])


@pytest.mark.parametrize("limit", [40, 60, 100])
def test_a_table_goes_on_with_its_header_in_every_chunk(limit: int) -> None:
    chunks = _chunks(f"Before.\n\n{_table(50)}\n\nAfter.", limit)
    with_rows = [chunk for chunk in chunks if "| E-" in chunk.text]
    assert len(with_rows) > 5
    assert all("| Code | Meaning | What to do |\n| --- | --- | --- |\n| E-" in chunk.text for chunk in with_rows)
    assert [int(n) for chunk in chunks for n in re.findall(r"E-(\d+)", chunk.text)] == list(range(50))
    assert all(_words(embedding_text(chunk.heading_path, chunk.text)) <= limit for chunk in chunks)


def test_a_table_without_outer_bars_goes_on_with_its_header_too() -> None:
    rows = "\n".join(f"E-{n} | fan {n} blocked" for n in range(40))
    chunks = _chunks(f"Code | Meaning\n--- | ---\n{rows}")
    assert all(chunk.text.startswith("Code | Meaning\n--- | ---\nE-") for chunk in chunks)


def test_a_table_that_fits_stays_whole() -> None:
    (chunk,) = _chunks(_table(3), 100)
    assert chunk.text == _table(3)


def test_a_row_that_is_longer_than_a_chunk_is_cut_with_the_names_of_its_columns() -> None:
    long = " ".join(f"word{n}" for n in range(120))
    rows = f"| E-1 | short | a |\n| E-2 | fan | {long} |\n| E-3 | x | b |"
    text = f"| Code | Meaning | What to do |\n| --- | --- | --- |\n{rows}"
    chunks = _chunks(text)
    assert all(_words(embedding_text(chunk.heading_path, chunk.text)) <= 60 for chunk in chunks)
    held = [chunk.text for chunk in chunks if "word" in chunk.text]
    assert len(held) > 2
    assert all(line.startswith("- Code: E-2; ") for part in held for line in part.splitlines() if "word" in line)
    assert all("What to do: " in line for part in held for line in part.splitlines() if "word" in line)
    assert [n for part in held for n in re.findall(r"word(\d+)", part)] == [str(n) for n in range(120)]
    assert any("| Code | Meaning | What to do |\n| --- | --- | --- |\n| E-3 | x | b |" in c.text for c in chunks)


def test_a_table_with_more_columns_than_a_chunk_holds_becomes_named_values() -> None:
    names = [f"Name {n}" for n in range(60)]
    lines = [names, ["---"] * 60, [f"value {n}" for n in range(60)]]
    chunks = _chunks("\n".join(f"| {' | '.join(line)} |" for line in lines))
    assert all(_words(embedding_text(chunk.heading_path, chunk.text)) <= 60 for chunk in chunks)
    found = " ".join(chunk.text for chunk in chunks)
    assert all(f"Name {n}: value {n}" in found for n in range(60))


def test_the_pieces_of_a_long_item_begin_with_the_items_they_are_part_of() -> None:
    items = "\n".join(f"    - district {n} is open on day {n}" for n in range(30))
    chunks = _chunks(f"- Austria\n  - Vienna\n{items}\n- Italy")
    assert len(chunks) > 3
    assert all(chunk.text.startswith("- Austria\n  - Vienna\n") for chunk in chunks)
    assert [int(n) for chunk in chunks for n in re.findall(r"district (\d+)", chunk.text)] == list(range(30))


def test_a_paragraph_that_announces_a_list_is_in_the_chunk_of_the_list() -> None:
    filling = "It is grey and stands in the hall near the door. " * 4 + "It is old and grey."
    items = "\n".join(f"- step number {n}" for n in range(5))
    chunks = _chunks(f"{filling}\n\nDo this:\n\n{items}")
    assert [chunk.text.startswith("Do this:\n\n- step number 0") for chunk in chunks] == [False, True]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("# Guide\n\n## Opening hours\n\n### Closed on Sundays\n\n## Prices\n\nFree.", "Closed on Sundays"),
        ("# Guide\n\nText.\n\n## Closed on Sundays", "Closed on Sundays"),
        ("# Guide\n\n## 24/7 support\n\n## Free shipping\n\n## 30 days return", "Free shipping"),
        ("## Part of a guide\n\n### Deep\n\ntext", "Part of a guide"),
        ("# Guide\n\n# Another title\n\n# Third\n\ntext", "Another title"),
    ],
)
def test_a_heading_without_text_is_found(text: str, held: str) -> None:
    assert any(held in embedding_text(chunk.heading_path, chunk.text) for chunk in _chunks(text))


def test_headings_without_text_are_text_of_the_section_above_them() -> None:
    (chunk,) = _chunks("# Guide\n\n## Offers\n\nWe have:\n\n### 24/7 support\n\n### Free shipping\n")
    assert chunk.heading_path == ("Guide", "Offers")
    assert chunk.text == "We have:\n\n24/7 support\n\nFree shipping"


def test_no_word_of_a_long_heading_is_lost() -> None:
    heading = " ".join(f"word{n}" for n in range(80))
    chunks = _chunks(f"## {heading}\n\nText.\n\n## Next\n\nMore.")
    assert all(any(f"word{n}" in chunk.text for chunk in chunks) for n in range(80))
    assert chunks[0].heading_path[1].startswith("word0 word1")


def test_a_deep_path_is_shortened_evenly() -> None:
    names = [f"Part {n} about the long story of number {n}" for n in range(6)]
    text = "\n\n".join(f"{'#' * (n + 1)} {name}" for n, name in enumerate(names)) + "\n\nText."
    chunk = _chunks(text, 100, "T")[-1]
    assert [name.split()[:2] for name in chunk.heading_path[1:]] == [["Part", str(n)] for n in range(6)]
    assert _words(embedding_text(chunk.heading_path, "")) <= 25


@pytest.mark.parametrize("text", ["a" * 100_000, "| a | b |\n| - | - |\n| " + "x" * 50_000 + " | 1 |", "`" * 20_000])
def test_a_chunk_has_a_limit_in_characters(text: str) -> None:
    assert max(len(chunk.text) for chunk in _chunks(text)) <= 8_000


@pytest.mark.parametrize(
    "text", ["a\n" + "\n" * 40_000 + "b", "- a\n" + " \n" * 40_000 + "  b", "a" + "\n\r" * 20_000 + "b"]
)
def test_runs_of_blank_lines_are_shortened(text: str) -> None:
    begun = time.process_time()
    assert sum(len(chunk.text) for chunk in _chunks(text)) < 20
    assert time.process_time() - begun < 2
