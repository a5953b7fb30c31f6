"""The trace of one request and the one log event about it: ids and numbers, never text."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from index.retrieval import Retrieval, RetrievedChunk
from pipeline.safety.redaction import redacted_event
from pipeline.tracing import span
from pipeline.types import Completion, Confidence, Failure, Finding, Outcome, Prompt, RequestContext, Trace

_log = structlog.get_logger("citedesk")


@dataclass(frozen=True, slots=True)
class Progress:
    """What a question has come to: a stage that begins, what was found, or how the question was understood."""

    stage: str
    chunks: tuple[RetrievedChunk, ...] = ()
    question: str = ""


Watch = Callable[[Progress], None]


def unwatched(_: Progress) -> None:
    """Ignore progress."""


def configure_logging(level: str = "INFO") -> None:
    """Write every log event as one JSON line to standard error, libraries' warnings included."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, redacted_event, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries log payloads and addresses at low levels; only their name and level pass.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _LibraryFormatter(logging.Formatter):
    """A library's record as JSON without its message, which may hold text or tokens."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"event": "library_log", "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
        event["timestamp"] = self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ")
        return structlog.processors.JSONRenderer()(None, "", event)  # type: ignore[return-value]


@dataclass(slots=True)
class Recorder:
    """Collects one request's trace while it passes through the stages."""

    context: RequestContext
    now: Callable[[], float] = time.perf_counter
    stage_ms: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    attempts: int = 0
    watch: Watch = unwatched
    model_failure: Failure | None = None
    access_filtered: bool = False
    started: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.now()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the body's time to the stage `name`."""
        begun = self.now()
        self.watch(Progress(name))
        try:
            with span(f"citedesk.{name}", {"citedesk.request_id": self.context.request_id}):
                yield
        finally:
            self.stage_ms[name] = round(self.stage_ms.get(name, 0.0) + (self.now() - begun) * 1e3, 3)

    def attempted(self) -> None:
        """Count one request to a provider."""
        self.attempts += 1

    def retrieved(self, retrieval: Retrieval) -> None:
        """Note what was found."""
        self.facts |= {
            "snapshot": retrieval.snapshot,
            "retrieved_chunk_ids": tuple(chunk.chunk_id for chunk in retrieval.chunks),
            "retrieval_count": len(retrieval.chunks),
            "sufficiency": round(retrieval.sufficiency, 4),
        }
        self.watch(Progress("retrieved", chunks=retrieval.chunks))

    def understood(self, question: str) -> None:
        """Tell how a follow-up was understood; the words go to the asker, never into the trace."""
        self.watch(Progress("understood", question=question))

    def prompted(self, prompt: Prompt) -> None:
        """Note which prompt is sent."""
        self.facts |= {
            "prompt_version": prompt.version,
            "prompt_hash": prompt.content_hash,
            "prompt_tokens": prompt.size,
        }

    def completed(self, completion: Completion) -> None:
        """Note who wrote, and add up what it took."""
        self.facts |= {"llm_provider": completion.provider, "model_alias": completion.model}
        for name in ("input_tokens", "output_tokens", "cost_usd"):
            spent = getattr(completion, name)
            if spent is not None:
                self.facts[name] = (self.facts.get(name) or 0) + spent

    @property
    def tokens(self) -> int:
        """Tokens read and written for this request so far."""
        return (self.facts.get("input_tokens") or 0) + (self.facts.get("output_tokens") or 0)

    def judged(self, confidence: Confidence, findings: tuple[Finding, ...]) -> None:
        """Note what verification found."""
        self.facts |= {
            "response_valid": not findings,
            "confidence": confidence,
            "findings": tuple(finding.code for finding in findings),
        }

    def note(self, **facts: str | float | bool | None) -> None:
        """Note further fields of the trace by name."""
        self.facts |= facts

    def _verdict(self, outcome: Outcome) -> str:
        """Return why the request ended so; of an answer given without the model, why without."""
        if outcome.kind == "answered":
            return str(self.model_failure or "OK")
        missed = outcome.reason in (Failure.RETRIEVAL_EMPTY, Failure.RETRIEVAL_LOW)
        return str(Failure.ACCESS_FILTERED if missed and self.access_filtered else outcome.reason)

    def finish(self, outcome: Outcome) -> Trace:
        """Return the trace and write the log event `rag_answer_completed`."""
        trace = Trace(
            request_id=self.context.request_id,
            tenant_id=self.context.tenant_id,
            user_id=self.context.user_id,
            channel_id=self.context.channel_id,
            route=self.context.route,
            outcome=outcome.kind,
            verdict=self._verdict(outcome),
            attempts=self.attempts,
            stage_ms=self.stage_ms,
            answer_hash=outcome.content_hash if outcome.kind == "answered" else None,
            curated_id=outcome.approved.curated_id if outcome.kind == "answered" and outcome.approved else None,
            total_ms=round((self.now() - self.started) * 1e3, 3),
            **self.facts,
        )
        _log.info("rag_answer_completed", **trace.model_dump(mode="json"))
        return trace
