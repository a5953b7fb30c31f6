"""The store in one PostgreSQL database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Self

from bot.store.forgetting import UndoneError, forget_person
from bot.store.postgres.curated import CuratedTable, GapTable
from bot.store.postgres.database import Database, Executor, PoolRules, QuestionMarks
from bot.store.postgres.posted import PeopleTable, PostedTable, TurnTable
from bot.store.postgres.queues import QueueTable
from bot.store.postgres.requests import FeedbackTable, RequestTable, ThreadTable
from bot.store.postgres.reviews import ReviewTable
from bot.store.postgres.scopes import IN_SCOPE, scope_values
from bot.store.postgres.shared import (
    InstallationTable,
    OwnTenantTable,
    ReplicaTable,
    SignInStateTable,
)
from bot.store.postgres.signals import PostgresSignals, lead, listen
from bot.store.records import ALL_TENANTS, NEGLECTED_S, Counts, Forgotten, Retention, Scope, Signal
from bot.store.retention import purge
from bot.store.writable import check_writable


class PostgresTables:
    """All tables, on one executor."""

    def __init__(self, database: Executor) -> None:
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
        self.signals = PostgresSignals(database)
        self.replicas = ReplicaTable(database)
        self.installations = InstallationTable(database)
        self.sign_in_states = SignInStateTable(database)
        self.own_tenants = OwnTenantTable(database)


class PostgresStore(PostgresTables):
    """`bot.store.port.Store` in one database. `now` takes the place of the database's clock in tests."""

    def __init__(self, url: str, rules: PoolRules | None = None, now: Callable[[], datetime] | None = None) -> None:
        self._database = Database(url, rules, now)
        super().__init__(self._database)

    async def open(self) -> Self:
        """Connect, creating or migrating the tables. Raises StoreError, SettingsError."""
        await self._database.open()
        return self

    async def close(self) -> None:
        """Close the connections."""
        await self._database.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTables]:
        """Begin a transaction, as `bot.store.port` describes. Raises StoreError."""
        async with self._database.transaction() as transaction:
            yield PostgresTables(transaction)

    def listen(self) -> AsyncIterator[Signal]:
        """Yield the signals of all processes as they come; one without a topic when some may have been missed."""
        return listen(self._database)

    def lead(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Yield whether this process holds the lock while the body runs. Raises StoreError."""
        return lead(self._database, name)

    async def counts(self, scope: Scope = ALL_TENANTS) -> Counts:
        """Return the outcomes of the last 24 hours, and the numbers of waiting and dead jobs and open reviews."""
        outcomes = await self._database.rows(
            "SELECT outcome, count(*) FROM requests WHERE at >= citedesk.now() - interval '24 hours' "  # noqa: S608
            f'AND {IN_SCOPE} GROUP BY outcome ORDER BY outcome COLLATE "C"',
            scope_values(scope),
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

    async def check_writable(self) -> None:
        """Write a row, and delete it in the same transaction. Raises StoreError if the store takes no writes."""
        await check_writable(self)

    async def forget(self, user_id: str, *, approved: bool = False, dry_run: bool = False) -> Forgotten:
        """Delete or replace all texts and ids of a person; return what was changed. With `dry_run` nothing is."""
        try:
            async with self._database.transaction() as transaction:
                save = ReviewTable(transaction).replace
                return await forget_person(
                    QuestionMarks(transaction), user_id, save, approved=approved, dry_run=dry_run
                )
        except UndoneError as undone:
            return undone.found
