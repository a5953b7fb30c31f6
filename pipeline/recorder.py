"""Collect the trace of one request, and write the one log event about it: ids and numbers, never text."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Literal, TypeVar

import structlog

from index.retrieval import Retrieval, RetrievedChunk
from pipeline.proof.judge import Judgement
from pipeline.tracing import span
from pipeline.types import (
    Answered,
    Completion,
    Confidence,
    Failure,
    Finding,
    FindingCode,
    ModelProblem,
    NotEnoughInfo,
    Outcome,
    Prompt,
    RequestContext,
    Trace,
    found_nothing,
)

_log = structlog.get_logger("citedesk")
_Number = TypeVar("_Number", int, float)
_PROBLEMS_KEPT = 20
Fallback = Literal["curated_answer", "remembered_answer", "fresh_answer_cache", "stale_answer_cache", "extractive"]


@dataclass(frozen=True, slots=True)
class Progress:
    """The name of a stage that begins, or "retrieved" with the chunks that were found."""

    stage: str
    chunks: tuple[RetrievedChunk, ...] = ()


Watch = Callable[[Progress], None]


def unwatched(_: Progress) -> None:
    """Ignore progress."""


@dataclass(slots=True)
class Facts:
    """The fields of `Trace` that the stages fill in, under the same names."""

    snapshot: str | None = None
    prompt_version: str | None = None
    prompt_hash: str | None = None
    prompt_tokens: int | None = None
    retrieved_chunk_ids: tuple[str, ...] = ()
    retrieval_count: int = 0
    sufficiency: float | None = None
    ask_from: float | None = None
    quote_from: float | None = None
    withheld: int = 0
    llm_provider: str | None = None
    model_alias: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    attempts: int = 0
    model_problems: tuple[ModelProblem, ...] = ()
    repaired: bool = False
    fallback_used: Fallback | None = None
    response_valid: bool | None = None
    confidence: Confidence | None = None
    findings: tuple[FindingCode, ...] = ()
    judge: str | None = None
    verdicts: tuple[str, ...] = ()
    judge_tokens: int | None = None
    corrected: bool = False
    reduced: bool = False
    stage_ms: dict[str, float] = field(default_factory=dict)


class Recorder:
    """Fills in the facts of one request while it passes through the stages, and tells who watches."""

    def __init__(
        self, context: RequestContext, watch: Watch = unwatched, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self.facts = Facts()
        self._context = context
        self._watch = watch
        self._now = now
        self._started = now()
        self._hidden_is_nearer = False
        self._model_failure: Failure | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell the watcher that the stage `name` begins, and add the body's time to it."""
        begun = self._now()
        self._watch(Progress(name))
        try:
            with span(f"citedesk.{name}", {"citedesk.request_id": self._context.request_id}):
                yield
        finally:
            so_far = self.facts.stage_ms.get(name, 0.0)
            self.facts.stage_ms[name] = round(so_far + (self._now() - begun) * 1e3, 3)

    def retrieved(self, retrieval: Retrieval) -> None:
        """Note what was found, and tell the watcher."""
        self.facts.snapshot = retrieval.snapshot
        self.facts.retrieved_chunk_ids = tuple(chunk.chunk_id for chunk in retrieval.chunks)
        self.facts.retrieval_count = len(retrieval.chunks)
        self.facts.sufficiency = round(retrieval.sufficiency, 4)
        self._hidden_is_nearer = retrieval.hidden_is_nearer
        self._watch(Progress("retrieved", chunks=retrieval.chunks))

    def prompted(self, prompt: Prompt) -> None:
        """Note which prompt is sent."""
        self.facts.prompt_version = prompt.version
        self.facts.prompt_hash = prompt.content_hash
        self.facts.prompt_tokens = prompt.size

    def attempted(self) -> None:
        """Count one request to a provider."""
        self.facts.attempts += 1

    def failed(self, problem: ModelProblem) -> None:
        """Note why a request to a model server failed, and log it."""
        self.facts.model_problems = (*self.facts.model_problems, problem)[:_PROBLEMS_KEPT]
        self._spent(problem)
        _log.warning("model_request_failed", request_id=self._context.request_id, **problem.model_dump(mode="json"))

    def completed(self, completion: Completion) -> None:
        """Note who wrote a completion, and add up what it took."""
        self.facts.llm_provider = completion.provider
        self.facts.model_alias = completion.model
        self._spent(completion)

    @property
    def tokens(self) -> int:
        """Tokens read and written for this request so far."""
        return (self.facts.input_tokens or 0) + (self.facts.output_tokens or 0)

    def quoted_by(self, quoter: str) -> None:
        """Note who answered without a model."""
        self.facts.llm_provider = self.facts.model_alias = quoter

    def read_by(self, judge: str, judgement: Judgement | None) -> None:
        """Note which judge read a draft, and add up what it took."""
        self.facts.judge = judge
        if judgement:
            self._spent(judgement)
            for tokens in (judgement.input_tokens, judgement.output_tokens):
                self.facts.judge_tokens = _sum(self.facts.judge_tokens, tokens)

    def _spent(self, reply: Completion | Judgement | ModelProblem) -> None:
        self.facts.input_tokens = _sum(self.facts.input_tokens, reply.input_tokens)
        self.facts.output_tokens = _sum(self.facts.output_tokens, reply.output_tokens)
        self.facts.cost_usd = _sum(self.facts.cost_usd, reply.cost_usd)

    def proved(
        self, confidence: Confidence | None, findings: tuple[Finding, ...], verdicts: tuple[str, ...] = ()
    ) -> None:
        """Note what the checks and the judge found, and how sure the model says it is."""
        self.facts.response_valid = not findings
        self.facts.confidence = confidence
        self.facts.findings = tuple(finding.code for finding in findings)
        self.facts.verdicts = verdicts

    def model_failed(self, failure: Failure) -> None:
        """Note why the model gave no answer; it is the verdict if the question is answered without the model."""
        self._model_failure = failure

    def finish(self, outcome: Outcome) -> Trace:
        """Return the trace and write the log event `rag_answer_completed`, unless the message was for somebody else."""
        answered = outcome if isinstance(outcome, Answered) else None
        trace = Trace(
            request_id=self._context.request_id,
            tenant_id=self._context.tenant_id,
            user_id=self._context.user_id,
            channel_id=self._context.channel_id,
            route=self._context.route,
            outcome=outcome.kind,
            verdict=self._verdict(outcome),
            form=answered.form if answered else None,
            answer_hash=answered.content_hash if answered else None,
            curated_id=answered.approved.curated_id if answered and answered.approved else None,
            total_ms=round((self._now() - self._started) * 1e3, 3),
            **{field.name: getattr(self.facts, field.name) for field in fields(self.facts)},
        )
        if not (self._context.untagged and found_nothing(outcome)):
            _log.info("rag_answer_completed", **trace.model_dump(mode="json"))
        return trace

    def _verdict(self, outcome: Outcome) -> str:
        """Return "OK" or the failure that decided."""
        if isinstance(outcome, Answered):
            return str(self._model_failure or "OK")
        if isinstance(outcome, NotEnoughInfo) and self._model_failure:
            return str(self._model_failure)
        missed = outcome.reason in (Failure.RETRIEVAL_EMPTY, Failure.RETRIEVAL_LOW)
        return str(Failure.ACCESS_FILTERED if missed and self._hidden_is_nearer else outcome.reason)


def _sum(so_far: _Number | None, more: _Number | None) -> _Number | None:
    return so_far if more is None else (so_far or 0) + more
