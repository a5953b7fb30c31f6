"""The model provider port, in a module of its own so that using it loads no client."""

from typing import Protocol

from pipeline.request_log import RequestLog
from pipeline.types import Completion, Deadline, Prompt


class ModelProvider(Protocol):
    """One server with one model; writes a completion for a prompt."""

    name: str
    model: str

    @property
    def circuit_is_open(self) -> bool:
        """Whether the server is left alone now, because it kept failing."""

    async def complete(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:
        """Return raw text that is not empty. Raises a ModelError."""

    async def aclose(self) -> None:
        """Close the connections to the server."""
