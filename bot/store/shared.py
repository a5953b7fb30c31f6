"""What several processes share beside the tables of `bot.store.port`: signals, locks, replicas, installations.

With the store in a file there is one process, and the same calls work within it.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.store.records import Installed, Replica, Signal

# Topics of signals: a queue has something to do; a running question is interrupted, or all of somebody's in a thread;
# the approved answers have changed; another snapshot is live.
INBOX, OUTBOX, INTERRUPT, STOP, CURATED = "inbox", "outbox", "interrupt", "stop", "curated"
SNAPSHOT = "snapshot"


class Signals(Protocol):
    """Short words from one process to all, itself included. A signal may be lost, so whoever waits also looks."""

    async def notify(self, topic: str, what: str = "") -> None:
        """Send a signal: in a transaction when it is committed, else at once. `what` is an id, never a text."""


class Listening(Protocol):
    """The receiving end of `Signals`."""

    def listen(self) -> AsyncIterator[Signal]:
        """Yield signals as they come, for ever.

        The first one, and the first one after a broken connection, has no topic: from then on signals arrive, and any
        may have been missed before.
        """


class Locks(Protocol):
    """Locks for work that one process does at a time."""

    def lead(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Yield whether this process holds the lock while the body runs; False if another one does.

        A process that dies, is frozen for long, or loses its connection, holds it no more. Then the body is cancelled,
        and StoreError raised. For some seconds before it both may work, so what they do must bear being done twice.
        """


class OwnTenants(Protocol):
    """The ids of tenants that have documents, reviewers and admins of their own, or had once.

    What was stored for a tenant that the settings name no more is nobody's: it must not pass to others.
    """

    async def put(self, tenant_ids: Collection[str]) -> None:
        """Store that these tenants are apart."""

    async def ids(self) -> frozenset[str]:
        """Return the ids of all that are or were apart."""


class Replicas(Protocol):
    """The processes that serve, as far as they were heard of."""

    async def put(self, owner: str, version: str, snapshot: str) -> None:
        """Store that a process is alive, which release it runs, and which snapshot it serves ("" for none)."""

    async def listed(self, seen_within_s: float) -> list[Replica]:
        """Return the processes that were seen in the last seconds, the oldest first."""

    async def remove(self, owner: str) -> None:
        """Delete a process that has ended."""

    async def purge(self, seen_before_s: float) -> int:
        """Delete processes that were not seen for so many seconds; return how many."""


class Installations(Protocol):
    """The workspaces in which a chat app is installed, with its tokens."""

    async def save(self, installed: Installed) -> None:
        """Store an installation. It replaces an earlier one of the same person in the same workspace."""

    async def newest(self, app: str, tenant_id: str, user_id: str | None = None) -> Installed | None:
        """Return the newest installation in a workspace, by this person if one is given; None if there is none."""

    async def first_tenant(self, app: str) -> str | None:
        """Return the workspace whose installation is the oldest; None if there is none.

        Until the transaction ends, others that ask for it wait.
        """

    async def delete(self, app: str, tenant_id: str, user_id: str | None = None) -> None:
        """Delete the installations in a workspace, those by one person if one is given."""

    async def listed(self, app: str) -> list[Installed]:
        """Return all installations."""

    async def replace(self, installed: Installed, payload: str) -> None:
        """Give an installation another payload, unless it has changed meanwhile. It does not become newer."""


class SignInStates(Protocol):
    """Random words that an installation carries through the browser and back. Each is good once."""

    async def issue(self, state: str, lifetime_s: float) -> None:
        """Store a state that is good for so many seconds."""

    async def consume(self, state: str) -> bool:
        """Tell whether a state is good; it is so no more."""
