"""The exceptions of the pipeline: one class per decision, each tied to a row of the fallback table."""

from dataclasses import dataclass

from index.errors import CitedeskError
from pipeline.types import Failure, Finding


class PipelineError(CitedeskError):
    """Ends a stage; `failure` names the row of the fallback table that decides."""

    failure: Failure = Failure.INTERNAL


class AskAgainError(CitedeskError):
    """Something is away for a moment without which the right answer is not known, so there is no outcome.

    Whoever asked the pipeline asks it again later.
    """

    code = "ASK_AGAIN"


class LimitReachedError(PipelineError):
    """An input, rate or queue limit is reached; `retry_after` is in seconds, None if waiting does not help."""

    def __init__(self, failure: Failure, limit: int, retry_after: float | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.limit = limit
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Why:
    """What a server said of a request that failed: names and numbers, "" and None where it said nothing."""

    status: int | None = None
    code: str = ""
    parameter: str = ""
    finish_reason: str = ""


class ModelError(PipelineError):
    """A provider gave no usable completion."""

    failure = Failure.MODEL_DOWN

    def __init__(self, failure: Failure | None = None, why: Why | None = None) -> None:
        self.failure = failure or self.failure
        self.why = why or Why()
        super().__init__(f"{self.failure} (status {self.why.status})")


class RetryableModelError(ModelError):
    """Another attempt may work; `retry_after` is the wait that the server asked for, in seconds."""

    def __init__(self, failure: Failure, retry_after: float | None = None, why: Why | None = None) -> None:
        super().__init__(failure, why)
        self.retry_after = retry_after


class PermanentModelError(ModelError):
    """Another attempt would fail too: credentials, quota, context length, policy, bad request."""


class CircuitOpenError(ModelError):
    """The circuit breaker refuses the request, because the provider kept failing."""

    failure = Failure.CIRCUIT_OPEN


class SchemaError(PipelineError):
    """The completion does not match the reply schema; the message says where, without quoting it."""

    failure = Failure.SCHEMA_INVALID


class PolicyError(PipelineError):
    """Nobody may see the reply; `findings` say why."""

    failure = Failure.POLICY

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("policy")
        self.findings = findings
