"""Failover: ask several providers in order, each within its share of the time."""

from collections.abc import Callable, Sequence

from pipeline.errors import ModelError
from pipeline.models.provider import ModelProvider
from pipeline.types import Completion, Deadline, Failure, Prompt


class FailoverProvider:
    """Asks the next provider when one fails; each has its own retries and circuit breaker.

    A policy refusal is final: no other model is asked for what one refused to say.
    """

    def __init__(self, providers: Sequence[ModelProvider]) -> None:
        self._providers = tuple(providers)
        self.name = self._providers[0].name
        self.model = "+".join(provider.model for provider in self._providers)

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return, by name of the server, whether its circuit is open."""
        return {name: is_open for provider in self._providers for name, is_open in provider.open_circuits.items()}

    async def complete(self, prompt: Prompt, deadline: Deadline, attempted: Callable[[], None]) -> Completion:
        """Return the first completion. Raises the last provider's ModelError."""
        *others, last = self._providers
        for at, provider in enumerate(others):
            share = deadline.remaining() / (len(self._providers) - at)
            try:
                return await provider.complete(prompt, Deadline(deadline.now() + share, deadline.now), attempted)
            except ModelError as error:
                if error.failure is Failure.CONTENT_FILTER:
                    raise
        return await last.complete(prompt, deadline, attempted)

    async def aclose(self) -> None:
        """Close the connections to all servers."""
        for provider in self._providers:
            await provider.aclose()
