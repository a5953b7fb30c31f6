"""What several processes share beside the tables of `bot.store.port`: signals, locks, versions, snapshots, replicas.

With the store in a file there is one process, and the same calls work within it.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.store.records import Installed, Replica, Signal, Snapshot

# Topics of signals: a queue has something to do; a running question is interrupted, or all of somebody's in a thread;
# the approved answers have changed.
INBOX, OUTBOX, INTERRUPT, STOP, CURATED = "inbox", "outbox", "interrupt", "stop", "curated"


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

        A process that dies, or loses its connection, holds it no more.
        """


class Versions(Protocol):
    """Numbers that grow with each change of what processes keep in memory."""

    async def bump(self, name: str) -> int:
        """Count a change, in the transaction that makes it. Return the new number."""

    async def number(self, name: str) -> int:
        """Return the number of changes so far."""


class Snapshots(Protocol):
    """The snapshots of the index. At most one is live."""

    async def put(self, snapshot: Snapshot) -> bool:
        """Store a snapshot that is building or ready; it replaces one of its name. Return False if that was live."""

    async def get(self, name: str) -> Snapshot | None:
        """Return a snapshot; None if there is none of this name."""

    async def live(self) -> Snapshot | None:
        """Return the live snapshot; None if there is none."""

    async def make_live(self, name: str) -> bool:
        """Make a ready or retired snapshot live and retire the one that was; call it in a transaction.

        Return False, and change nothing, if there is no such snapshot.
        """

    async def listed(self) -> list[Snapshot]:
        """Return all snapshots, the newest first."""

    async def forget(self, name: str) -> bool:
        """Delete a snapshot. Return False if there is none of this name, or if it is live."""


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
        """Return the workspace whose installation is the oldest; None if there is none."""

    async def delete(self, app: str, tenant_id: str, user_id: str | None = None) -> None:
        """Delete the installations in a workspace, those by one person if one is given."""


class SignInStates(Protocol):
    """Random words that an installation carries through the browser and back. Each is good once."""

    async def issue(self, state: str, lifetime_s: float) -> None:
        """Store a state that is good for so many seconds."""

    async def consume(self, state: str) -> bool:
        """Tell whether a state is good; it is so no more."""
