"""The report over stored traces: fixed questions with answers, and a chart."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bot.evaluation.charts import Bar, bars
from index.errors import SettingsError
from pipeline.types import Failure, Trace

# A tenant, user or route has unusual volume if it has at least _MIN_REQUESTS requests and more than _UNUSUAL_FACTOR
# times the median of its kind.
_UNUSUAL_FACTOR = 5
_MIN_REQUESTS = 20
# A stage got slower if its median in the second half is more than this many times that in the first half.
_GROWTH_FACTOR = 1.5
_NO_EVIDENCE = frozenset({Failure.RETRIEVAL_EMPTY, Failure.RETRIEVAL_LOW, Failure.ACCESS_FILTERED})
_MODEL_FAILURES = frozenset(
    {
        Failure.MODEL_TIMEOUT,
        Failure.MODEL_DOWN,
        Failure.MODEL_RATE_LIMITED,
        Failure.MODEL_REFUSED,
        Failure.MODEL_EMPTY,
        Failure.MODEL_CUT_OFF,
        Failure.CONTENT_FILTER,
        Failure.CIRCUIT_OPEN,
    }
)
_FORM_WORDS = {
    "written": "written and proved",
    "quoted": "quoted from the documents",
    "remembered": "answered before by a reviewer",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the report and its answer in words."""

    question: str
    answer: str


def span(text: str) -> timedelta:
    """Parse a length of time such as "30m", "12h" or "7d". Raises SettingsError for any other text."""
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if match is None:
        raise SettingsError(f"--since {text!r} is not a time such as 30m, 12h or 7d")
    return int(match[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[match[2]]


def report(traces: Sequence[Trace]) -> tuple[Line, ...]:
    """Return the lines of the report. `traces` must be sorted, the oldest first."""
    if not traces:
        return (Line("How many questions were there?", "None in this time."),)
    outcomes = Counter(trace.outcome for trace in traces)
    return (
        Line("How many questions were there?", f"{len(traces)}: {_counts(outcomes)}."),
        Line("Did retrieval find relevant context?", _retrieval(traces)),
        Line(
            "Did the model fail or time out?",
            _share_named(traces, lambda t: t.verdict in _MODEL_FAILURES, lambda t: t.verdict),
        ),
        Line(
            "Which fallbacks were used?",
            _share_named(traces, lambda t: bool(t.fallback_used), lambda t: t.fallback_used or ""),
        ),
        Line("In whose words were the answers?", _forms(traces)),
        Line("What did the judge say of the drafts' sentences?", _verdicts(traces)),
        Line("Which prompt version produced what?", _prompts(traces)),
        Line("Where did validation fail?", _findings(traces)),
        Line("Who used unusual volume?", _volume(traces)),
        Line("Did latency grow, and where?", _latency(traces)),
        Line("What did the model cost?", _cost(traces)),
    )


def picture(traces: Sequence[Trace]) -> str:
    """Return an SVG chart: requests by outcome, and the median times of the six slowest stages.

    Each stage has a bar for either half of `traces`, which must be sorted, the oldest first.
    """
    outcomes = Counter(trace.outcome for trace in traces)
    stages = sorted(
        {stage for trace in traces for stage in trace.stage_ms}, key=lambda name: -_stage_median(traces, name)
    )[:6]
    halves = dict(zip(("earlier", "later"), _halves(traces), strict=True))
    medians = [(stage, half, _stage_median(halves[half], stage)) for stage in stages for half in halves]
    return bars(
        "Requests by outcome, and the median time of the slowest stages",
        [
            [Bar(name, count, f"{count}", name) for name, count in outcomes.most_common()],
            [Bar(f"{stage}, {half} half", spent, f"{spent:.1f} ms", half) for stage, half, spent in medians],
        ],
    )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())


def _share(count: int, total: int) -> str:
    return f"{count} of {total} ({count / total:.0%})"


def _share_named(traces: Sequence[Trace], chosen: Callable[[Trace], bool], name: Callable[[Trace], str]) -> str:
    found = [trace for trace in traces if chosen(trace)]
    return f"{_share(len(found), len(traces))}: {_counts(Counter(map(name, found)))}." if found else "No."


def _retrieval(traces: Sequence[Trace]) -> str:
    searched = [trace for trace in traces if "retrieve" in trace.stage_ms]
    if not searched:
        return "Nothing was searched for."
    without = [trace.verdict for trace in searched if trace.verdict in _NO_EVIDENCE]
    words = f"Yes for {_share(len(searched) - len(without), len(searched))}."
    withheld = sum(trace.withheld > 0 for trace in searched)
    extra = f" In {withheld}, a document held words for a model, which were withheld." if withheld else ""
    return f"{words}{f' Not for the rest: {_counts(Counter(without))}.' if without else ''}{extra}"


def _forms(traces: Sequence[Trace]) -> str:
    forms = Counter(_FORM_WORDS[trace.form] for trace in traces if trace.form)
    return f"{_counts(forms)}." if forms else "There was no answer."


def _verdicts(traces: Sequence[Trace]) -> str:
    verdicts = Counter(verdict.replace("_", " ") for trace in traces for verdict in trace.verdicts)
    if not verdicts:
        return "No draft was judged."
    judges = ", ".join(sorted({trace.judge for trace in traces if trace.judge})) or "no judge"
    tokens = sum(trace.judge_tokens or 0 for trace in traces)
    return f"{_counts(verdicts)}; by {judges}, {tokens} tokens."


def _prompts(traces: Sequence[Trace]) -> str:
    versions = sorted({trace.prompt_version for trace in traces if trace.prompt_version})
    parts = [
        f"{version}: {_counts(Counter(trace.outcome for trace in traces if trace.prompt_version == version))}"
        for version in versions
    ]
    return "; ".join(parts) + "." if parts else "No prompt was sent."


def _findings(traces: Sequence[Trace]) -> str:
    codes = Counter(code.value for trace in traces for code in set(trace.findings))
    unreadable = sum(trace.verdict == Failure.SCHEMA_INVALID for trace in traces)
    repaired = sum(trace.repaired for trace in traces)
    parts = [f"requests with each finding: {_counts(codes)}"] if codes else []
    parts += [f"{repaired} replies were repaired, {unreadable} stayed unreadable"] if repaired or unreadable else []
    return f"{'; '.join(parts)}." if parts else "Nowhere."


def _volume(traces: Sequence[Trace]) -> str:
    parts = []
    for kind, name in (("tenant", "tenant_id"), ("user", "user_id"), ("route", "route")):
        counts = Counter(getattr(trace, name) for trace in traces)
        usual = median(counts.values())
        parts += [
            f"{kind} {who} asked {count}, {count / usual:.0f} times the median"
            for who, count in counts.most_common(3)
            if count >= _MIN_REQUESTS and count > _UNUSUAL_FACTOR * usual
        ]
    return "; ".join(parts) + "." if parts else "Nobody."


def _latency(traces: Sequence[Trace]) -> str:
    earlier, later = _halves(traces)
    if not earlier or not later:
        return "There are too few requests to tell."
    grown = []
    for stage in ("retrieve", "generate"):
        before, after = _stage_median(earlier, stage), _stage_median(later, stage)
        if before and after > _GROWTH_FACTOR * before:
            grown.append(f"{stage} from {before:.0f} to {after:.0f} ms")
    before, after = (median(trace.total_ms for trace in half) for half in (earlier, later))
    whole = f"median of a request {before:.0f} ms, then {after:.0f} ms"
    return f"{'It grew: ' + '; '.join(grown) if grown else 'No'}; {whole}."


def _cost(traces: Sequence[Trace]) -> str:
    tokens = sum((trace.input_tokens or 0) + (trace.output_tokens or 0) for trace in traces)
    cost = sum(trace.cost_usd or 0.0 for trace in traces)
    priced = any(trace.cost_usd is not None for trace in traces)
    return f"{tokens} tokens, {f'{cost:.4f} US dollars' if priced else 'no price is set'}."


def _halves(traces: Sequence[Trace]) -> tuple[Sequence[Trace], Sequence[Trace]]:
    middle = len(traces) // 2
    return traces[:middle], traces[middle:]


def _stage_median(traces: Sequence[Trace], stage: str) -> float:
    spent = [trace.stage_ms[stage] for trace in traces if stage in trace.stage_ms]
    return median(spent) if spent else 0.0
