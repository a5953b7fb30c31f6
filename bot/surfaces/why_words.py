"""Why a request ended so, as one paragraph for an admin (pure). It never holds the question or a text of a document."""

from collections import Counter
from collections.abc import Iterable

from bot.desk.explaining import Explained
from bot.desk.permissions import Called
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Failure, ModelProblem, Trace

OK = "OK"
_NEAR_SHOWN = 2
_MODEL_FAILURES = frozenset(
    {
        Failure.MODEL_TIMEOUT, Failure.MODEL_DOWN, Failure.MODEL_RATE_LIMITED, Failure.MODEL_REFUSED,
        Failure.MODEL_EMPTY, Failure.MODEL_CUT_OFF, Failure.CONTENT_FILTER, Failure.CIRCUIT_OPEN,
        Failure.SCHEMA_INVALID,
    }
)  # fmt: skip
_CACHES = frozenset({"fresh_answer_cache", "stale_answer_cache"})


def why_words(found: Explained, called: Called, literal: Called = str, words: Words = ENGLISH) -> str:
    """Return the paragraph: what was found, how good it is, which rule or server decided, and what to do.

    `called` returns how a chat product shows a user id, `literal` a text so that it is no markup.
    """
    trace = found.trace
    parts = [
        *_search_sentences(found, called, literal, words),
        *_verdict_sentences(trace, literal, words),
        *_reader_sentences(trace, literal, words),
        _review_sentence(found, called, words),
        _advice(found, words),
    ]
    return " ".join(part for part in parts if part)


def _search_sentences(found: Explained, called: Called, literal: Called, words: Words) -> Iterable[str]:
    trace, asker = found.trace, called(found.trace.user_id)
    if trace.sufficiency is None:
        yield words("why-not-searched", asker=asker)
        return
    if found.documents is None:
        yield words("why-searched-before", asker=asker)
    else:
        yield words("why-searched", asker=asker, documents=found.documents)
    yield words("why-corrected") if trace.corrected else ""
    yield words("why-reduced") if trace.reduced else ""
    yield _best_sentence(found, literal, words)
    yield _bar_sentence(found, words)
    yield words("why-withheld", count=trace.withheld) if trace.withheld else ""


def _best_sentence(found: Explained, literal: Called, words: Words) -> str:
    fit = found.trace.sufficiency or 0.0
    if found.best == "readable":
        near = [words("why-title", title=literal(title)) for title in found.titles[1 : 1 + _NEAR_SHOWN]]
        best = words("why-best", title=literal(found.titles[0]), fit=fit)
        return f"{best} {words('why-near', titles=', '.join(near))}" if near else best
    return "" if found.best == "none" else words.of("why-best", found.best, fit=fit)


def _bar_sentence(found: Explained, words: Words) -> str:
    held, trace = found.thresholds, found.trace
    if held is None or found.best == "none":
        return ""
    asks = held.ask_from is not None and trace.verdict not in _MODEL_FAILURES
    bar = held.ask_from if asks and held.ask_from is not None else held.quote_from
    said = words("why-bar-today" if held.of_today else "why-bar", rule="ask" if asks else "quote", bar=bar)
    is_named = trace.verdict == OK and not held.of_today and (trace.sufficiency or 0.0) < bar
    return f"{said} {words('why-named')}" if is_named else said


def _verdict_sentences(trace: Trace, literal: Called, words: Words) -> Iterable[str]:
    if not _is_known(trace.verdict):
        yield words("why-unknown", code=literal(trace.verdict))
    else:
        yield words.of("why", trace.verdict, form=_form(trace))
    if trace.verdict in _MODEL_FAILURES:
        yield words("why-instead", kind=_instead(trace))


def _reader_sentences(trace: Trace, literal: Called, words: Words) -> Iterable[str]:
    """Yield which servers were asked, what failed there, and what the second reader and the checks said."""
    if trace.attempts and trace.llm_provider and trace.fallback_used != "extractive":
        server, model = literal(trace.llm_provider), literal(trace.model_alias or "?")
        yield words("why-model", requests=trace.attempts, server=server, model=model)
    elif not trace.attempts and trace.sufficiency is not None:
        yield words("why-no-model")
    if trace.model_problems:
        yield words("why-problems", list=_problems(trace.model_problems, literal, words))
    if trace.judge and trace.verdicts:
        said = (words.of("why-verdict", verdict, count=n) for verdict, n in Counter(trace.verdicts).items())
        yield words("why-judge", judge=literal(trace.judge), list=", ".join(filter(None, said)))
    if trace.findings:
        counted = Counter(words.of("why-finding", code) for code in trace.findings)
        yield words("why-findings", list=_listed(counted))


def _review_sentence(found: Explained, called: Called, words: Words) -> str:
    review = found.review
    if review is None:
        return ""
    day = words.day(review.decided_at) if review.decided_at else ""
    return words("why-review", state=review.state, person=called(review.decided_by or ""), day=day)


def _advice(found: Explained, words: Words) -> str:
    """Return what to do; "" for a code of another version, and where somebody has decided already."""
    is_decided = found.review is not None and found.review.state in {"approved", "edited", "rejected"}
    verdict = found.trace.verdict
    return words.of("why", f"{verdict}-do") if _is_known(verdict) and not is_decided else ""


def _problems(problems: Iterable[ModelProblem], literal: Called, words: Words) -> str:
    return _listed(Counter(_problem(problem, literal, words) for problem in problems))


def _problem(problem: ModelProblem, literal: Called, words: Words) -> str:
    what = words.of("problem", problem.failure) or str(problem.failure)
    named = ": ".join(literal(name) for name in (problem.code, problem.parameter) if name)
    status = f"HTTP {problem.status}" if problem.status else ""
    slow = f"{problem.seconds:.1f} s" if problem.failure is Failure.MODEL_TIMEOUT else ""
    facts = ", ".join(fact for fact in (status, named, literal(problem.finish_reason), slow) if fact)
    return f"{literal(problem.server)} ({literal(problem.model)}): {what}{f' ({facts})' if facts else ''}"


def _listed(counts: Counter[str]) -> str:
    return "; ".join(f"{text} ({count}x)" if count > 1 else text for text, count in counts.items())


def _form(trace: Trace) -> str:
    if trace.form == "remembered":
        return "remembered"
    if trace.curated_id:
        return "approved"
    if trace.fallback_used in _CACHES:
        return "cached"
    return "proved-quotes" if trace.form == "quoted" and trace.attempts else trace.form or "written"


def _instead(trace: Trace) -> str:
    if trace.fallback_used in _CACHES:
        return "cache"
    if trace.outcome in {"answered", "needs_review"}:
        return "quotes"
    return "too-low" if trace.outcome == "not_enough_info" else "nothing"


def _is_known(verdict: str) -> bool:
    return verdict == OK or verdict in Failure.__members__
