"""The small parts of retrieval: shared runs of the model, windows of a chunk, words, calibration."""

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.snapshots import Passage, searching_by_hand

from index.ann import SearchRules, VectorSearch, write_vectors
from index.bm25 import Words, largest_rarity, write_words
from index.chunks import Chunk
from index.embedding.model import Vectors, _MicroBatcher
from index.embedding.runtime import batches
from index.excerpts import best_window
from index.features import evidence, names, stability, titled
from index.late_interaction import HEADING, ChunkTokens, TokenStore, write_tokens
from index.postings import total_scores
from index.readable import Readable
from index.retrieval import Features, VectorIndex
from index.stemming import stem, without_ending
from index.sufficiency import (
    CALIBRATION,
    SHIPPED,
    Calibration,
    abstain_threshold,
    answer_threshold,
    fit,
    load_calibration,
    risk_curve,
)
from index.terms import question_terms
from index.vector_codes import ByteVectors, token_codes, token_products


def test_who_waits_while_the_model_runs_is_served_by_one_run_together() -> None:
    began, go_on, runs = threading.Event(), threading.Event(), list[int]()

    def run(texts: Sequence[str]) -> list[tuple[Any, ...]]:
        runs.append(len(texts))
        began.set()
        assert go_on.wait(10)
        return [(text.upper(),) for text in texts]

    shared, results = _MicroBatcher(run), dict[int, list[tuple[Any, ...]]]()
    first = threading.Thread(target=lambda: results.setdefault(0, shared(["a"])))
    first.start()
    assert began.wait(10)
    others = [
        threading.Thread(target=lambda n=n: results.setdefault(n, shared([f"b{n}", f"c{n}"]))) for n in range(1, 9)
    ]
    for thread in others:
        thread.start()
    end = time.monotonic() + 10
    while len(shared._waiting) < 8:
        assert time.monotonic() < end
        # The threads tell nobody when they wait.
        time.sleep(0.001)
    go_on.set()
    for thread in [first, *others]:
        thread.join()
    assert runs == [1, 16]
    assert results == {0: [("A",)]} | {n: [(f"B{n}",), (f"C{n}",)] for n in range(1, 9)}


def test_an_error_of_a_shared_run_reaches_its_caller_and_the_next_run_is_fine() -> None:
    errors = [ValueError("no")]

    def run(_texts: Sequence[str]) -> list[tuple[Any, ...]]:
        if errors:
            raise errors.pop()
        return [("fine",)]

    shared = _MicroBatcher(run)
    with pytest.raises(ValueError, match="no"):
        shared(["a"])
    assert shared(["a"]) == [("fine",)]


def test_a_run_holds_texts_of_like_length_and_no_more_than_its_tokens() -> None:
    lengths = [10, 500, 12, 9, 510, 200, 210]
    found = list(batches(lengths))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    assert found == [[3, 0, 2], [5, 6], [1], [4]]
    assert list(batches([])) == []


def test_a_window_is_the_best_part_and_what_fits_beside_it() -> None:
    parts = ["First one. ", "Second one. ", "The answer. ", "After it. "]
    scores = [0.1, 0.2, 0.9, 0.3]
    assert best_window(parts, scores, 5) == "The answer. "
    assert best_window(parts, scores, 25) == "The answer. After it. "
    assert best_window(parts, scores, 100) == "".join(parts)


def test_tokens_of_a_question_find_the_best_of_every_chunk_and_of_every_piece(tmp_path: Path) -> None:
    rng, width = np.random.default_rng(2), 16
    # Of the three chunks one is longer than a block, and one has no heading and a piece without words.
    pieces = [[HEADING, 0, 0, 1], [HEADING, *[n // 100 for n in range(600)]], [0, 2, 2]]
    chunks = [
        ChunkTokens(rng.integers(0, 256, (len(of), width // 4), dtype=np.uint8), np.array(of, dtype=np.uint8))
        for of in pieces
    ]
    write_tokens(tmp_path, chunks, len(chunks))
    question = rng.standard_normal((5, width), dtype=np.float32)
    found = TokenStore(tmp_path).similarities(question, [2, 0, 1])
    weights = rng.random(5, dtype=np.float32)
    for place, chunk in enumerate((chunks[2], chunks[0], chunks[1])):
        values = np.array([-1, -3, 1, 3])[
            [[byte >> at & 3 for byte in row for at in (6, 4, 2, 0)] for row in chunk.codes]
        ]
        near = values / np.linalg.norm(values, axis=1, keepdims=True) @ question.T
        np.testing.assert_allclose(found.by_chunk[place], near.max(axis=0), rtol=1e-4, atol=1e-4)
        expected = [
            max(0.0, float(near[chunk.pieces == piece].max(axis=0) @ weights)) if piece in chunk.pieces else 0.0
            for piece in range(7)
        ]
        np.testing.assert_allclose(found.piece_scores(place, weights, 7), expected, rtol=1e-4, atol=1e-4)


def test_documents_without_a_word_have_no_postings_and_score_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as tables:
        write_words(tmp_path, tables, [Chunk("c1", "no.md", ("🚫",), "🚫")])
        words = Words(tmp_path, tables, 1)
        assert total_scores([words.posting("invoice", None)], np.array([0])).tolist() == [0.0]


def test_vectors_in_bytes_give_the_same_cosines_and_neighbours(tmp_path: Path) -> None:
    vectors = _unit(np.random.default_rng(3).standard_normal((400, 64), dtype=np.float32))
    coded = ByteVectors.empty(400, 64)
    for row, vector in enumerate(vectors):
        coded.put(row, vector)
    write_vectors(tmp_path, coded, SearchRules(), lambda: vectors)
    search = VectorSearch(tmp_path, VectorIndex(), SearchRules())
    rows = np.array([3, 7, 399])
    np.testing.assert_allclose(search.cosines(vectors[5], rows), vectors[rows] @ vectors[5], atol=0.002)
    np.testing.assert_allclose(search.vectors(rows), vectors[rows], atol=0.002)
    near = search.near(vectors[5], Readable.of(np.arange(400) % 5 == 0), 3)
    assert near[0] == 5
    assert set(near.tolist()) <= set(range(0, 400, 5))


def test_a_token_has_the_code_that_is_nearest_to_it() -> None:
    tokens = _unit(np.random.default_rng(4).standard_normal((50, 4), dtype=np.float32))
    values = np.array([-1, -3, 1, 3])
    every = np.stack([values[np.arange(256) >> at & 3] for at in (6, 4, 2, 0)], axis=1)
    cosines = tokens @ _unit(every.astype(np.float32)).T
    found = token_products(token_codes(tokens), tokens)[np.arange(50), np.arange(50)]
    np.testing.assert_allclose(found, cosines.max(axis=1), rtol=1e-5)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def test_a_question_of_function_words_alone_keeps_them() -> None:
    assert question_terms("How do I change the plan, the PLAN?") == ("change", "plan")
    assert question_terms("how do I") == ("how", "do", "i")
    assert stem("Invoices") == stem("invoice")
    assert stem("Zürich") == stem("zurich")
    assert largest_rarity(1000) > largest_rarity(10) > 0


def test_threads_that_stem_at_the_same_time_do_not_mix_their_words() -> None:
    words = [f"{first}{ending}" for first in ("invoic", "reminder", "plan") for ending in ("e", "es", "ed", "ing", "s")]
    many = [word * repeat for word in words for repeat in range(1, 40)]
    alone = [without_ending(word) for word in many]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: [without_ending(word) for word in many], range(8))) == [alone] * 8


def _questions(count: int) -> tuple[list[Features], list[bool]]:
    rng, truth = np.random.default_rng(1), [n % 3 > 0 for n in range(count)]
    means = [(1.0, 0.9) if answerable else (0.2, 0.6) for answerable in truth]
    return [Features(rng.normal(a, 0.4), rng.normal(b, 0.2), 0.0) for a, b in means], truth


def test_a_fit_tells_the_kinds_apart_and_keeps_its_two_rates() -> None:
    features, truth = _questions(300)
    fitted = fit(features, truth, missed_rate=0.05, wrong_rate=0.05)
    likely = np.array([fitted.probability(item) for item in features])
    assert np.mean(likely[truth][:, None] > likely[~np.array(truth)]) > 0.95
    at_lower = next(point for point in fitted.curve if point.threshold == fitted.abstain_below)
    at_upper = next(point for point in fitted.curve if point.threshold == fitted.answer_from)
    assert at_lower.answerable_passed >= 0.95
    assert at_upper.unanswerable_passed <= 0.05
    assert all(a.answerable_passed >= b.answerable_passed for a, b in zip(fitted.curve, fitted.curve[1:], strict=False))


def test_few_questions_move_the_shipped_weights_little_and_too_few_not_at_all() -> None:
    features, truth = _questions(20)
    distances = [
        np.abs(np.subtract(fit(features[:n] * k, truth[:n] * k, 0.05, 0.05).weights, SHIPPED.weights)).max()
        for n, k in ((20, 1), (20, 20))
    ]
    assert distances[0] < distances[1]
    with pytest.raises(ValueError, match="at least 5"):
        fit(features[:6], truth[:6], 0.05, 0.05)


def test_a_calibration_is_stored_and_read_under_the_names_that_every_snapshot_has() -> None:
    stored = json.loads(SHIPPED.model_dump_json())
    assert {"floor", "sure"} <= stored.keys()
    assert not {"abstain_below", "answer_from"} & stored.keys()
    old = Calibration.model_validate_json(json.dumps(stored | {"floor": 0.25, "sure": 0.75}))
    assert (old.abstain_below, old.answer_from) == (0.25, 0.75)


def test_a_calibration_that_was_fitted_to_other_features_gives_way_to_the_shipped_one(tmp_path: Path) -> None:
    own = SHIPPED.model_copy(update={"abstain_below": 0.4})
    (tmp_path / CALIBRATION).write_text(own.model_dump_json(), encoding="utf-8")
    assert load_calibration(tmp_path) == own
    old = {"weights": [0.75, 0.95, 0.3, 0.0], "bias": -5.5, "floor": 0.4, "sure": 0.9, "questions": 60}
    (tmp_path / CALIBRATION).write_text(json.dumps(old), encoding="utf-8")
    assert load_calibration(tmp_path) == SHIPPED


def test_features_that_are_newer_than_a_calibration_have_their_shipped_weights(tmp_path: Path) -> None:
    own = SHIPPED.model_copy(update={"weights": tuple(2 * weight for weight in SHIPPED.weights)})
    stored = json.loads(own.model_dump_json())
    older = stored | {"features": stored["features"][:2], "weights": stored["weights"][:2]}
    (tmp_path / CALIBRATION).write_text(json.dumps(older), encoding="utf-8")
    read = load_calibration(tmp_path)
    assert read.weights == (*own.weights[:2], *SHIPPED.weights[2:])
    swapped = older | {"features": older["features"][::-1]}
    (tmp_path / CALIBRATION).write_text(json.dumps(swapped), encoding="utf-8")
    assert load_calibration(tmp_path) == SHIPPED


def test_evidence_grows_with_each_matched_word_and_falls_with_each_unmatched_one() -> None:
    def of(*matches: float) -> float:
        return evidence(np.array(matches, dtype=np.float32), np.ones(len(matches), dtype=np.float32), 1.0)

    assert of(0.9, 0.9) > of(0.9) > 0 > of(0.1)
    assert of(0.9, 0.1) < of(0.9)


def test_stability_is_the_share_of_words_without_which_the_best_document_stays_the_best() -> None:
    documents, weights, words = np.array([1, 2, 2], dtype=np.int32), np.ones(3, dtype=np.float32), np.array([0, 1, 2])
    others = np.zeros(3, dtype=np.float32)
    # Without the first word, document 2 is better than document 1.
    matches = np.array([[1.0, 0.5, 0.5], [0.2, 0.6, 0.6], [0.1, 0.1, 0.1]], dtype=np.float32)
    assert stability(documents, matches, others, weights, words) == pytest.approx(2 / 3)
    assert stability(documents, matches, others, weights, np.array([0, 0, 1])) == pytest.approx(1 / 2)
    assert stability(np.array([1, 1, 1], dtype=np.int32), matches, others, weights, words) == 1
    # A question of one word: the share of the best three candidates that are in the document of the best one, 1.
    assert stability(documents, matches, others, weights, np.array([0, 0, 0])) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Does it work with Okta? Can Bob use IPv6", ["okta", "bob", "ipv6"]),
        ("How many of the 2 plans (Team, Pro) are free", ["2", "team", "pro"]),
        ("HELP, ERROR 404", ["404"]),
        ("how do i export csv", []),
        ('"Export" is gone.\nWhere is it?', []),
    ],
)
def test_names_are_capitals_inside_a_sentence_and_words_with_digits(question: str, found: list[str]) -> None:
    assert names(question) == found


@pytest.mark.parametrize(("question", "missing"), [("Can we log in with Okta?", 0), ("Can we log in with Google?", 1)])
def test_a_name_is_missing_if_the_best_chunk_does_not_hold_it(question: str, missing: int, tmp_path: Path) -> None:
    passages = [Passage("a", "Log in with Okta.", 0.9), Passage("b", "Google finds public pages.", 0.3, match=0.2)]
    search = searching_by_hand(tmp_path, passages)
    assert search.search(question, (), 2).features.missing_name == missing


def test_thresholds_are_read_off_the_curve() -> None:
    curve = risk_curve(np.array([0.9, 0.8, 0.3, 0.6, 0.1]), np.array([True, True, True, False, False]))
    assert answer_threshold(curve, 0.0) == pytest.approx(0.6)
    assert answer_threshold(curve, 0.5) == pytest.approx(0.1)
    assert abstain_threshold(curve, 0.0) == pytest.approx(0.3)
    assert abstain_threshold(curve, 0.34) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("words", "title", "is_title"),
    [
        (("delete", "site"), "Deleting a site", True),
        (("delete", "sites", "goal"), "Deleting a site", False),
        (("bounce", "rate", "mean"), "Bounce rate", True),
        (("notifications", "work"), "Notifications", False),
        (("notifications",), "Notifications", False),
        ((), "Notifications", False),
    ],
)
def test_a_question_is_a_title_if_the_title_holds_all_its_words(
    words: tuple[str, ...],
    title: str,
    is_title: bool,  # noqa: FBT001
) -> None:
    assert titled(words, title) == is_title
