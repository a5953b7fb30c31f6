"""Who is told of requests to models while a question is answered."""

from typing import Protocol

from pipeline.types import Completion, Failure, ModelProblem


class RequestLog(Protocol):
    """Told of every request to a model server."""

    def attempted(self) -> None:
        """Note that an attempt begins."""

    def failed(self, problem: ModelProblem) -> None:
        """Note why a request failed, or why its reply could not be read."""


def unreadable(completion: Completion, *, is_counted: bool) -> ModelProblem:
    """Return the problem of a completion that cannot be read, with its tokens if they are not counted elsewhere."""
    problem = ModelProblem(
        server=completion.provider,
        model=completion.model,
        failure=Failure.SCHEMA_INVALID,
        finish_reason=completion.finish_reason,
    )
    if is_counted:
        return problem
    spent = {name: getattr(completion, name) for name in ("input_tokens", "output_tokens", "cost_usd")}
    return problem.model_copy(update=spent)
