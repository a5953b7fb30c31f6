"""What the pipeline needs of whoever writes drafts; who needs no server need not load a client for one."""

from collections.abc import Callable
from typing import Protocol

from pipeline.types import Completion, Deadline, Prompt


class ModelProvider(Protocol):
    """Writes a completion for a prompt."""

    name: str
    model: str

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return, by name of the server, whether it is left alone now."""

    async def complete(self, prompt: Prompt, deadline: Deadline, attempted: Callable[[], None]) -> Completion:
        """Return raw text. Calls `attempted` before each request. Raises ModelError subclasses."""

    async def aclose(self) -> None:
        """Close the connections to all servers."""
