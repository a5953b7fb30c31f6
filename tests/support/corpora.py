"""The question sets that retrieval is measured on, and how."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluation.questions import EvalQuestion, read_questions
from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder
from index.excerpts import EXCERPTS, ExcerptRules
from index.retrieval import Retrieval
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

REPOSITORY = Path(__file__).parents[2]
_CONTEXT_CHARS, _TOP, _DEPTH = 4000, 5, 20


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents, and questions about them."""

    name: str
    documents: Path
    questions: Path

    def read(self) -> list[EvalQuestion]:
        """Return the questions."""
        return read_questions(self.questions)


def corpora(data: Path) -> list[Corpus]:
    """Return the two sets of `data`, if it is there, and the demo's own."""
    demo = REPOSITORY / "deploy" / "demo"
    found = [Corpus("demo", demo / "articles", demo / "questions.jsonl")]
    for name in ("xquad-dev", "zulip"):
        if (data / name).is_dir():
            found.insert(0, Corpus(name, data / name / "docs", data / name / "questions.jsonl"))
    return found


def searching(
    corpus: Corpus, folder: Path, embedder: OnnxEmbedder, excerpts: ExcerptRules = EXCERPTS
) -> SnapshotSearch:
    """Return a search over a fresh index of the documents."""
    build([corpus.documents], folder, embedder, BuildRules())
    return SnapshotSearch(*SnapshotFolder(folder).newest_intact(), embedder, excerpts=excerpts)


@dataclass(frozen=True, slots=True)
class Quality:
    """hit@5, MRR@5 and hit@4000chars of the gold quotes, as ../shared/bench/peers.py counts them."""

    hit: float
    mrr: float
    context: float

    def __str__(self) -> str:
        return f"hit@5 {self.hit:.3f}  MRR@5 {self.mrr:.3f}  hit@4000chars {self.context:.3f}"


def quality(search: SnapshotSearch, questions: Sequence[EvalQuestion]) -> Quality:
    """Return how well the quotes are found."""
    gold = [question for question in questions if question.answerable and question.gold_quotes]
    found = [_found(search.search(question.question, (), _DEPTH), question) for question in gold]
    ranks = [rank for rank, _ in found]
    return Quality(
        sum(rank is not None for rank in ranks) / len(gold),
        sum(1 / rank for rank in ranks if rank) / len(gold),
        sum(context for _, context in found) / len(gold),
    )


def _found(found: Retrieval, question: EvalQuestion) -> tuple[int | None, bool]:
    quotes = [_letters(quote) for quote in question.gold_quotes]
    texts = [_letters(chunk.text) for chunk in found.chunks]
    rank = next((n for n, text in enumerate(texts[:_TOP], 1) if any(quote in text for quote in quotes)), None)
    context = _letters(" ".join(chunk.text for chunk in found.chunks)[:_CONTEXT_CHARS])
    return rank, any(quote in context for quote in quotes)


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()
