"""The store in one SQLite file."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from bot.store.forgetting import UndoneError, forget_person
from bot.store.records import ALL_TENANTS, NEGLECTED_S, Counts, Forgotten, Retention, Scope, Signal
from bot.store.retention import purge
from bot.store.shared import Signals
from bot.store.sqlite.curated import CuratedTable, GapTable
from bot.store.sqlite.database import Database, Executor
from bot.store.sqlite.journal import empty_journal
from bot.store.sqlite.posted import PeopleTable, PostedTable, TurnTable
from bot.store.sqlite.queues import QueueTable
from bot.store.sqlite.requests import FeedbackTable, RequestTable, ThreadTable
from bot.store.sqlite.reviews import ReviewTable
from bot.store.sqlite.scopes import IN_SCOPE, scope_values
from bot.store.sqlite.shared import (
    InstallationTable,
    OwnTenantTable,
    ReplicaTable,
    SignInStateTable,
)
from bot.store.sqlite.signals import InProcess, SentAtOnce, SentAtTheEnd
from bot.store.writable import check_writable


class SqliteTables:
    """All tables, on one executor."""

    def __init__(self, database: Executor, signals: Signals) -> None:
        self.inbox = QueueTable(database, "inbox")
        self.outbox = QueueTable(database, "outbox")
        self.builds = QueueTable(database, "builds")
        self.reviews = ReviewTable(database)
        self.requests = RequestTable(database)
        self.feedback = FeedbackTable(database)
        self.curated = CuratedTable(database)
        self.gaps = GapTable(database)
        self.posted = PostedTable(database)
        self.turns = TurnTable(database)
        self.people = PeopleTable(database)
        self.threads = ThreadTable(database)
        self.signals = signals
        self.replicas = ReplicaTable(database)
        self.installations = InstallationTable(database)
        self.sign_in_states = SignInStateTable(database)
        self.own_tenants = OwnTenantTable(database)


class SqliteStore(SqliteTables):
    """`bot.store.port.Store` in one file. `now` returns the time in UTC."""

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._database = Database(file, now)
        self._process = InProcess()
        super().__init__(self._database, SentAtOnce(self._process))

    async def open(self) -> Self:
        """Open the file, creating or migrating it. Raises StoreError."""
        await self._database.open()
        return self

    async def close(self) -> None:
        """Finish waiting calls and close the file."""
        await self._database.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqliteTables]:
        """Begin a transaction, as `bot.store.port` describes. Raises StoreError."""
        signals = SentAtTheEnd(self._process)
        async with self._database.transaction() as transaction:
            yield SqliteTables(transaction, signals)
        signals.send()

    def listen(self) -> AsyncIterator[Signal]:
        """Yield the signals of this process as they come, for ever; the first has no topic."""
        return self._process.listen()

    def lead(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Yield whether the caller holds the lock in this process while the body runs."""
        return self._process.lead(name)

    async def counts(self, scope: Scope = ALL_TENANTS) -> Counts:
        """Return the outcomes of the last 24 hours, and the numbers of waiting and dead jobs and open reviews."""
        outcomes = await self._database.rows(
            f"SELECT outcome, count(*) FROM requests WHERE at >= ? AND {IN_SCOPE} "  # noqa: S608
            "GROUP BY outcome ORDER BY outcome",
            (self._database.stamp(-86_400), *scope_values(scope)),
        )
        waiting = await self._database.rows(
            f"SELECT count(*) FROM reviews WHERE state = 'open' AND {IN_SCOPE}",  # noqa: S608
            scope_values(scope),
        )
        inbox, outbox = await self.inbox.length(scope), await self.outbox.length(scope)
        neglected = len(await self.builds.neglected(NEGLECTED_S, scope))
        dead = inbox.dead + outbox.dead
        return Counts(dict(outcomes), waiting[0][0], inbox.waiting, outbox.waiting, dead, neglected)

    async def purge(self, kept: Retention) -> None:
        """Delete texts and rows that are older than they are kept; of very many, some each time."""
        await purge(self, kept)
        await empty_journal(self._file)

    async def check_writable(self) -> None:
        """Write a row, and delete it in the same transaction. Raises StoreError if the store takes no writes."""
        await check_writable(self)

    async def forget(self, user_id: str, *, approved: bool = False, dry_run: bool = False) -> Forgotten:
        """Delete or replace all texts and ids of a person; return what was changed. With `dry_run` nothing is."""
        try:
            async with self._database.transaction() as transaction:
                save = ReviewTable(transaction).replace
                found = await forget_person(transaction, user_id, save, approved=approved, dry_run=dry_run)
        except UndoneError as undone:
            return undone.found
        await empty_journal(self._file)
        return found
