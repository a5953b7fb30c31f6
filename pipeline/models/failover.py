"""Failover: ask several servers in order, each within its share of the time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pipeline.errors import ModelError, SchemaError
from pipeline.models.provider import ModelProvider
from pipeline.types import Deadline, Failure

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Servers:
    """The model servers in the order in which they are asked; each has its own retries and circuit breaker."""

    providers: tuple[ModelProvider, ...]

    @property
    def name(self) -> str:
        """Name of the first server."""
        return self.providers[0].name

    @property
    def model(self) -> str:
        """The models of all servers."""
        return "+".join(provider.model for provider in self.providers)

    @property
    def open_circuits(self) -> dict[str, bool]:
        """Return, by name of the server, whether its circuit is open."""
        return {provider.name: provider.circuit_is_open for provider in self.providers}

    async def ask(self, ask: Callable[[ModelProvider, Deadline], Awaitable[T]], deadline: Deadline) -> T:
        """Return what `ask` gets from the first server that gives it. Raises the last one's ModelError or SchemaError.

        The next server is asked after any failure, also a reply that cannot be read. A policy refusal is final: no
        other model is asked for what one refused to say.
        """
        *others, last = self.providers
        for at, provider in enumerate(others):
            share = deadline.remaining() / (len(self.providers) - at)
            try:
                return await ask(provider, Deadline(deadline.now() + share, deadline.now))
            except (ModelError, SchemaError) as error:
                if error.failure is Failure.CONTENT_FILTER:
                    raise
        return await ask(last, deadline)

    async def aclose(self) -> None:
        """Close the connections to all servers."""
        for provider in self.providers:
            await provider.aclose()
