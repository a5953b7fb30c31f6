"""What decides the order of a search result, one rule at a time, on snapshots whose every number is given."""

from pathlib import Path

import pytest
from support.snapshots import Passage, searching_by_hand

_SAID = "The owner of the team gets every invoice as a file by mail on the first day of the next month without fail."


def _found(folder: Path, passages: list[Passage], limit: int = 10) -> list[str]:
    # No passage holds a word of the question, so that vectors and tokens alone decide.
    return [chunk.text for chunk in searching_by_hand(folder, passages).search("quux", (), limit).chunks]


def test_a_chunk_ranks_higher_if_another_chunk_of_its_document_matches_well(tmp_path: Path) -> None:
    passages = [
        Passage("plans.md", "The best answer.", 0.9, aside=1),
        Passage("plans.md", "Beside the best answer.", 0.5, match=-1.0, aside=2),
        Passage("other.md", "A little nearer, elsewhere.", 0.55, match=-1.0, aside=3),
    ]
    assert _found(tmp_path, passages) == ["The best answer.", "Beside the best answer.", "A little nearer, elsewhere."]


def test_the_document_counts_less_than_the_chunk_itself(tmp_path: Path) -> None:
    passages = [
        Passage("plans.md", "The best answer.", 0.9, aside=1),
        Passage("plans.md", "Far from the question.", 0.1, match=-1.0, aside=2),
        Passage("other.md", "Near the question.", 0.8, match=0.47, aside=3),
    ]
    assert _found(tmp_path, passages) == ["The best answer.", "Near the question.", "Far from the question."]


def test_a_chunk_that_says_the_same_as_a_better_one_is_left_out_and_the_next_one_takes_its_place(
    tmp_path: Path,
) -> None:
    passages = [
        Passage("a.md", _SAID, 0.9),
        Passage("b.md", _SAID.replace("without fail", "without fault"), 0.899),
        Passage("c.md", "Something else about invoices.", 0.5, aside=2),
    ]
    assert _found(tmp_path, passages, limit=2) == [_SAID, "Something else about invoices."]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Passage("b.md", _SAID.replace("without fail", "without 30"), 0.899), id="another number"),
        pytest.param(Passage("b.md", f"{_SAID} Guests get none of them, nor do leads.", 0.899), id="other words"),
        pytest.param(Passage("b.md", _SAID, 0.899, aside=2), id="another vector"),
        pytest.param(Passage("b.md", _SAID, 0.85), id="another score"),
    ],
)
def test_a_chunk_that_differs_in_numbers_words_vector_or_score_is_kept(other: Passage, tmp_path: Path) -> None:
    assert _found(tmp_path, [Passage("a.md", _SAID, 0.9), other]) == [_SAID, other.text]
