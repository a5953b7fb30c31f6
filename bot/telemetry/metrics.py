"""Prometheus metrics. Their labels hold names such as outcomes, stages and providers, never ids or text."""

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.telemetry.repeats import SUPPRESSED
from bot.telemetry.watched import TOP_LEVEL, WatchedMetrics
from pipeline.types import Trace

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# Whether a reply came within a minute is read off the bucket of 60.
_REPLY_SECONDS = (0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3600)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one process. A route that is not in `routes` counts as "other", to keep the label small."""

    def __init__(self, routes: Collection[str]) -> None:
        self._routes = frozenset(routes)
        self._registry = CollectorRegistry()
        self._registry.register(SUPPRESSED)
        self._requests = Counter(
            "citedesk_requests", "Finished requests", ("outcome", "verdict", "route"), registry=self._registry
        )
        self._stages = Histogram(
            "citedesk_stage_seconds", "Time in a stage", ("stage",), buckets=_SECONDS, registry=self._registry
        )
        self._seconds = Histogram(
            "citedesk_request_seconds", "Time of a request", buckets=_SECONDS, registry=self._registry
        )
        self._attempts = Counter(
            "citedesk_model_attempts", "Requests to a provider", ("provider",), registry=self._registry
        )
        self._errors = Counter(
            "citedesk_model_errors", "Failed requests to a model", ("provider", "failure"), registry=self._registry
        )
        self._tokens = Counter("citedesk_model_tokens", "Tokens", ("provider", "direction"), registry=self._registry)
        self._cost = Counter("citedesk_model_cost_usd", "US dollars", ("provider",), registry=self._registry)
        self._fallbacks = Counter("citedesk_fallbacks", "Answers without the model", ("kind",), registry=self._registry)
        self._findings = Counter("citedesk_findings", "Objections to drafts", ("code",), registry=self._registry)
        self._answers = Counter("citedesk_answers", "Answers", ("form",), registry=self._registry)
        self._verdicts = Counter(
            "citedesk_judge_verdicts", "Sentences of drafts", ("verdict",), registry=self._registry
        )
        self._judge_tokens = Counter("citedesk_judge_tokens", "Tokens of the judge", registry=self._registry)
        self._withheld = Counter("citedesk_withheld_passages", "Passages that address a model", registry=self._registry)
        self._in_flight = Gauge("citedesk_requests_in_flight", "Running or waiting", registry=self._registry)
        self._circuit = Gauge(
            "citedesk_circuit_open", "1 while a provider is left alone", ("provider",), registry=self._registry
        )
        self._without_shared = Counter(
            "citedesk_shared_fallbacks", "Calls without the shared server", ("use",), registry=self._registry
        )
        self._shared_down = Gauge(
            "citedesk_shared_down", "1 while the shared server is left alone", registry=self._registry
        )

        self._behind = Gauge(
            "citedesk_snapshot_behind",
            "1 while the live snapshot of all is not served here",
            ("tenant",),
            registry=self._registry,
        )
        self._not_followed = Counter(
            "citedesk_snapshot_failures",
            "Looks for the live snapshot that failed",
            ("tenant",),
            registry=self._registry,
        )
        self._replies = Histogram(
            "citedesk_reply_seconds",
            "From a question to its posted reply",
            buckets=_REPLY_SECONDS,
            registry=self._registry,
        )
        self.watched = WatchedMetrics(self._registry)

    def follow(self, *, is_behind: bool, has_failed: bool, tenant: str = TOP_LEVEL) -> None:
        """Note whether a tenant's served snapshot is the live one, and whether the look for that failed."""
        self._behind.labels(tenant).set(is_behind)
        self._not_followed.labels(tenant).inc(has_failed)

    def replied(self, seconds: float) -> None:
        """Count one posted reply, so many seconds after its question was received."""
        self._replies.observe(max(0.0, seconds))

    def observe(self, trace: Trace) -> None:
        """Count one finished request."""
        route = trace.route if trace.route in self._routes else "other"
        self._requests.labels(trace.outcome, trace.verdict, route).inc()
        self._seconds.observe(trace.total_ms / 1e3)
        for stage, spent in trace.stage_ms.items():
            self._stages.labels(stage).observe(spent / 1e3)
        provider = trace.llm_provider or "none"
        self._attempts.labels(provider).inc(trace.attempts)
        for problem in trace.model_problems:
            self._errors.labels(problem.server, problem.failure.value).inc()
        self._tokens.labels(provider, "input").inc(trace.input_tokens or 0)
        self._tokens.labels(provider, "output").inc(trace.output_tokens or 0)
        self._cost.labels(provider).inc(trace.cost_usd or 0.0)
        self._withheld.inc(trace.withheld)
        self._judge_tokens.inc(trace.judge_tokens or 0)
        if trace.form:
            self._answers.labels(trace.form).inc()
        for verdict in trace.verdicts:
            self._verdicts.labels(verdict).inc()
        if trace.fallback_used:
            self._fallbacks.labels(trace.fallback_used).inc()
        for code in set(trace.findings):
            self._findings.labels(code.value).inc()

    def fell_back(self, use: str) -> None:
        """Count one call for `use` that went on without the shared server."""
        self._without_shared.labels(use).inc()

    def shared_down(self, *, is_down: bool) -> None:
        """Say whether the shared server is left alone now."""
        self._shared_down.set(is_down)

    def exposition(self, in_flight: int, open_circuits: dict[str, bool]) -> bytes:
        """Return all metrics in Prometheus' text format.

        `in_flight` counts running and waiting requests. `open_circuits` maps a provider to whether its circuit is open.
        """
        self._in_flight.set(in_flight)
        for provider, is_open in open_circuits.items():
            self._circuit.labels(provider).set(is_open)
        return generate_latest(self._registry)
