"""How to join the two rankings: reciprocal ranks against a convex sum, over two real document sets.

usage: python tests/bench/fusion.py [DATA_DIR]     (default ../shared/data)
Prints hit@5, MRR@5 and hit@4000chars of the gold quote for each rule; index/search.py uses the best row.
"""

import json
import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import faiss

from bot.evaluation import EvalQuestion, read_questions
from index.builder import BuildRules, build
from index.embedding import SentenceTransformerEmbedder
from index.search import question_terms
from index.snapshot import CHUNKS, VECTORS, SnapshotFolder

Scores = dict[int, float]
_DEPTH = 60


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def reciprocal(dense: Scores, lexical: Scores, weight: float, k: int = 60) -> Scores:
    """Return the weighted sum of reciprocal ranks."""
    joined: Scores = {}
    for scores, share in ((dense, weight), (lexical, 1 - weight)):
        for rank, row in enumerate(sorted(scores, key=lambda r: -scores[r])):
            joined[row] = joined.get(row, 0.0) + share / (k + rank)
    return joined


def convex(dense: Scores, lexical: Scores, weight: float) -> Scores:
    """Return the weighted sum of the cosine and the lexical score scaled by its best."""
    best = max(lexical.values(), default=1.0) or 1.0
    return {
        row: weight * dense.get(row, 0.0) + (1 - weight) * lexical.get(row, 0.0) / best
        for row in dense.keys() | lexical.keys()
    }


RULES: dict[str, Callable[[Scores, Scores], Scores]] = {
    "dense only": lambda d, _: d,
    "lexical only": lambda _, lexical: lexical,
    **{f"reciprocal k=10 {w}": partial(reciprocal, weight=w, k=10) for w in (0.5, 0.7, 0.9)},
    **{f"reciprocal k=60 {w}": partial(reciprocal, weight=w) for w in (0.5, 0.7, 0.9)},
    **{f"convex {w}": partial(convex, weight=w) for w in (0.6, 0.7, 0.8, 0.9, 0.95)},
}


def measure(questions: Sequence[EvalQuestion], texts: Sequence[str], rankings: Sequence[list[int]]) -> str:
    """Return the three figures of one rule."""
    hits = reciprocal_ranks = contexts = 0.0
    for question, ranking in zip(questions, rankings, strict=True):
        gold = [_letters(quote) for quote in question.gold_quotes]
        found = [n for n, row in enumerate(ranking[:5], 1) if any(g in _letters(texts[row]) for g in gold)]
        hits += bool(found)
        reciprocal_ranks += 1 / found[0] if found else 0
        context = _letters(" ".join(texts[row] for row in ranking[:20])[:4000])
        contexts += any(g in context for g in gold)
    count = len(questions)
    return f"hit@5 {hits / count:.3f}  MRR@5 {reciprocal_ranks / count:.3f}  hit@4000chars {contexts / count:.3f}"


def main() -> None:
    """Print one line a rule and document set."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    if not data.is_dir():
        print(f"skipped: no documents in {data}")
        return
    embedder = SentenceTransformerEmbedder()
    for corpus in ("zulip", "xquad-dev"):
        with tempfile.TemporaryDirectory() as folder:
            build([data / corpus / "docs"], Path(folder), embedder, BuildRules())
            path, _ = SnapshotFolder(Path(folder)).newest_intact()
            questions = [q for q in read_questions(data / corpus / "questions.jsonl") if q.gold_quotes]
            _compare(corpus, path, questions, embedder)


def _compare(corpus: str, path: Path, questions: list[EvalQuestion], embedder: SentenceTransformerEmbedder) -> None:
    vectors = faiss.read_index(str(path / VECTORS))
    scores, rows = vectors.search(embedder.embed([q.question for q in questions]), _DEPTH)
    dense = [dict(zip(map(int, r), map(float, s), strict=True)) for r, s in zip(rows, scores, strict=True)]
    with closing(sqlite3.connect(path / CHUNKS)) as tables:
        texts = [text for (text,) in tables.execute("SELECT text FROM chunks ORDER BY id")]
        lexical = [_lexical(tables, question.question) for question in questions]
    for name, rule in RULES.items():
        joined = [rule(d, x) for d, x in zip(dense, lexical, strict=True)]
        rankings = [sorted(s, key=lambda row: (-s[row], row)) for s in joined]
        print(f"{corpus:10} {name:22} {measure(questions, texts, rankings)}")


def _lexical(tables: sqlite3.Connection, question: str) -> Scores:
    words = " OR ".join(json.dumps(term) for term in question_terms(question))
    return dict(
        tables.execute(
            "SELECT rowid, -bm25(chunk_words, 2.0, 1.5, 1.0) AS s FROM chunk_words WHERE chunk_words MATCH ? "
            "ORDER BY s DESC LIMIT 60",
            (words,),
        ).fetchall()
    )


if __name__ == "__main__":
    main()
