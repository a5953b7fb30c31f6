"""The HTML page of `citedesk eval --report`: compute its values and render page.html.j2. The page loads nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.evaluation.advice import next_steps
from bot.evaluation.charts import Curve, Point, plot, stacked
from bot.evaluation.measures import (
    DEPTH,
    Row,
    auroc,
    ended_as,
    hit_curve,
    mean,
    quantile,
    reliability,
    risk,
    share,
    sufficiencies,
    with_gold,
    within,
)

# Names and values of what a run was made with.
Facts = Sequence[tuple[str, str]]
_KINDS = ("answered", "needs_review", "not_enough_info", "blocked", "limited", "unavailable")
# What follows the name of a category; its order is that of the bars.
_ANSWERABLE = {True: "", False: ", no answer", None: ", not known"}
_TOP, _WORST, _EXCERPT, _PASSAGES = 5, 30, 280, 3
_TEMPLATE = Environment(
    loader=PackageLoader("bot.evaluation", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
).get_template("page.html.j2")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the page, in 0..1. None means that no row counts towards it."""

    name: str
    value: float | None
    meaning: str


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One number of both runs. `change` is None if one of the two is missing."""

    name: str
    earlier: float | None
    now: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class ChangedQuestion:
    """A question with another outcome, form or rank than in the earlier run, and both results in words."""

    question: str
    earlier: str
    now: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between this run and an earlier one."""

    figures: tuple[ComparedFigure, ...]
    questions: tuple[ChangedQuestion, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart and the sentence below it."""

    caption: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Stage:
    """The time that one stage of the pipeline took, over all requests that reached it."""

    name: str
    requests: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Passage:
    """The start of a retrieved chunk. `place` is its title and heading."""

    place: str
    score: float
    excerpt: str


@dataclass(frozen=True, slots=True)
class WorstQuestion:
    """A question that went wrong, the reason in words, and the first retrieved passages."""

    question: str
    id: str
    reason: str
    sufficiency: float | None
    found: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that page.html.j2 shows. The template escapes every text; only charts.py makes Markup."""

    facts: Facts
    questions: int
    answerable: int
    judged: int
    steps: tuple[str, ...]
    figures: tuple[Figure, ...]
    comparison: Comparison | None
    outcomes: Markup
    kinds: tuple[str, ...]
    plots: tuple[Plot, ...]
    stages: tuple[Stage, ...]
    worst: tuple[WorstQuestion, ...]


def report_page(facts: Facts, rows: Sequence[Row], earlier: Sequence[Row] | None = None) -> str:
    """Return the HTML page about `rows` (shape: EvalRow.as_json), compared with the rows of an earlier run if given."""
    page = Page(
        facts=facts,
        questions=len(rows),
        answerable=sum(row["answerable"] is True for row in rows),
        judged=len(with_gold(rows)),
        steps=next_steps(rows),
        figures=_figures(rows),
        comparison=None if earlier is None else _comparison(rows, earlier),
        outcomes=_outcomes(rows),
        kinds=_KINDS,
        plots=_plots(rows, earlier),
        stages=_stages(rows),
        worst=_worst(rows),
    )
    return _TEMPLATE.render(page=page)


def _figures(rows: Sequence[Row]) -> tuple[Figure, ...]:
    gold = with_gold(rows)
    answerable = [row for row in rows if row["answerable"]]
    other = [row for row in rows if row["answerable"] is False]
    found = share(within(row, _TOP) for row in gold)
    mrr = mean([1 / row["rank"] if within(row, _TOP) else 0.0 for row in gold])
    answered, reviewed = (share(ended_as(row, kind) for row in answerable) for kind in ("answered", "needs_review"))
    written, quoted = (share(row.get("form") == form for row in answerable) for form in ("written", "quoted"))
    wrong = share(ended_as(row, "answered") for row in other)
    return (
        Figure("hit@5", found, "the supporting passage is among the first five"),
        Figure("MRR@5", mrr, "mean of 1 / its rank"),
        Figure("AUROC", auroc(*sufficiencies(rows)), "sufficiency of answerable above that of other questions"),
        Figure("answered", answered, "of the answerable questions, at once"),
        Figure("written", written, "of the answerable questions, in proved words of a model or a person"),
        Figure("quoted", quoted, "of the answerable questions, in the documents' own words"),
        Figure("to a person", reviewed, "of the answerable questions"),
        Figure("wrongly answered", wrong, "of the questions without an answer"),
    )


def _outcomes(rows: Sequence[Row]) -> Markup:
    groups = {(row["answerable"], row["category"]) for row in rows}
    bars = []
    for answerable, category in sorted(groups, key=lambda item: (_ANSWERABLE[item[0]], item[1])):
        inside = [row for row in rows if (row["answerable"], row["category"]) == (answerable, category)]
        counts = [(kind, sum(ended_as(row, kind) for row in inside)) for kind in _KINDS]
        name = f"{category or 'no category'}{_ANSWERABLE[answerable]}"
        bars.append((name, [(kind, count) for kind, count in counts if count]))
    return stacked(bars)


def _plots(rows: Sequence[Row], earlier: Sequence[Row] | None) -> tuple[Plot, ...]:
    runs = [("this run", "a", rows), *([("earlier run", "b", earlier)] if earlier else [])]

    def curves(points: Callable[[Sequence[Row]], list[Point]], *, dots: bool = False) -> list[Curve]:
        return [Curve(name, points(run), style, dots) for name, style, run in runs]

    return (
        Plot(
            "Retrieval: share of questions whose passage is among the first k (x: k of 20)",
            plot("k / 20", "share found", curves(hit_curve)),
        ),
        Plot(
            "Reliability: what share of questions with this sufficiency is answerable",
            plot("sufficiency", "answerable", curves(reliability, dots=True), diagonal=True),
        ),
        Plot(
            "Risk and coverage: what each threshold lets by of answerable (x) and of other questions (y)",
            plot("answerable questions that pass", "other questions that pass", curves(risk)),
        ),
    )


def _stages(rows: Sequence[Row]) -> tuple[Stage, ...]:
    """Return the stages, the slowest first."""
    names = {stage for row in rows for stage in row["stage_ms"]}
    times = {name: sorted(row["stage_ms"][name] for row in rows if name in row["stage_ms"]) for name in names}
    stages = [Stage(name, len(spent), quantile(spent, 0.5), quantile(spent, 0.95)) for name, spent in times.items()]
    return tuple(sorted(stages, key=lambda stage: (-stage.p95_ms, stage.name)))


def _worst(rows: Sequence[Row]) -> tuple[WorstQuestion, ...]:
    """Return the wrongly answered questions, then those whose passage was not found first, the latest first."""
    wrong = [row for row in rows if row["answerable"] is False and ended_as(row, "answered")]
    late = sorted(with_gold(rows), key=lambda row: -(row["rank"] or DEPTH + 1))
    chosen = [(row, "answered, though the documents have no answer") for row in wrong]
    chosen += [(row, _late(row)) for row in late if not within(row, 1)]
    return tuple(
        WorstQuestion(row["question"], row["id"], reason, row["sufficiency"], _passages(row))
        for row, reason in chosen[:_WORST]
    )


def _late(row: Row) -> str:
    place = f"its passage is at place {row['rank']}" if row["rank"] else f"its passage is not among the first {DEPTH}"
    return f"{place}; {row['outcome'].replace('_', ' ')}"


def _passages(row: Row) -> tuple[Passage, ...]:
    return tuple(
        Passage(_place(chunk), chunk["score"], chunk["text"][:_EXCERPT]) for chunk in row["retrieved"][:_PASSAGES]
    )


def _place(chunk: dict[str, Any]) -> str:
    return f"{chunk['title']} > {chunk['heading']}" if chunk["heading"] else str(chunk["title"])


def _comparison(rows: Sequence[Row], earlier: Sequence[Row]) -> Comparison:
    known = {row["id"]: row for row in earlier}
    pairs = [(known[row["id"]], row) for row in rows if row["id"] in known]
    return Comparison(
        tuple(
            ComparedFigure(now.name, before.value, now.value, _change(before.value, now.value))
            for before, now in zip(_figures(earlier), _figures(rows), strict=True)
        ),
        tuple(
            ChangedQuestion(now["question"], _state(before), _state(now))
            for before, now in pairs
            if _differs(before, now)
        ),
    )


def _change(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else now - before


def _differs(before: Row, after: Row) -> bool:
    return any(before.get(key) != after.get(key) for key in ("outcome", "rank", "form"))


def _state(row: Row) -> str:
    place = f"passage at {row['rank']}" if row["rank"] else ("passage not found" if row.get("answerable") else "")
    return ", ".join(part for part in (row["outcome"].replace("_", " "), row.get("form"), place) if part)
