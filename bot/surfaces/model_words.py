"""What is said about model servers: to askers why no model wrote, to admins why a request failed."""

from collections import Counter
from collections.abc import Sequence

from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Failure, ModelProblem


def no_model_words(reason: Failure | None, words: Words = ENGLISH) -> str:
    """Return why no model wrote an answer, for the asker; "" if that is not the reason."""
    return words.of("no-model", reason) if reason else ""


def degraded_words(reason: Failure | None, words: Words = ENGLISH) -> str:
    """Return why quotes take the place of a model's wording, for the asker."""
    why = no_model_words(reason, words) or no_model_words(Failure.MODEL_EMPTY, words)
    return f"{why} {words('own-words')}"


def problem_words(problem: ModelProblem, words: Words = ENGLISH) -> str:
    """Return why a request to a model server failed: "the model refused the request (status 400, …)"."""
    what = words.of("problem", problem.failure) or str(problem.failure)
    facts = [words("problem-status", status=str(problem.status))] if problem.status else []
    named = [name for name in (problem.code, problem.parameter) if name]
    facts += [": ".join(named)] if named else []
    facts += [words("problem-finish-reason", reason=problem.finish_reason)] if problem.finish_reason else []
    facts += [words("problem-seconds", seconds=problem.seconds)] if problem.failure is Failure.MODEL_TIMEOUT else []
    return f"{what} ({', '.join(facts)})" if facts else what


def problem_lines(problems: Sequence[ModelProblem], words: Words = ENGLISH) -> list[str]:
    """Return a line for each failed request, with its server and model; the same one several times is one line."""
    lines = Counter(_line(problem, words) for problem in problems)
    return [words("problem-times", problem=line, count=count) if count > 1 else line for line, count in lines.items()]


def _line(problem: ModelProblem, words: Words) -> str:
    line = f"{problem.server} ({problem.model}): {problem_words(problem, words)}"
    return words("problem-learnt", problem=line) if problem.learnt else line
