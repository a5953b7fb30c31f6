"""Gauges of what waits, what is built and what is spent. Whoever watches them reads `docs/monitoring.md`."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge

# The label of what belongs to no table `[tenants.NAME]`. No such table can have this name.
TOP_LEVEL = "top level"


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """How an index stands. Times are Unix seconds; None for what has not happened, or is not known here.

    `seen_at` is when its documents were last read without a failure. `interval_s` is 0.0 if no builds are scheduled.
    """

    built_at: float | None
    seen_at: float | None
    last_build_at: float | None
    has_failed: bool
    interval_s: float


@dataclass(frozen=True, slots=True)
class SpentToday:
    """What was used since midnight UTC: tokens and US dollars of all, tokens of the workspace that used most.

    `budget` is the limit for one workspace, None without one.
    """

    tokens: int
    cost_usd: float
    most_tokens: int
    budget: int | None


class WatchedMetrics:
    """The gauges that somebody sets at intervals."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, words: str, *labels: str) -> Gauge:
            return Gauge(f"citedesk_{name}", words, labels, registry=registry)

        gauge("info", "1, with the release", "version").labels(version("citedesk")).set(1)
        self._ready = gauge("ready", "1 while this is well", "check")
        self._waiting = gauge("queue_waiting", "Jobs that wait or are worked on", "queue")
        self._dead = gauge("queue_given_up", "Jobs of the last seven days that were given up", "queue")
        self._oldest = gauge("queue_oldest_seconds", "Age of the oldest job that is not done", "queue")
        self._overdue = gauge("queue_overdue_seconds", "Longest wait of a due job for a worker", "queue")
        self._open = gauge("reviews_open", "Open reviews")
        self._oldest_review = gauge("review_oldest_seconds", "Age of the oldest open review")
        self._built_at = gauge("snapshot_built_timestamp_seconds", "When the served snapshot was built", "tenant")
        self._seen_at = gauge("index_seen_timestamp_seconds", "When documents were last read without failure", "tenant")
        self._build_at = gauge("build_timestamp_seconds", "When the last build ended", "tenant")
        self._failed = gauge("build_failed", "1 if the last build failed", "tenant")
        self._interval = gauge("build_interval_seconds", "Time between scheduled builds", "tenant")
        self._tokens = gauge("tokens_today", "Tokens since midnight UTC", "tenant")
        self._cost = gauge("cost_today_usd", "US dollars since midnight UTC", "tenant")
        self._budget = gauge("budget_tokens", "Tokens that one workspace may use in a day", "tenant")
        self._used = gauge("budget_used_ratio", "Share of its budget that some workspace has used today", "tenant")

    def ready(self, state: Mapping[str, bool]) -> None:
        """Note what is well."""
        for name, is_well in state.items():
            self._ready.labels(name).set(is_well)

    def queue(self, name: str, waiting: int, given_up: int, oldest_s: float, overdue_s: float) -> None:
        """Note how a queue stands."""
        self._waiting.labels(name).set(waiting)
        self._dead.labels(name).set(given_up)
        self._oldest.labels(name).set(oldest_s)
        self._overdue.labels(name).set(overdue_s)

    def reviews(self, count: int, oldest_s: float) -> None:
        """Note how many reviews are open, and the age of the oldest."""
        self._open.set(count)
        self._oldest_review.set(oldest_s)

    def index(self, tenant: str, figures: IndexFigures) -> None:
        """Note how a tenant's index stands."""
        times = ((self._built_at, figures.built_at), (self._seen_at, figures.seen_at))
        for gauge, at in (*times, (self._build_at, figures.last_build_at)):
            if at is not None:
                gauge.labels(tenant).set(at)
        if figures.last_build_at is not None:
            self._failed.labels(tenant).set(figures.has_failed)
        if figures.interval_s:
            self._interval.labels(tenant).set(figures.interval_s)

    def spent(self, tenant: str, spent: SpentToday) -> None:
        """Note what a tenant has used today."""
        self._tokens.labels(tenant).set(spent.tokens)
        self._cost.labels(tenant).set(spent.cost_usd)
        if spent.budget:
            self._budget.labels(tenant).set(spent.budget)
            self._used.labels(tenant).set(spent.most_tokens / spent.budget)

    def forget_queues(self) -> None:
        """Drop what is known of the queues: while the store tells nothing, an old figure would look like a good one."""
        for gauge in (self._waiting, self._dead, self._oldest, self._overdue):
            gauge.clear()
