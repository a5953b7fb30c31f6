"""The tables `inbox`, `outbox` and `builds`."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from bot.store.postgres.database import Executor, TakenError, iso
from bot.store.postgres.scopes import IN_SCOPE, scope_values
from bot.store.records import ALL_TENANTS, Job, Outgoing, QueueAge, QueueLength, Scope

# What must still be true of a job for its holder to change it.
_WAITING = "key = %s AND state = 'waiting'"
_HELD = f"{_WAITING} AND owner = %s AND attempts = %s"
_FREE = "lease_until = NULL, owner = NULL"

# The next jobs. A tenant's first job has as turn the number of its jobs at work and one more, its second two more, and
# so on. Only as many jobs of each tenant are looked at as are wanted, and they are locked before they are counted, so
# that workers who claim at the same time find others. What is not taken is free again when the statement ends.
_NEXT = """
WITH RECURSIVE tenants (id) AS (
    SELECT min(tenant_id) FROM {table} WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(tenant_id) FROM {table} WHERE state = 'waiting' AND tenant_id > tenants.id) FROM tenants
    WHERE tenants.id IS NOT NULL
), at_work AS (
    SELECT tenant_id, count(*) AS jobs FROM {table}
    WHERE state = 'waiting' AND lease_until IS NOT NULL AND lease_until >= citedesk.now() GROUP BY tenant_id
), free AS (
    SELECT known.id, job.key, job.number FROM (SELECT id FROM tenants WHERE id IS NOT NULL) AS known
    CROSS JOIN LATERAL (
        SELECT key, number FROM {table} WHERE state = 'waiting' AND tenant_id = known.id
        AND due_at <= citedesk.now() AND (lease_until IS NULL OR lease_until < citedesk.now())
        ORDER BY number LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AS job
), next AS (
    SELECT key FROM (
        SELECT key, number,
            coalesce(at_work.jobs, 0) + row_number() OVER (PARTITION BY free.id ORDER BY number) AS turn
        FROM free LEFT JOIN at_work ON at_work.tenant_id = free.id
    ) AS ranked ORDER BY turn, number LIMIT %(limit)s
)"""


class QueueTable:
    """The jobs of one table: `bot.store.port.Queue`, and for `outbox` also `Outbox`."""

    def __init__(self, database: Executor, table: Literal["inbox", "outbox", "builds"]) -> None:
        self._database = database
        self._table = table

    async def add(self, keys: Sequence[str], payload: str, tenant_id: str = "") -> bool:
        """Store a job under its first key and reserve the others. Return False if any key is known already."""
        # Who adds some of the same keys at the same time waits for the first of them, in the same order.
        try:
            added = await self._database.write(
                f"INSERT INTO {self._table} (key, state, payload, tenant_id) "  # noqa: S608
                "SELECT key, CASE key WHEN %(first)s THEN 'waiting' ELSE 'done' END, "
                "CASE key WHEN %(first)s THEN %(payload)s END, %(tenant)s FROM unnest(%(keys)s::text[]) AS added (key) "
                f"WHERE NOT EXISTS (SELECT 1 FROM {self._table} WHERE key = ANY(%(keys)s)) ORDER BY key",
                {"first": keys[0], "payload": payload, "keys": list(keys), "tenant": tenant_id},
            )
        except TakenError:
            return False
        return added > 0

    async def send(self, messages: Sequence[Outgoing], after_s: float = 0.0) -> None:
        """Queue messages, due in `after_s` seconds. A message whose key is known is not queued again."""
        await self._database.write(
            f"INSERT INTO {self._table} (key, state, payload, tenant_id, due_at) "  # noqa: S608
            "SELECT key, 'waiting', payload, tenant_id, citedesk.now() + make_interval(secs => %s) "
            "FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS sent (key, payload, tenant_id, place) "
            "ORDER BY place ON CONFLICT DO NOTHING",
            (
                after_s,
                [message.key for message in messages],
                [message.model_dump_json() for message in messages],
                [message.tenant_id for message in messages],
            ),
        )

    async def forget(self, key: str) -> None:
        """Delete a message, posted or not, so that its key may be used again."""
        await self._database.write(f"DELETE FROM {self._table} WHERE key = %s", (key,))  # noqa: S608

    async def states(self, key: str) -> frozenset[str]:
        """Return the states, waiting, done or dead, of a message and of those whose keys add a colon and more to it."""
        # A semicolon is what follows a colon in the order of keys.
        rows = await self._database.rows(
            f"SELECT DISTINCT state FROM {self._table} WHERE key = %s OR (key > %s AND key < %s)",  # noqa: S608
            (key, f"{key}:", f"{key};"),
        )
        return frozenset(str(row[0]) for row in rows)

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        """Give `owner` a lease of `lease_s` seconds on due jobs that nobody holds; return them, oldest first."""
        rows = await self._database.rows(
            f"{_NEXT.format(table=self._table)} UPDATE {self._table} AS job "  # noqa: S608
            "SET lease_until = citedesk.now() + make_interval(secs => %(lease_s)s), owner = %(owner)s, "
            "attempts = attempts + 1 FROM next WHERE job.key = next.key "
            "RETURNING job.number, job.key, payload, attempts, owner, anchor, job.received_at",
            {"limit": limit, "lease_s": lease_s, "owner": owner},
        )
        return [
            Job(key, payload, attempts, owner, anchor, iso(received_at))
            for _, key, payload, attempts, owner, anchor, received_at in sorted(rows)
        ]

    async def renew(self, jobs: Collection[Job], lease_s: float) -> frozenset[str]:
        """Extend the leases of these jobs to `lease_s` seconds from now. Return the keys of those that are held."""
        rows = await self._database.rows(
            f"UPDATE {self._table} AS job SET lease_until = citedesk.now() + make_interval(secs => %s) "  # noqa: S608
            "FROM unnest(%s::text[], %s::text[], %s::integer[]) AS held (key, owner, attempts) "
            "WHERE job.key = held.key AND job.owner = held.owner AND job.attempts = held.attempts "
            "AND state = 'waiting' RETURNING job.key",
            (lease_s, [j.key for j in jobs], [j.owner for j in jobs], [j.attempts for j in jobs]),
        )
        return frozenset(str(row[0]) for row in rows)

    async def release(self, owner: str) -> None:
        """End the leases of `owner`, so that any worker may take the jobs at once. Their attempts still count."""
        await self._change(_FREE, (), "owner = %s AND state = 'waiting'", (owner,))

    async def retry(self, job: Job, after_s: float) -> bool:
        """End the lease of a held job and make it due in `after_s` seconds."""
        due = f"{_FREE}, due_at = citedesk.now() + make_interval(secs => %s)"
        return await self._change(due, (after_s,), _HELD, _fence(job))

    async def finish(self, job: Job, posted: str = "") -> bool:
        """Mark a held job as done; `posted` is the id of a posted message."""
        return await self._change(
            f"state = 'done', payload = NULL, posted = %s, {_FREE}", (posted,), _HELD, _fence(job)
        )

    async def bury(self, job: Job) -> bool:
        """Mark a held job as a dead letter."""
        return await self._change(f"state = 'dead', payload = NULL, {_FREE}", (), _HELD, _fence(job))

    async def anchor(self, job: Job, message_id: str) -> bool:
        """Store the anchor of a held message; later jobs of it bring it back."""
        return await self._change("anchor = %s", (message_id,), _HELD, _fence(job))

    async def posted(self, key: str) -> str:
        """Return the id of the copy that counts; "" if the message is not posted, or has no id."""
        rows = await self._database.rows(f"SELECT posted FROM {self._table} WHERE key = %s", (key,))  # noqa: S608
        return str(rows[0][0]) if rows else ""

    async def replace(self, key: str, payload: str) -> bool:
        """Change the payload of a waiting job and end its lease. Return False if it is not waiting."""
        return await self._change(f"payload = %s, {_FREE}", (payload,), _WAITING, (key,))

    async def withdraw(self, key: str) -> bool:
        """Mark a waiting job as done, whoever holds it. Return False if it is not waiting."""
        return await self._change(f"state = 'done', payload = NULL, {_FREE}", (), _WAITING, (key,))

    async def payload(self, key: str) -> str | None:
        """Return the payload of a waiting job; None if it is not waiting."""
        rows = await self._database.rows(
            f"SELECT payload FROM {self._table} WHERE key = %s AND state = 'waiting'",  # noqa: S608
            (key,),
        )
        return rows[0][0] if rows else None

    async def purge(self, days: int) -> int:
        """Delete jobs that ended and were added more than `days` days ago, 5,000 at most; return how many."""
        return await self._database.write(
            f"DELETE FROM {self._table} WHERE key IN (SELECT key FROM {self._table} WHERE state != 'waiting' "  # noqa: S608
            "AND received_at < citedesk.now() - make_interval(days => %s) LIMIT 5000)",
            (days,),
        )

    async def length(self, scope: Scope = ALL_TENANTS) -> QueueLength:
        """Return how many jobs wait, and how many of those added in the last seven days are dead letters."""
        rows = await self._database.rows(
            f"SELECT (SELECT count(*) FROM {self._table} WHERE state = 'waiting' AND {IN_SCOPE}), "  # noqa: S608
            f"(SELECT count(*) FROM {self._table} WHERE state = 'dead' "
            f"AND received_at > citedesk.now() - interval '7 days' AND {IN_SCOPE})",
            scope_values(scope) * 2,
        )
        return QueueLength(*rows[0])

    async def neglected(self, after_s: float, scope: Scope = ALL_TENANTS) -> dict[str, str]:
        """Return the jobs, by key with their payloads, that have been free and due for `after_s` seconds."""
        rows = await self._database.rows(
            f"SELECT key, payload FROM {self._table} WHERE state = 'waiting' AND {IN_SCOPE} "  # noqa: S608
            "AND greatest(due_at, lease_until) <= citedesk.now() - make_interval(secs => %s) AND NOT EXISTS "
            f"(SELECT 1 FROM {self._table} WHERE state = 'waiting' AND lease_until >= citedesk.now()) ORDER BY number",
            (*scope_values(scope), after_s),
        )
        return dict(rows)

    async def age(self) -> QueueAge:
        """Return how long the oldest jobs of all tenants wait."""
        # A message may be sent to be due later, so before its first try it waits only from then on.
        rows = await self._database.rows(
            f"SELECT {_since('CASE WHEN attempts > 0 THEN received_at ELSE due_at END')}, "  # noqa: S608
            f"{_since('greatest(due_at, lease_until)')} "
            "FILTER (WHERE lease_until IS NULL OR lease_until < citedesk.now()) "
            f"FROM {self._table} WHERE state = 'waiting' AND (attempts > 0 OR due_at <= citedesk.now())"
        )
        return QueueAge(*(max(0.0, float(seconds or 0.0)) for seconds in rows[0]))

    async def _change(self, change: str, values: Sequence[Any], which: str, those: Sequence[Any]) -> bool:
        changed = await self._database.write(
            f"UPDATE {self._table} SET {change} WHERE {which}",  # noqa: S608
            (*values, *those),
        )
        return changed > 0


def _since(time: str) -> str:
    return f"max(extract(epoch FROM citedesk.now() - {time}))"


def _fence(job: Job) -> tuple[str, str, int]:
    return job.key, job.owner, job.attempts
