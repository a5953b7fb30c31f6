"""The tables `inbox`, `outbox` and `builds`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from bot.store.records import ALL_TENANTS, Job, Outgoing, QueueAge, QueueLength, Scope
from bot.store.sqlite.database import Executor
from bot.store.sqlite.scopes import IN_SCOPE, scope_values

# The keys of the next jobs. A tenant's first job has as turn the number of its jobs at work and one more, its second
# two more, and so on. Only as many jobs of each tenant are looked at as are wanted: of 100,000 that wait, claiming four
# took 53 ms when all were sorted, and takes 0.2 ms.
_NEXT = """
WITH RECURSIVE tenants (id) AS (
    SELECT min(tenant_id) FROM {table} WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(tenant_id) FROM {table} WHERE state = 'waiting' AND tenant_id > id) FROM tenants
    WHERE id IS NOT NULL
), at_work AS (
    SELECT tenant_id, count(*) AS jobs FROM {table}
    WHERE state = 'waiting' AND lease_until IS NOT NULL AND lease_until >= ? GROUP BY tenant_id
), next AS (
    SELECT job.key, job.received_at, job.rowid AS number, coalesce(at_work.jobs, 0)
        + row_number() OVER (PARTITION BY job.tenant_id ORDER BY job.received_at, job.rowid) AS turn
    FROM tenants
    JOIN {table} AS job ON job.rowid IN (
        SELECT rowid FROM {table} WHERE state = 'waiting' AND tenant_id = tenants.id AND due_at <= ?
        AND (lease_until IS NULL OR lease_until < ?) ORDER BY received_at, rowid LIMIT ?
    )
    LEFT JOIN at_work ON at_work.tenant_id = job.tenant_id
)
SELECT key FROM next ORDER BY turn, received_at, number LIMIT ?"""


class QueueTable:
    """The jobs of one table: `bot.store.port.Queue`, and for `outbox` also `Outbox`."""

    def __init__(self, database: Executor, table: Literal["inbox", "outbox", "builds"]) -> None:
        self._database = database
        self._table = table
        self._anchor = "anchor" if table == "outbox" else "''"

    async def add(self, keys: Sequence[str], payload: str, tenant_id: str = "") -> bool:
        """Store a job under its first key and reserve the others. Return False if any key is known already."""
        now = self._database.stamp()
        rows = [
            (key, "done", now, now, None, tenant_id) if number else (key, "waiting", now, now, payload, tenant_id)
            for number, key in enumerate(keys)
        ]
        # One statement, so that it can share a commit with others. SQLite finishes the SELECT before it inserts.
        values = ",".join("(?, ?, ?, ?, ?, ?)" for _ in rows)
        marks = ",".join("?" * len(keys))
        added = await self._database.write(
            f"INSERT INTO {self._table} (key, state, received_at, due_at, payload, tenant_id) "  # noqa: S608
            f"SELECT * FROM (VALUES {values}) WHERE NOT EXISTS (SELECT 1 FROM {self._table} WHERE key IN ({marks}))",
            (*(value for row in rows for value in row), *keys),
        )
        return added > 0

    async def send(self, messages: Sequence[Outgoing], after_s: float = 0.0) -> None:
        """Queue messages, due in `after_s` seconds. A message whose key is known is not queued again."""
        now, due = self._database.stamp(), self._database.stamp(after_s)
        await self._database.write_many(
            f"INSERT OR IGNORE INTO {self._table} (key, state, received_at, due_at, payload, tenant_id) "  # noqa: S608
            "VALUES (?, 'waiting', ?, ?, ?, ?)",
            [(message.key, now, due, message.model_dump_json(), message.tenant_id) for message in messages],
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
            f"WHERE key IN ({_NEXT.format(table=self._table)}) "
            f"RETURNING received_at, rowid, key, payload, attempts, owner, {self._anchor}, received_at",
            (until, owner, now, now, now, limit, limit),
        )
        return [Job(*row[2:]) for row in sorted(rows)]

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

    async def purge(self, days: int) -> int:
        """Delete jobs that ended and were added more than `days` days ago, 5,000 at most; return how many."""
        return await self._database.write(
            f"DELETE FROM {self._table} WHERE key IN (SELECT key FROM {self._table} "  # noqa: S608
            "WHERE state != 'waiting' AND received_at < ? LIMIT 5000)",
            (self._database.stamp(-days * 86_400),),
        )

    async def length(self, scope: Scope = ALL_TENANTS) -> QueueLength:
        """Return how many jobs wait, and how many of those added in the last seven days are dead letters."""
        rows = await self._database.rows(
            f"SELECT count(*) FILTER (WHERE state = 'waiting'), "  # noqa: S608
            f"count(*) FILTER (WHERE state = 'dead' AND received_at > ?) FROM {self._table} WHERE {IN_SCOPE}",
            (self._database.stamp(-7 * 86_400), *scope_values(scope)),
        )
        return QueueLength(*rows[0])

    async def neglected(self, after_s: float, scope: Scope = ALL_TENANTS) -> dict[str, str]:
        """Return the jobs, by key with their payloads, that have been free and due for `after_s` seconds."""
        since = self._database.stamp(-after_s)
        rows = await self._database.rows(
            f"SELECT key, payload FROM {self._table} WHERE state = 'waiting' AND {IN_SCOPE} "  # noqa: S608
            "AND due_at <= ? AND coalesce(lease_until, '') <= ? AND NOT EXISTS "
            f"(SELECT 1 FROM {self._table} WHERE state = 'waiting' AND lease_until >= ?) ORDER BY received_at, rowid",
            (*scope_values(scope), since, since, self._database.stamp()),
        )
        return dict(rows)

    async def age(self) -> QueueAge:
        """Return how long the oldest jobs of all tenants wait."""
        now = self._database.stamp()
        # A message may be sent to be due later, so before its first try it waits only from then on.
        rows = await self._database.rows(
            "SELECT min(CASE WHEN attempts > 0 THEN received_at ELSE due_at END), "  # noqa: S608
            "min(max(due_at, coalesce(lease_until, due_at))) FILTER (WHERE lease_until IS NULL OR lease_until < ?) "
            f"FROM {self._table} WHERE state = 'waiting' AND (attempts > 0 OR due_at <= ?)",
            (now, now),
        )
        return QueueAge(*(_seconds(since, now) for since in rows[0]))

    async def _change(self, job: Job, columns: str, *values: str) -> bool:
        """Change a job if it is held by its owner at its attempt; tell whether it was."""
        changed = await self._database.write(
            f"UPDATE {self._table} SET {columns} "  # noqa: S608
            "WHERE key = ? AND state = 'waiting' AND owner = ? AND attempts = ?",
            (*values, job.key, job.owner, job.attempts),
        )
        return changed > 0


def _seconds(since: str | None, now: str) -> float:
    """Return the seconds from one stamp to another; 0.0 without one, or if it is later."""
    return max(0.0, (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds()) if since else 0.0
