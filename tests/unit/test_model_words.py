import pytest

from bot.surfaces.model_words import degraded_words, problem_lines
from pipeline.types import Failure, ModelProblem

_DOWN = ModelProblem(server="openai", model="m", failure=Failure.MODEL_DOWN, code="connection_refused")


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (_DOWN, "openai (m): the server could not be reached, or failed (connection_refused)"),
        (
            ModelProblem(
                server="b", model="m", failure=Failure.MODEL_REFUSED, status=400, code="bad",
                parameter="top_p", learnt=True,
            ),
            "b (m): the model refused the request (status 400, bad: top_p), asked again in another way",
        ),
        (
            ModelProblem(server="b", model="m", failure=Failure.MODEL_CUT_OFF, finish_reason="length"),
            "b (m): the reply was cut off at its token limit (finish reason length)",
        ),
        (
            ModelProblem(server="b", model="m", failure=Failure.MODEL_TIMEOUT, code="read_timeout", seconds=30.04),
            "b (m): the model did not answer in time (read_timeout, after 30.0 s)",
        ),
        (ModelProblem(server="b", model="m", failure=Failure.MODEL_EMPTY), "b (m): the model said nothing"),
    ],
)  # fmt: skip
def test_a_failed_request_is_told_with_what_the_server_named(problem: ModelProblem, line: str) -> None:
    assert problem_lines([problem]) == [line]


def test_the_same_problem_several_times_is_one_line() -> None:
    (line,) = problem_lines([_DOWN] * 3)
    assert line.endswith("(connection_refused), 3 times")


@pytest.mark.parametrize("reason", [None, *Failure])
def test_quotes_without_a_model_always_say_whose_words_they_are(reason: Failure | None) -> None:
    assert degraded_words(reason).endswith("These are the documents' own words.")
