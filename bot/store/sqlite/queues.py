"""The tables `inbox` and `outbox`."""

from collections.abc import Sequence
from typing import Literal

from bot.store.records import Job, Outgoing, QueueLength
from bot.store.sqlite.database import Executor


class QueueTable:
    """The jobs of one table: `bot.store.port.Queue`, and for `outbox` also `Outbox`."""

    def __init__(self, database: Executor, table: Literal["inbox", "outbox"]) -> None:
        self._database = database
        self._table = table

    async def add(self, keys: Sequence[str], payload: str) -> bool:
        """Store a job under its first key and reserve the others. Return False if any key is known already."""
        now = self._database.stamp()
        rows = [
            (key, "done", now, now, None) if number else (key, "waiting", now, now, payload)
            for number, key in enumerate(keys)
        ]
        # One statement, so that it can share a commit with others. SQLite finishes the SELECT before it inserts.
        values = ",".join("(?, ?, ?, ?, ?)" for _ in rows)
        marks = ",".join("?" * len(keys))
        added = await self._database.write(
            f"INSERT INTO {self._table} (key, state, received_at, due_at, payload) "  # noqa: S608
            f"SELECT * FROM (VALUES {values}) WHERE NOT EXISTS (SELECT 1 FROM {self._table} WHERE key IN ({marks}))",
            (*(value for row in rows for value in row), *keys),
        )
        return added > 0

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Queue messages. A message whose key is known is not queued again."""
        now = self._database.stamp()
        await self._database.write_many(
            f"INSERT OR IGNORE INTO {self._table} (key, state, received_at, due_at, payload) "  # noqa: S608
            "VALUES (?, 'waiting', ?, ?, ?)",
            [(message.key, now, now, message.model_dump_json()) for message in messages],
        )

    async def forget(self, key: str) -> None:
        """Delete a message, posted or not, so that its key may be used again."""
        await self._database.write(f"DELETE FROM {self._table} WHERE key = ?", (key,))  # noqa: S608

    async def states(self, key: str) -> frozenset[str]:
        """Return the states, waiting, done or dead, of a message and of those whose keys add a colon and more to it."""
        # A semicolon is what follows a colon in the order of keys.
        rows = await self._database.rows(
            f"SELECT DISTINCT state FROM {self._table} WHERE key = ? OR (key > ? AND key < ?)",  # noqa: S608
            (key, f"{key}:", f"{key};"),
        )
        return frozenset(str(row[0]) for row in rows)

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        """Give `owner` a lease of `lease_s` seconds on due jobs that nobody holds; return them, oldest first."""
        now, until = self._database.stamp(), self._database.stamp(lease_s)
        rows = await self._database.rows(
            f"UPDATE {self._table} SET lease_until = ?, owner = ?, attempts = attempts + 1 "  # noqa: S608
            f"WHERE key IN (SELECT key FROM {self._table} WHERE state = 'waiting' AND due_at <= ? "
            "AND (lease_until IS NULL OR lease_until < ?) ORDER BY received_at, rowid LIMIT ?) "
            "RETURNING key, payload, attempts, owner",
            (until, owner, now, now, limit),
        )
        return [Job(*row) for row in rows]

    async def renew(self, owner: str, lease_s: float) -> None:
        """Extend the leases of `owner` to `lease_s` seconds from now."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = ? WHERE owner = ? AND state = 'waiting'",  # noqa: S608
            (self._database.stamp(lease_s), owner),
        )

    async def release(self, owner: str) -> None:
        """End the leases of `owner`, so that any worker may take the jobs at once. Their attempts still count."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = NULL, owner = NULL "  # noqa: S608
            "WHERE owner = ? AND state = 'waiting'",
            (owner,),
        )

    async def retry(self, key: str, after_s: float) -> None:
        """End the lease of a job and make it due in `after_s` seconds."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = NULL, owner = NULL, due_at = ? "  # noqa: S608
            "WHERE key = ? AND state = 'waiting'",
            (self._database.stamp(after_s), key),
        )

    async def replace(self, key: str, payload: str) -> bool:
        """Change the payload of a waiting job. Return False if it is not waiting."""
        changed = await self._database.write(
            f"UPDATE {self._table} SET payload = ? WHERE key = ? AND state = 'waiting'",  # noqa: S608
            (payload, key),
        )
        return changed > 0

    async def finish(self, key: str) -> bool:
        """Mark a job as done. Return False if it was not waiting."""
        return await self._end(key, "done")

    async def bury(self, key: str) -> bool:
        """Mark a job as a dead letter. Return False if it was not waiting."""
        return await self._end(key, "dead")

    async def payload(self, key: str) -> str | None:
        """Return the payload of a waiting job; None if it is not waiting."""
        rows = await self._database.rows(
            f"SELECT payload FROM {self._table} WHERE key = ? AND state = 'waiting'",  # noqa: S608
            (key,),
        )
        return rows[0][0] if rows else None

    async def length(self) -> QueueLength:
        """Return how many jobs wait, and how many of those added in the last seven days are dead letters."""
        rows = await self._database.rows(
            f"SELECT count(*) FILTER (WHERE state = 'waiting'), "  # noqa: S608
            f"count(*) FILTER (WHERE state = 'dead' AND received_at > ?) FROM {self._table}",
            (self._database.stamp(-7 * 86_400),),
        )
        return QueueLength(*rows[0])

    async def _end(self, key: str, state: Literal["done", "dead"]) -> bool:
        changed = await self._database.write(
            f"UPDATE {self._table} SET state = ?, payload = NULL, lease_until = NULL, owner = NULL "  # noqa: S608
            "WHERE key = ? AND state = 'waiting'",
            (state, key),
        )
        return changed > 0
