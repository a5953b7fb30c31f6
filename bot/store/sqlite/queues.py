"""Inbox and outbox: jobs that survive a crash, taken by one worker at a time under a lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.store.sqlite.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do. `attempts` counts this attempt."""

    key: str
    payload: str
    attempts: int


@dataclass(frozen=True, slots=True)
class QueueLength:
    """Jobs that wait or are worked on, and dead letters."""

    waiting: int
    dead: int


class JobQueue:
    """The jobs of one table. A finished or dead job keeps its key, so that it never comes again, and loses its text."""

    def __init__(self, database: Database, table: Literal["inbox", "outbox"]) -> None:
        self._database = database
        self._table = table

    async def add(self, keys: Sequence[str], payload: str) -> bool:
        """Store a job under its keys; False if any of them is known, that is, it came before."""
        return await self._database.run(lambda connection: self.put(connection, keys, payload))

    def put(self, connection: Connection, keys: Sequence[str], payload: str) -> bool:
        """Do what `add` does, inside a transaction that does more."""
        marks = ",".join("?" * len(keys))
        if connection.execute(f"SELECT 1 FROM {self._table} WHERE key IN ({marks})", keys).fetchone():  # noqa: S608
            return False
        now = self._database.stamp()
        connection.executemany(
            f"INSERT INTO {self._table} (key, state, received_at, due_at, payload) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
            [
                (key, "done", now, now, None) if at else (key, "waiting", now, now, payload)
                for at, key in enumerate(keys)
            ],
        )
        return True

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        """Return due jobs that nobody holds, oldest first, now held by `owner` for `lease_s` seconds."""
        now, until = self._database.stamp(), self._database.stamp(lease_s)

        def take(connection: Connection) -> list[Job]:
            rows = connection.execute(
                f"UPDATE {self._table} SET lease_until = ?, owner = ?, attempts = attempts + 1 "  # noqa: S608
                f"WHERE key IN (SELECT key FROM {self._table} WHERE state = 'waiting' AND due_at <= ? "
                "AND (lease_until IS NULL OR lease_until < ?) ORDER BY received_at, rowid LIMIT ?) "
                "RETURNING key, payload, attempts",
                (until, owner, now, now, limit),
            ).fetchall()
            return [Job(*row) for row in rows]

        return await self._database.run(take)

    async def renew(self, owner: str, lease_s: float) -> None:
        """Hold on to everything that `owner` works on."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = ? WHERE owner = ? AND state = 'waiting'",  # noqa: S608
            (self._database.stamp(lease_s), owner),
        )

    async def release(self, owner: str) -> None:
        """Give back what `owner` holds: anybody may take it at once. The attempt counts: it may have left traces."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = NULL, owner = NULL "  # noqa: S608
            "WHERE owner = ? AND state = 'waiting'",
            (owner,),
        )

    async def retry(self, key: str, after_s: float) -> None:
        """Give a job back; it is due again in `after_s` seconds."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = NULL, owner = NULL, due_at = ? "  # noqa: S608
            "WHERE key = ? AND state = 'waiting'",
            (self._database.stamp(after_s), key),
        )

    async def replace(self, key: str, payload: str) -> bool:
        """Change what a waiting job is about; False if it is no longer waiting."""
        return bool(
            await self._database.write(
                f"UPDATE {self._table} SET payload = ? WHERE key = ? AND state = 'waiting'",  # noqa: S608
                (payload, key),
            )
        )

    async def finish(self, key: str) -> bool:
        """Mark a job as done and forget its text; False if it was not waiting."""
        return await self._database.run(lambda connection: self.end(connection, key, "done"))

    async def bury(self, key: str) -> bool:
        """Give a job up: a dead letter."""
        return await self._database.run(lambda connection: self.end(connection, key, "dead"))

    def end(self, connection: Connection, key: str, state: Literal["done", "dead"]) -> bool:
        """End a job inside a transaction that does more; False if it was not waiting."""
        return bool(
            connection.execute(
                f"UPDATE {self._table} SET state = ?, payload = NULL, lease_until = NULL, owner = NULL "  # noqa: S608
                "WHERE key = ? AND state = 'waiting'",
                (state, key),
            ).rowcount
        )

    async def payload(self, key: str) -> str | None:
        """Return the text of a job that is not done."""
        rows = await self._database.rows(
            f"SELECT payload FROM {self._table} WHERE key = ? AND state = 'waiting'",  # noqa: S608
            (key,),
        )
        return rows[0][0] if rows else None

    async def length(self) -> QueueLength:
        """Return how many jobs wait and how many were given up in the last seven days."""
        rows = await self._database.rows(
            f"SELECT count(*) FILTER (WHERE state = 'waiting'), "  # noqa: S608
            f"count(*) FILTER (WHERE state = 'dead' AND received_at > ?) FROM {self._table}",
            (self._database.stamp(-7 * 86_400),),
        )
        return QueueLength(*rows[0])
