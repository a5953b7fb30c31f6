"""Scores of words: by windows of the rows the same as with one array of all, and without memory that grows with it."""

import tracemalloc

import numpy as np
import pytest

from index.postings import Posting, best_rows, held, total_scores
from index.readable import Readable

_CHUNKS = 200_000
# One array of all scores takes 0.8 MB with 200,000 chunks, 20 MB with 5 million.
_RARE_BYTES, _COMMON_BYTES = 600_000, 4_000_000


def _posting(rng: np.random.Generator, count: int, chunks: int = _CHUNKS) -> Posting:
    rows = np.sort(rng.choice(chunks, count, replace=False)).astype(np.int32)
    return Posting(rows, rng.random(count, dtype=np.float32) + np.float32(0.1), float(rng.random() + 1))


def _all_scores(postings: list[Posting], chunks: int = _CHUNKS) -> np.ndarray:
    scores = np.zeros(chunks, dtype=np.float32)
    for posting in postings:
        scores[posting.rows] += posting.weights * posting.factor
    return scores


@pytest.mark.parametrize("sizes", [(), (1,), (30, 7), (60_000, 3), (60_000, 40_000, 500, 1)])
def test_the_best_rows_are_those_that_an_array_of_all_scores_gives(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(sizes))
    postings = [_posting(rng, size) for size in sizes]
    scores = _all_scores(postings)
    order = np.argsort(-scores, kind="stable")[:40]
    assert best_rows(postings, 40).tolist() == order[scores[order] > 0].tolist()
    rows = rng.integers(0, _CHUNKS, 100)
    np.testing.assert_array_equal(total_scores(postings, rows), scores[rows])


def test_of_rows_with_the_same_score_the_first_come_first() -> None:
    rows = np.arange(0, _CHUNKS, 2, dtype=np.int32)
    posting = Posting(rows, np.ones(len(rows), dtype=np.float32), 1.0)
    assert best_rows([posting], 5).tolist() == [0, 2, 4, 6, 8]


def test_the_share_of_the_words_counts_those_that_a_row_holds() -> None:
    first, second = (
        Posting(np.array(rows, dtype=np.int32), np.ones(2, dtype=np.float32), 2.0) for rows in ([1, 5], [5, 9])
    )
    assert held([first, second], np.array([0, 1, 5, 9]), 1.0).tolist() == [0.0, 0.5, 1.0, 0.5]
    assert held([], np.array([0, 1]), 1.0).tolist() == [0.0, 0.0]


def test_readable_chunks_are_the_same_by_bit_by_row_and_by_mask() -> None:
    for share in (0.0, 0.001, 0.5, 1.0):
        mask = np.random.default_rng(5).random(12_345) < share
        readable = Readable.of(mask)
        assert readable.rows.tolist() == np.flatnonzero(mask).tolist()
        assert readable.holds(np.arange(len(mask))).tolist() == mask.tolist()
        assert readable.count == mask.sum()


@pytest.mark.parametrize("chunks", [20_000, 200_000, 5_000_000])
def test_a_question_takes_as_little_memory_in_a_long_index_as_in_a_short_one(chunks: int) -> None:
    rng = np.random.default_rng(1)
    rare, common = _posting(rng, 50, chunks), _posting(rng, chunks // 4, chunks)
    near = rng.integers(0, chunks, 40)
    _peak([rare, common], near)
    assert _peak([rare], near) < _RARE_BYTES
    assert _peak([rare, common], near) < _COMMON_BYTES


def _peak(postings: list[Posting], near: np.ndarray) -> int:
    tracemalloc.start()
    try:
        rows = np.union1d(best_rows(postings, 40), near)
        total_scores(postings, rows)
        held(postings, rows, 1.0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
