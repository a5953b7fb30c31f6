"""What the pipeline raises: one class per decision, each tied to a row of the fallback table."""

from index.errors import CitedeskError
from pipeline.types import Failure, Finding


class PipelineError(CitedeskError):
    """Ends a stage; `failure` names the row of the fallback table that decides."""

    failure: Failure = Failure.INTERNAL


class LimitReachedError(PipelineError):
    """An input, rate or queue limit; `retry_after` is in seconds, None if waiting does not help."""

    def __init__(self, failure: Failure, limit: int, retry_after: float | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.limit = limit
        self.retry_after = retry_after


class ModelError(PipelineError):
    """A provider gave no usable completion."""

    failure = Failure.MODEL_DOWN


class RetryableModelError(ModelError):
    """Worth another attempt; `retry_after` is what the server asked for, in seconds."""

    def __init__(self, failure: Failure, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(f"{failure} (status {status})")
        self.failure = failure
        self.retry_after = retry_after
        self.status = status
        self.server_code = ""


class PermanentModelError(ModelError):
    """Another attempt would fail alike: credentials, quota, context length, policy, bad request."""

    def __init__(self, failure: Failure, status: int | None = None, code: str = "") -> None:
        super().__init__(f"{failure} (status {status})")
        self.failure = failure
        self.status = status
        self.server_code = code


class CircuitOpenError(ModelError):
    """The provider failed so often that it is left alone for a while."""

    failure = Failure.CIRCUIT_OPEN


class SchemaError(PipelineError):
    """The completion is not in the agreed shape; the message says where, without its text."""

    failure = Failure.SCHEMA_INVALID


class PolicyError(PipelineError):
    """The reply must not be shown to anybody."""

    failure = Failure.POLICY

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("policy")
        self.findings = findings
