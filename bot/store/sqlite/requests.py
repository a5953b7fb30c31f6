"""The tables `requests`, `feedback` and `threads`."""

from datetime import UTC, datetime

from bot.store.records import ALL_TENANTS, Conversation, Feedback, FinishedRequest, RequestFilter, Scope, Spent
from bot.store.sqlite.database import Executor
from bot.store.sqlite.scopes import IN_SCOPE, scope_values
from pipeline.types import Trace

_THREAD = "tenant_id = ? AND channel_id = ? AND thread_id = ?"


class RequestTable:
    """`bot.store.port.Requests` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, trace: Trace) -> None:
        """Store a trace. It replaces an earlier one of the same request."""
        await self._database.write(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                trace.request_id,
                self._database.stamp(),
                trace.tenant_id,
                trace.user_id,
                trace.outcome,
                trace.verdict,
                trace.model_dump_json(),
            ),
        )

    async def get(self, request_id: str) -> Trace | None:
        """Return the trace of a request; None if there is none."""
        rows = await self._database.rows("SELECT trace FROM requests WHERE request_id = ?", (request_id,))
        return Trace.model_validate_json(rows[0][0]) if rows else None

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""
        await self._database.write(
            "UPDATE requests SET verdict = ?, trace = json_set(trace, '$.verdict', ?) WHERE request_id = ?",
            (verdict, verdict, request_id),
        )

    async def since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Trace]:
        """Return the traces that were stored since then, oldest first."""
        at = since.astimezone(UTC).isoformat(timespec="microseconds")
        rows = await self._database.rows(
            f"SELECT trace FROM requests WHERE at >= ? AND {IN_SCOPE} ORDER BY at",  # noqa: S608
            (at, *scope_values(scope)),
        )
        return [Trace.model_validate_json(row[0]) for row in rows]

    async def listed(self, wanted: RequestFilter) -> list[FinishedRequest]:
        """Return finished requests with their times, newest first."""
        marks = ",".join("?" * len(wanted.outcomes))
        ended = f"AND outcome IN ({marks})" if wanted.outcomes else ""
        rows = await self._database.rows(
            f"SELECT at, trace FROM requests WHERE at >= ? {ended} AND {IN_SCOPE} "  # noqa: S608
            "ORDER BY at DESC, request_id DESC LIMIT ?",
            (
                wanted.since.astimezone(UTC).isoformat(timespec="microseconds"),
                *wanted.outcomes,
                *scope_values(wanted.scope),
                wanted.limit,
            ),
        )
        return [FinishedRequest(row[0], Trace.model_validate_json(row[1])) for row in rows]

    async def tokens_since(self, tenant_id: str, since: datetime) -> int:
        """Return the input and output tokens of a tenant's requests that were stored since then."""
        at = since.astimezone(UTC).isoformat(timespec="microseconds")
        rows = await self._database.rows(
            "SELECT total(trace ->> 'input_tokens') + total(trace ->> 'output_tokens') FROM requests "
            "WHERE at >= ? AND tenant_id = ?",
            (at, tenant_id),
        )
        return int(rows[0][0])

    async def spent_since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Spent]:
        """Return what each tenant's requests have used that were stored since then, by the tenants' ids."""
        at = since.astimezone(UTC).isoformat(timespec="microseconds")
        rows = await self._database.rows(
            "SELECT tenant_id, total(trace ->> 'input_tokens') + total(trace ->> 'output_tokens'), "  # noqa: S608
            f"total(trace ->> 'cost_usd') FROM requests WHERE at >= ? AND {IN_SCOPE} GROUP BY 1 ORDER BY 1",
            (at, *scope_values(scope)),
        )
        return [Spent(tenant_id, int(tokens), cost) for tenant_id, tokens, cost in rows]

    async def purge(self, days: int) -> int:
        """Delete traces that are older than `days` days, 5,000 at most; return how many."""
        return await self._database.write(
            "DELETE FROM requests WHERE request_id IN (SELECT request_id FROM requests WHERE at < ? LIMIT 5000)",
            (self._database.stamp(-days * 86_400),),
        )

    async def outcomes_by_day(self, days: int, scope: Scope = ALL_TENANTS) -> list[tuple[str, str, int]]:
        """Return (day, outcome, count) of the last `days` times 24 hours, oldest first. Days are ISO dates in UTC."""
        return await self._database.rows(
            "SELECT substr(at, 1, 10), outcome, count(*) FROM requests "  # noqa: S608
            f"WHERE at >= ? AND {IN_SCOPE} GROUP BY 1, 2 ORDER BY 1, 2",
            (self._database.stamp(-days * 86_400), *scope_values(scope)),
        )


class FeedbackTable:
    """`bot.store.port.FeedbackOnAnswers` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, feedback: Feedback) -> int:
        """Store feedback; it replaces the user's earlier one. Return how many people find this answer bad now."""
        await self._database.write(
            "INSERT OR REPLACE INTO feedback (request_id, user_id, at, helpful, reason, note, answer_hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                feedback.request_id,
                feedback.user_id,
                self._database.stamp(),
                int(feedback.helpful),
                feedback.reason,
                feedback.note,
                feedback.answer_hash,
            ),
        )
        rows = await self._database.rows(
            "SELECT count(DISTINCT user_id) FROM feedback WHERE helpful = 0 AND answer_hash = ? AND answer_hash != ''",
            (feedback.answer_hash,),
        )
        return int(rows[0][0])

    async def complaints(self, request_id: str) -> list[Feedback]:
        """Return bad feedback with a reason on the answer to a request, whoever got the same answer; oldest first."""
        rows = await self._database.rows(
            "SELECT f.request_id, f.user_id, f.reason, f.note, f.answer_hash FROM feedback f JOIN feedback g "
            "ON g.answer_hash = f.answer_hash WHERE g.request_id = ? AND f.helpful = 0 AND f.reason != '' "
            "GROUP BY f.request_id, f.user_id ORDER BY f.at",
            (request_id,),
        )
        return [
            Feedback(request_id=r[0], user_id=r[1], helpful=False, reason=r[2], note=r[3], answer_hash=r[4])
            for r in rows
        ]

    async def counts(self, days: int, tenant_id: str | None = None, scope: Scope = ALL_TENANTS) -> tuple[int, int]:
        """Return how many of the last days' feedback was good, and how many bad; in one tenant, if it is given."""
        rows = await self._database.rows(
            "SELECT count(*) FILTER (WHERE helpful), count(*) FILTER (WHERE NOT helpful) "  # noqa: S608
            "FROM feedback f LEFT JOIN (SELECT request_id, tenant_id FROM requests) r USING (request_id) "
            f"WHERE f.at >= ? AND (? IS NULL OR tenant_id = ?) AND coalesce({IN_SCOPE}, ?)",
            (self._database.stamp(-days * 86_400), tenant_id, tenant_id, *scope_values(scope), scope.others),
        )
        return rows[0][0], rows[0][1]

    async def purge(self, days: int) -> None:
        """Empty notes that are older than `days` days."""
        await self._database.write(
            "UPDATE feedback SET note = '' WHERE note != '' AND at < ?", (self._database.stamp(-days * 86_400),)
        )


class ThreadTable:
    """`bot.store.port.Threads` in SQLite. A thread of nobody has no user id."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def asked(self, where: Conversation) -> None:
        """Store that this person has asked the bot in this thread. Another's thread becomes nobody's."""
        await self._database.write(
            "INSERT INTO threads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET user_id = '' WHERE user_id != excluded.user_id",
            (*_thread(where), where.user_id, self._database.stamp()),
        )

    async def spoke(self, where: Conversation) -> None:
        """Store that this person has spoken in this thread, if the bot was asked there by somebody else."""
        await self._database.write(
            f"UPDATE threads SET user_id = '' WHERE {_THREAD} AND user_id NOT IN ('', ?)",  # noqa: S608
            (*_thread(where), where.user_id),
        )

    async def share(self, where: Conversation) -> None:
        """Make a thread, if it is known, nobody's, because several people speak in it."""
        await self._database.write(
            f"UPDATE threads SET user_id = '' WHERE {_THREAD} AND user_id != ''",  # noqa: S608
            _thread(where),
        )

    async def owns(self, where: Conversation) -> bool:
        """Tell whether the thread is this person's."""
        rows = await self._database.rows(
            f"SELECT 1 FROM threads WHERE {_THREAD} AND user_id = ?",  # noqa: S608
            (*_thread(where), where.user_id),
        )
        return bool(rows)


def _thread(where: Conversation) -> tuple[str, str, str]:
    return where.tenant_id, where.channel_id, where.thread_id
