"""What is said about model servers: to askers why no model wrote, to admins why a request failed."""

from collections import Counter
from collections.abc import Sequence

from pipeline.types import Failure, ModelProblem

_GAVE_NONE = "The writing model gave no answer."
_OWN_WORDS = "These are the documents' own words."
_TO_ASKERS = {
    Failure.MODEL_TIMEOUT: "The writing model did not answer in time.",
    Failure.MODEL_DOWN: "The writing model could not be reached.",
    Failure.CIRCUIT_OPEN: "The writing model could not be reached.",
    Failure.MODEL_RATE_LIMITED: "The writing model is too busy right now.",
    Failure.MODEL_REFUSED: "The writing model's server refused the request.",
    Failure.CONTENT_FILTER: "The writing model's provider declined to answer this.",
    Failure.SCHEMA_INVALID: "The writing model's reply could not be read.",
    Failure.MODEL_EMPTY: _GAVE_NONE,
    Failure.MODEL_CUT_OFF: _GAVE_NONE,
}
_TO_ADMINS = {
    Failure.MODEL_TIMEOUT: "the model did not answer in time",
    Failure.MODEL_DOWN: "the server could not be reached, or failed",
    Failure.CIRCUIT_OPEN: "the server kept failing and is left alone for a while",
    Failure.MODEL_RATE_LIMITED: "the server lets no more requests pass",
    Failure.MODEL_REFUSED: "the model refused the request",
    Failure.MODEL_EMPTY: "the model said nothing",
    Failure.MODEL_CUT_OFF: "the reply was cut off at its token limit",
    Failure.CONTENT_FILTER: "the provider's content filter, or the model, declined",
    Failure.SCHEMA_INVALID: "the reply could not be read",
}


def no_model_words(reason: Failure | None) -> str:
    """Return why no model wrote an answer, for the asker; "" if that is not the reason."""
    return _TO_ASKERS.get(reason, "") if reason else ""


def degraded_words(reason: Failure | None) -> str:
    """Return why quotes take the place of a model's wording, for the asker."""
    return f"{no_model_words(reason) or _GAVE_NONE} {_OWN_WORDS}"


def problem_words(problem: ModelProblem) -> str:
    """Return why a request to a model server failed: "the model refused the request (status 400, …)"."""
    what = _TO_ADMINS.get(problem.failure, str(problem.failure))
    facts = [f"status {problem.status}"] if problem.status else []
    named = [name for name in (problem.code, problem.parameter) if name]
    facts += [": ".join(named)] if named else []
    facts += [f"finish reason {problem.finish_reason}"] if problem.finish_reason else []
    facts += [f"after {problem.seconds:.1f} s"] if problem.failure is Failure.MODEL_TIMEOUT else []
    return f"{what} ({', '.join(facts)})" if facts else what


def problem_lines(problems: Sequence[ModelProblem]) -> list[str]:
    """Return a line for each failed request, with its server and model; the same one several times is one line."""
    lines = Counter(
        f"{p.server} ({p.model}): {problem_words(p)}{', asked again in another way' if p.learnt else ''}"
        for p in problems
    )
    return [f"{line}, {count} times" if count > 1 else line for line, count in lines.items()]
