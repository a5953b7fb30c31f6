"""The model provider port, in a module of its own so that using it loads no client."""

from collections.abc import Callable
from typing import Protocol

from pipeline.types import Completion, Deadline, Prompt


class ModelProvider(Protocol):
    """Writes a completion for a prompt."""

    name: str
    model: str

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return, by name of the server, whether its circuit is open."""

    async def complete(self, prompt: Prompt, deadline: Deadline, attempted: Callable[[], None]) -> Completion:
        """Return raw text. Calls `attempted` before each request. Raises a ModelError."""

    async def aclose(self) -> None:
        """Close the connections to all servers."""
