"""The tables `inbox` and `outbox`."""

from collections.abc import Collection, Sequence
from typing import Literal

from bot.store.records import Job, Outgoing, QueueLength
from bot.store.sqlite.database import Executor


class QueueTable:
    """The jobs of one table: `bot.store.port.Queue`, and for `outbox` also `Outbox`."""

    def __init__(self, database: Executor, table: Literal["inbox", "outbox"]) -> None:
        self._database = database
        self._table = table
        self._anchor = ", anchor" if table == "outbox" else ""

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

    async def send(self, messages: Sequence[Outgoing], after_s: float = 0.0) -> None:
        """Queue messages, due in `after_s` seconds. A message whose key is known is not queued again."""
        now, due = self._database.stamp(), self._database.stamp(after_s)
        await self._database.write_many(
            f"INSERT OR IGNORE INTO {self._table} (key, state, received_at, due_at, payload) "  # noqa: S608
            "VALUES (?, 'waiting', ?, ?, ?)",
            [(message.key, now, due, message.model_dump_json()) for message in messages],
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
            f"RETURNING key, payload, attempts, owner{self._anchor}",
            (until, owner, now, now, limit),
        )
        return [Job(*row) for row in rows]

    async def renew(self, jobs: Collection[Job], lease_s: float) -> frozenset[str]:
        """Extend the leases of these jobs to `lease_s` seconds from now. Return the keys of those that are held."""
        if not jobs:
            return frozenset()
        marks = ",".join(["(?, ?, ?)"] * len(jobs))
        rows = await self._database.rows(
            f"UPDATE {self._table} SET lease_until = ? WHERE state = 'waiting' "  # noqa: S608
            f"AND (key, owner, attempts) IN (VALUES {marks}) RETURNING key",
            (self._database.stamp(lease_s), *(value for job in jobs for value in (job.key, job.owner, job.attempts))),
        )
        return frozenset(str(row[0]) for row in rows)

    async def release(self, owner: str) -> None:
        """End the leases of `owner`, so that any worker may take the jobs at once. Their attempts still count."""
        await self._database.write(
            f"UPDATE {self._table} SET lease_until = NULL, owner = NULL "  # noqa: S608
            "WHERE owner = ? AND state = 'waiting'",
            (owner,),
        )

    async def retry(self, job: Job, after_s: float) -> bool:
        """End the lease of a held job and make it due in `after_s` seconds."""
        return await self._change(job, "lease_until = NULL, owner = NULL, due_at = ?", self._database.stamp(after_s))

    async def finish(self, job: Job, posted: str = "") -> bool:
        """Mark a held job as done; `posted` is the id of a posted message."""
        ended = "state = 'done', payload = NULL, lease_until = NULL, owner = NULL"
        return await (self._change(job, f"{ended}, posted = ?", posted) if posted else self._change(job, ended))

    async def bury(self, job: Job) -> bool:
        """Mark a held job as a dead letter."""
        return await self._change(job, "state = 'dead', payload = NULL, lease_until = NULL, owner = NULL")

    async def anchor(self, job: Job, message_id: str) -> bool:
        """Store the anchor of a held message; later jobs of it bring it back."""
        return await self._change(job, "anchor = ?", message_id)

    async def posted(self, key: str) -> str:
        """Return the id of the copy that counts; "" if the message is not posted, or has no id."""
        rows = await self._database.rows("SELECT posted FROM outbox WHERE key = ?", (key,))
        return rows[0][0] if rows else ""

    async def replace(self, key: str, payload: str) -> bool:
        """Change the payload of a waiting job and end its lease. Return False if it is not waiting."""
        changed = await self._database.write(
            f"UPDATE {self._table} SET payload = ?, lease_until = NULL, owner = NULL "  # noqa: S608
            "WHERE key = ? AND state = 'waiting'",
            (payload, key),
        )
        return changed > 0

    async def withdraw(self, key: str) -> bool:
        """Mark a waiting job as done, whoever holds it. Return False if it is not waiting."""
        changed = await self._database.write(
            f"UPDATE {self._table} SET state = 'done', payload = NULL, lease_until = NULL, owner = NULL "  # noqa: S608
            "WHERE key = ? AND state = 'waiting'",
            (key,),
        )
        return changed > 0

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

    async def _change(self, job: Job, columns: str, *values: str) -> bool:
        """Change a job if it is held by its owner at its attempt; tell whether it was."""
        changed = await self._database.write(
            f"UPDATE {self._table} SET {columns} "  # noqa: S608
            "WHERE key = ? AND state = 'waiting' AND owner = ? AND attempts = ?",
            (*values, job.key, job.owner, job.attempts),
        )
        return changed > 0
