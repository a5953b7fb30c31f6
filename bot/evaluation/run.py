"""Measure retrieval and answers against a file of questions."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from bot.evaluation.measures import auroc, mean, quantile, share
from bot.evaluation.questions import EvalQuestion, QuestionsError
from index.retrieval import RetrievedChunk, Retriever
from index.sufficiency import Calibration, fit
from pipeline.answering import Pipeline, answer
from pipeline.proof.comparing import comparable
from pipeline.types import Answered, Deadline, Form, NeedsReview, Outcome, RequestContext, Trace

CONTEXT_CHARS = 4000
TOP = 5
_DEPTH = 20
_STANDARD_INPUT = Path("-")
# What the page reads of a row.
_ROW_KEYS = {
    "id", "question", "answerable", "category", "outcome", "rank", "retrieved", "sufficiency", "stage_ms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvalRow:
    """One question with its outcome, its trace, the chunks that search returns for it, and those that it cites."""

    question: EvalQuestion
    outcome: Outcome
    trace: Trace
    retrieved: tuple[RetrievedChunk, ...]
    cited: Mapping[str, RetrievedChunk]

    def as_json(self) -> dict[str, Any]:
        """Return the row as `--rows` writes it; docs/measuring.md lists the fields."""
        outcome = self.outcome
        draft = outcome.draft if isinstance(outcome, NeedsReview) else None
        citations = outcome.citations if isinstance(outcome, Answered) else (draft.citations if draft else ())
        documents = {chunk.chunk_id: chunk.document_id for chunk in (*self.retrieved, *self.cited.values())}
        return {
            "id": self.question.id,
            "question": self.question.question,
            "answerable": self.question.answerable,
            "category": self.question.category,
            "has_gold": self.question.has_gold,
            "rank": _rank(self, _DEPTH),
            "outcome": outcome.kind,
            "form": outcome.form if isinstance(outcome, Answered) else None,
            "reason": self.trace.verdict,
            "answer": outcome.text if isinstance(outcome, Answered) else None,
            "draft": draft.answer if draft else None,
            "citations": [
                {"chunk_id": c.chunk_id, "document_id": documents.get(c.chunk_id), "quote": c.quote} for c in citations
            ],
            "retrieved": [
                {
                    "chunk_id": c.chunk_id,
                    "document_id": c.document_id,
                    "title": c.title,
                    "heading": c.heading,
                    "score": round(c.score, 4),
                    "text": c.text,
                }
                for c in self.retrieved
            ],
            "sufficiency": self.trace.sufficiency,
            "findings": [finding.value for finding in self.trace.findings],
            "judge": self.trace.judge,
            "verdicts": list(self.trace.verdicts),
            "judge_tokens": self.trace.judge_tokens,
            "attempts": self.trace.attempts,
            "stage_ms": dict(self.trace.stage_ms),
            "total_ms": self.trace.total_ms,
        }


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows that an earlier run wrote. Raises QuestionsError."""
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        if all(row.keys() >= _ROW_KEYS for row in rows):
            return rows
    except (OSError, UnicodeDecodeError, ValueError, AttributeError) as error:
        raise QuestionsError(f"{file} cannot be read as rows of an earlier run") from error
    raise QuestionsError(f"{file} does not hold rows of an earlier run: write them with --rows")


def fitted_calibration(
    retriever: Retriever, questions: Sequence[EvalQuestion], missed_rate: float, wrong_rate: float
) -> Calibration:
    """Return a sufficiency model fitted to the questions. Raises QuestionsError if there are too few of a kind.

    Questions of which nobody knows whether they have an answer are left out.
    """
    known = [(question.question, question.answerable) for question in questions if question.answerable is not None]
    features = [retriever.search(text, frozenset(), TOP).features for text, _ in known]
    try:
        return fit(features, [answerable for _, answerable in known], missed_rate, wrong_rate)
    except ValueError as error:
        raise QuestionsError(str(error)) from error


async def evaluate(
    pipeline: Pipeline,
    questions: Sequence[EvalQuestion],
    deadline_s: float,
    done: Callable[[], None],
    groups: frozenset[str] = frozenset(),
) -> list[EvalRow]:
    """Ask the questions one by one as somebody of these groups, then close the provider. Return the rows."""
    async with aclosing(pipeline):
        return [await _row(pipeline, question, deadline_s, done, groups) for question in questions]


async def _row(
    pipeline: Pipeline, question: EvalQuestion, deadline_s: float, done: Callable[[], None], groups: frozenset[str]
) -> EvalRow:
    context = RequestContext(
        request_id=question.id,
        # Each question has its own user and workspace, so the limits per user and workspace never apply.
        tenant_id=question.id,
        user_id=question.id,
        channel_id="eval",
        route="eval",
        deadline=Deadline.after(deadline_s),
        groups=groups,
    )
    response = await answer(pipeline, question.question, context)
    found = await asyncio.to_thread(pipeline.retriever.search, question.question, groups, _DEPTH)
    citations = response.outcome.citations if isinstance(response.outcome, Answered) else ()
    cited = await asyncio.to_thread(pipeline.retriever.chunks, {citation.chunk_id for citation in citations})
    done()
    return EvalRow(question, response.outcome, response.trace, found.chunks, cited)


def metrics(rows: Sequence[EvalRow]) -> dict[str, Any]:
    """Return the figures of a run: retrieval quality, outcomes by kind, quality of the answers, times."""
    answerable = [row for row in rows if row.question.answerable]
    unanswerable = [row for row in rows if row.question.answerable is False]
    gold = [row for row in answerable if row.question.has_gold]
    shown = [row for row in rows if isinstance(row.outcome, Answered)]
    checked = [row for row in shown if row.question.answerable and row.question.answer_must_contain]
    return {
        "questions": len(rows),
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
        "judged_by_quotes": sum(bool(row.question.gold_quotes) for row in gold),
        "judged_by_documents": sum(not row.question.gold_quotes for row in gold),
        "hit@5": _share(_rank(row) is not None for row in gold),
        "mrr@5": _rounded(mean([1 / rank if (rank := _rank(row)) else 0.0 for row in gold])),
        "hit@4000chars": _share(_within_context(row) for row in gold),
        "sufficiency_auroc": _rounded(
            auroc(
                [row.trace.sufficiency or 0.0 for row in answerable],
                [row.trace.sufficiency or 0.0 for row in unanswerable],
            )
        ),
        "outcomes_answerable": _kinds(answerable),
        "outcomes_unanswerable": _kinds(unanswerable),
        "answered_answerable": _share(isinstance(row.outcome, Answered) for row in answerable),
        "written_answerable": _share(_has_form(row, "written") for row in answerable),
        "to_a_person": _share(isinstance(row.outcome, NeedsReview) for row in rows),
        "unanswerable_answered": _share(isinstance(row.outcome, Answered) for row in unanswerable),
        "answers_with_gold": _share(_shows_gold(row) for row in shown if row in gold),
        "answers_fully_quoted": _share(_fully_quoted(row) for row in shown),
        "answers_with_expected_words": _share(_expected_words(row) for row in checked),
        "answers_checked_for_words": len(checked),
        "total_ms_p50": _median(row.trace.total_ms for row in rows),
        "total_ms_p95": _quantile((row.trace.total_ms for row in rows), 0.95),
        "stage_ms_p50": {
            stage: _median(row.trace.stage_ms[stage] for row in rows if stage in row.trace.stage_ms)
            for stage in sorted({stage for row in rows for stage in row.trace.stage_ms})
        },
        "model_attempts": sum(row.trace.attempts for row in rows),
        "repaired": sum(row.trace.repaired for row in rows),
    }


def unlimited(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline with the answer cache switched off, so that every question runs through all stages."""
    return replace(pipeline, limits=replace(pipeline.limits, cache_fresh_s=-1.0))


def _has_form(row: EvalRow, form: Form) -> bool:
    return isinstance(row.outcome, Answered) and row.outcome.form == form


def _shows_gold(row: EvalRow) -> bool:
    """Return whether what is shown, or what it cites, holds a supporting passage; without one, a gold document."""
    if not isinstance(row.outcome, Answered):
        return False
    if not row.question.gold_quotes:
        return any(chunk.document_id in row.question.gold_docs for chunk in row.cited.values())
    told = _letters(" ".join([row.outcome.text, *(citation.quote for citation in row.outcome.citations)]))
    return any(_letters(quote) in told for quote in row.question.gold_quotes)


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def _rank(row: EvalRow, depth: int = TOP) -> int | None:
    chunks = enumerate(row.retrieved[:depth], 1)
    return next((rank for rank, chunk in chunks if _is_gold(row.question, chunk)), None)


def _is_gold(question: EvalQuestion, chunk: RetrievedChunk) -> bool:
    """Return whether a chunk holds a gold quote; of a question without quotes, whether it is of a gold document."""
    if not question.gold_quotes:
        return chunk.document_id in question.gold_docs
    text = _letters(chunk.text)
    return any(_letters(quote) in text for quote in question.gold_quotes)


def _within_context(row: EvalRow) -> bool:
    if not row.question.gold_quotes:
        starts = accumulate((len(chunk.text) for chunk in row.retrieved), initial=0)
        within = [chunk for chunk, start in zip(row.retrieved, starts, strict=False) if start < CONTEXT_CHARS]
        return any(_is_gold(row.question, chunk) for chunk in within)
    context = _letters(" ".join(chunk.text for chunk in row.retrieved)[:CONTEXT_CHARS])
    return any(_letters(quote) in context for quote in row.question.gold_quotes)


def _fully_quoted(row: EvalRow) -> bool:
    """Return whether each citation quotes a chunk of the index. This check ignores the verifier's result."""
    if not isinstance(row.outcome, Answered) or not row.outcome.citations:
        return False
    texts = {chunk_id: comparable(chunk.text) for chunk_id, chunk in row.cited.items()}
    return all(comparable(citation.quote) in texts.get(citation.chunk_id, "") for citation in row.outcome.citations)


def _expected_words(row: EvalRow) -> bool:
    text = _letters(row.outcome.text) if isinstance(row.outcome, Answered) else ""
    return all(_letters(words) in text for words in row.question.answer_must_contain)


def _kinds(rows: Sequence[EvalRow]) -> dict[str, int]:
    kinds = sorted({row.outcome.kind for row in rows})
    return {kind: sum(row.outcome.kind == kind for row in rows) for kind in kinds}


def _share(values: Iterable[bool]) -> float | None:
    return _rounded(share(values))


def _median(values: Iterable[float]) -> float | None:
    return _quantile(values, 0.5)


def _quantile(values: Iterable[float], level: float) -> float | None:
    ordered = sorted(values)
    return round(quantile(ordered, level), 2) if ordered else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def write_rows(rows: Sequence[EvalRow], file: Path) -> None:
    """Write the rows to `file`, one JSON line per question."""
    lines = [json.dumps(row.as_json(), ensure_ascii=False) for row in rows]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
