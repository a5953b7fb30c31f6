"""The page that `citedesk eval --report` writes: one file, nothing loaded from elsewhere, every text escaped."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from html import escape
from importlib import resources
from typing import Any

from bot.evaluation.charts import Curve, plot, stacked

Row = dict[str, Any]
_KINDS = ("answered", "needs_review", "not_enough_info", "blocked", "limited", "unavailable")
_DEPTH, _TOP, _BINS, _WORST, _EXCERPT = 20, 5, 5, 30, 280
_STYLE = resources.files("bot.evaluation").joinpath("page.css").read_text(encoding="utf-8")


def report_page(name: str, rows: Sequence[Row], earlier: Sequence[Row] | None = None) -> str:
    """Return the page about `rows` (the shape of EvalRow.as_json), compared with those of an earlier run if given."""
    body = [
        f"<h1>Evaluation: {escape(name)}</h1>",
        f"<p class=soft>{len(rows)} questions, {sum(r['answerable'] for r in rows)} of them answerable.</p>",
        f"<div class=tiles>{''.join(_tile(*tile) for tile in _figures(rows))}</div>",
        _comparison(rows, earlier) if earlier is not None else "",
        "<h2>Outcomes by category</h2>",
        _outcomes(rows),
        f"<h2>Retrieval and sufficiency</h2><div class=plots>{_plots(rows, earlier)}</div>",
        "<h2>Slowest stages</h2>",
        _stages(rows),
        "<h2>Worst questions, and what was found for them</h2>",
        _worst(rows),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Evaluation: {escape(name)}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _figures(rows: Sequence[Row]) -> list[tuple[str, float | None, str]]:
    """Return (name, value 0..1, what it means)."""
    gold, other = _with_gold(rows), [row for row in rows if not row["answerable"]]
    answerable = [row for row in rows if row["answerable"]]
    return [
        ("hit@5", _share(_within(row, _TOP) for row in gold), "the supporting passage is among the first five"),
        ("MRR@5", _mean([1 / row["rank"] if _within(row, _TOP) else 0.0 for row in gold]), "mean of 1 / its rank"),
        ("AUROC", _auroc(rows), "sufficiency of answerable above that of other questions"),
        ("answered", _share(_is(row, "answered") for row in answerable), "of the answerable questions, at once"),
        ("to a person", _share(_is(row, "needs_review") for row in answerable), "of the answerable questions"),
        ("wrongly answered", _share(_is(row, "answered") for row in other), "of the questions without an answer"),
    ]


def _tile(name: str, value: float | None, meaning: str) -> str:
    return f"<div class=tile>{escape(name)}<b>{_number(value)}</b><span class=soft>{escape(meaning)}</span></div>"


def _outcomes(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys((row["answerable"], row["category"]) for row in rows))
    bars = []
    for answerable, category in sorted(names, key=lambda item: (not item[0], item[1])):
        inside = [row for row in rows if (row["answerable"], row["category"]) == (answerable, category)]
        counts = [(kind, sum(_is(row, kind) for row in inside)) for kind in _KINDS]
        bars.append((f"{category or 'no category'}{'' if answerable else ', no answer'}", [c for c in counts if c[1]]))
    kinds = "".join(f'<span class="{kind}">■ {kind.replace("_", " ")}</span>' for kind in _KINDS)
    return f"{stacked(bars)}<p class=kinds>{kinds}</p>"


def _plots(rows: Sequence[Row], earlier: Sequence[Row] | None) -> str:
    runs = [("this run", "a", rows), *([("earlier run", "b", earlier)] if earlier else [])]

    def curves(points: Callable[[Sequence[Row]], list[tuple[float, float, str]]], *, dots: bool = False) -> list[Curve]:
        return [Curve(name, points(run), style, dots) for name, style, run in runs]

    pictures = [
        (
            "Retrieval: share of questions whose passage is among the first k (x: k of 20)",
            plot("k / 20", "share found", curves(_hit_curve)),
        ),
        (
            "Reliability: what share of questions with this sufficiency is answerable",
            plot("sufficiency", "answerable", curves(_reliability, dots=True), diagonal=True),
        ),
        (
            "Risk and coverage: what each threshold lets by of answerable (x) and of other questions (y)",
            plot("answerable questions that pass", "other questions that pass", curves(_risk)),
        ),
    ]
    return "".join(f"<figure>{picture}<figcaption>{escape(words)}</figcaption></figure>" for words, picture in pictures)


def _hit_curve(rows: Sequence[Row]) -> list[tuple[float, float, str]]:
    gold = _with_gold(rows)
    found = [(k, _share(_within(row, k) for row in gold) or 0.0) for k in range(1, _DEPTH + 1)]
    return [(k / _DEPTH, share, f"first {k}: {share:.1%}") for k, share in found]


def _reliability(rows: Sequence[Row]) -> list[tuple[float, float, str]]:
    """Return equally filled bins of the sufficiency: (mean of it, share answerable)."""
    scored = sorted((row["sufficiency"] or 0.0, bool(row["answerable"])) for row in rows)
    size = max(1, -(-len(scored) // _BINS))
    bins = [scored[start : start + size] for start in range(0, len(scored), size)]
    points = [(statistics.fmean(s for s, _ in b), statistics.fmean(a for _, a in b), len(b)) for b in bins]
    return [(x, y, f"sufficiency {x:.2f}: {y:.0%} of {count} answerable") for x, y, count in points]


def _risk(rows: Sequence[Row]) -> list[tuple[float, float, str]]:
    good = [row["sufficiency"] or 0.0 for row in rows if row["answerable"]]
    other = [row["sufficiency"] or 0.0 for row in rows if not row["answerable"]]
    points = []
    for cut in (step / 50 for step in range(51)):
        x, y = _share(s >= cut for s in good) or 0.0, _share(s >= cut for s in other) or 0.0
        points.append((x, y, f"threshold {cut:.2f}: {x:.0%} of answerable, {y:.0%} of other questions pass"))
    return points


def _stages(rows: Sequence[Row]) -> str:
    names = {stage for row in rows for stage in row["stage_ms"]}
    times = {name: sorted(row["stage_ms"][name] for row in rows if name in row["stage_ms"]) for name in names}
    lines = [
        f"<tr><td>{escape(name)}</td><td class=n>{len(spent)}</td><td class=n>{_at(spent, 0.5):.1f}</td>"
        f"<td class=n>{_at(spent, 0.95):.1f}</td></tr>"
        for name, spent in sorted(times.items(), key=lambda item: -_at(item[1], 0.95))
    ]
    head = "<tr><th>stage</th><th class=n>requests</th><th class=n>median ms</th><th class=n>95% within ms</th></tr>"
    return f"<table>{head}{''.join(lines)}</table>"


def _worst(rows: Sequence[Row]) -> str:
    """Return the questions answered without an answer, then those whose passage was found late or not at all."""
    wrong = [row for row in rows if not row["answerable"] and _is(row, "answered")]
    late = sorted(_with_gold(rows), key=lambda row: -(row["rank"] or _DEPTH + 1))
    chosen = [(row, "answered, though the documents have no answer") for row in wrong]
    chosen += [(row, _late(row)) for row in late if not _within(row, 1)]
    return "".join(_question(row, why) for row, why in chosen[:_WORST]) or "<p>None: every passage was found first.</p>"


def _late(row: Row) -> str:
    place = f"its passage is at place {row['rank']}" if row["rank"] else f"its passage is not among the first {_DEPTH}"
    return f"{place}; {row['outcome'].replace('_', ' ')}"


def _question(row: Row, why: str) -> str:
    found = "".join(
        f"<p><b>{escape(_place(chunk))}</b> <span class=soft>{chunk['score']:.3f}</span></p>"
        f"<blockquote>{escape(chunk['text'][:_EXCERPT])}</blockquote>"
        for chunk in row["retrieved"][:3]
    )
    sufficiency = row["sufficiency"]
    score = "" if sufficiency is None else f", sufficiency {sufficiency:.2f}"
    return (
        f"<details><summary><b>{escape(row['question'])}</b> <span class=soft>{escape(row['id'])}: {escape(why)}{score}"
        f"</span></summary>{found or '<p>Nothing was found.</p>'}</details>"
    )


def _place(chunk: dict[str, Any]) -> str:
    return f"{chunk['title']} > {chunk['heading']}" if chunk["heading"] else str(chunk["title"])


def _comparison(rows: Sequence[Row], earlier: Sequence[Row]) -> str:
    lines = [
        f"<tr><td>{escape(name)}</td><td class=n>{_number(before)}</td><td class=n>{_number(after)}</td>"
        f"<td class=n>{'' if before is None or after is None else f'{after - before:+.3f}'}</td></tr>"
        for (name, after, _), (_, before, _) in zip(_figures(rows), _figures(earlier), strict=True)
    ]
    known = {row["id"]: row for row in earlier}
    changed = [(known[row["id"]], row) for row in rows if row["id"] in known and _differs(known[row["id"]], row)]
    listed = "".join(
        f"<tr><td>{escape(after['question'])}</td><td>{_state(before)}</td><td>{_state(after)}</td></tr>"
        for before, after in changed
    )
    return (
        "<h2>Compared with the earlier run</h2><table><tr><th></th><th class=n>earlier</th><th class=n>now</th>"
        f"<th class=n>change</th></tr>{''.join(lines)}</table><details><summary>{len(changed)} questions changed"
        f"</summary><table><tr><th>question</th><th>earlier</th><th>now</th></tr>{listed}</table></details>"
    )


def _differs(before: Row, after: Row) -> bool:
    return (before["outcome"], before["rank"]) != (after["outcome"], after["rank"])


def _state(row: Row) -> str:
    place = f"passage at {row['rank']}" if row["rank"] else ("passage not found" if row.get("answerable") else "")
    return escape(", ".join(part for part in (row["outcome"].replace("_", " "), place) if part))


def _with_gold(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["answerable"] and row.get("has_gold", True)]


def _within(row: Row, depth: int) -> bool:
    return row["rank"] is not None and row["rank"] <= depth


def _is(row: Row, kind: str) -> bool:
    return bool(row["outcome"] == kind)


def _auroc(rows: Sequence[Row]) -> float | None:
    good = [row["sufficiency"] or 0.0 for row in rows if row["answerable"]]
    other = [row["sufficiency"] or 0.0 for row in rows if not row["answerable"]]
    return _mean([(a > b) + 0.5 * (a == b) for a in good for b in other])


def _share(values: Iterable[bool]) -> float | None:
    return _mean([float(value) for value in values])


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
