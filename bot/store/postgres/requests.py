"""The tables `requests`, `feedback` and `threads`."""

from datetime import UTC, datetime

from bot.store.postgres.database import Executor
from bot.store.postgres.scopes import IN_SCOPE, scope_values
from bot.store.records import ALL_TENANTS, Conversation, Feedback, FinishedRequest, RequestFilter, Scope, Spent
from pipeline.types import Trace

_THREAD = "tenant_id = %s AND channel_id = %s AND thread_id = %s"


class RequestTable:
    """`bot.store.port.Requests` in PostgreSQL. A later verdict is in its column, not in the text of the trace."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, trace: Trace) -> None:
        """Store a trace. It replaces an earlier one of the same request."""
        await self._database.write(
            "INSERT INTO requests (request_id, tenant_id, user_id, outcome, verdict, trace) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (request_id) DO UPDATE SET at = excluded.at, "
            "tenant_id = excluded.tenant_id, user_id = excluded.user_id, outcome = excluded.outcome, "
            "verdict = excluded.verdict, trace = excluded.trace",
            (trace.request_id, trace.tenant_id, trace.user_id, trace.outcome, trace.verdict, trace.model_dump_json()),
        )

    async def get(self, request_id: str) -> Trace | None:
        """Return the trace of a request; None if there is none."""
        rows = await self._database.rows("SELECT trace, verdict FROM requests WHERE request_id = %s", (request_id,))
        return _trace(*rows[0]) if rows else None

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""
        await self._database.write("UPDATE requests SET verdict = %s WHERE request_id = %s", (verdict, request_id))

    async def since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Trace]:
        """Return the traces that were stored since then, oldest first."""
        rows = await self._database.rows(
            f"SELECT trace, verdict FROM requests WHERE at >= %s AND {IN_SCOPE} ORDER BY at",  # noqa: S608
            (since, *scope_values(scope)),
        )
        return [_trace(*row) for row in rows]

    async def listed(self, wanted: RequestFilter) -> list[FinishedRequest]:
        """Return finished requests with their times, newest first."""
        ended = "AND outcome = ANY(%s)" if wanted.outcomes else ""
        rows = await self._database.rows(
            f"SELECT at, trace, verdict FROM requests WHERE at >= %s {ended} AND {IN_SCOPE} "  # noqa: S608
            "ORDER BY at DESC, request_id DESC LIMIT %s",
            (
                wanted.since,
                *([list(wanted.outcomes)] if wanted.outcomes else []),
                *scope_values(wanted.scope),
                wanted.limit,
            ),
        )
        return [FinishedRequest(_iso(at), _trace(trace, verdict)) for at, trace, verdict in rows]

    async def tokens_since(self, tenant_id: str, since: datetime) -> int:
        """Return the input and output tokens of a tenant's requests that were stored since then."""
        rows = await self._database.rows(
            "SELECT coalesce(sum(coalesce((trace::json ->> 'input_tokens')::bigint, 0) "
            "+ coalesce((trace::json ->> 'output_tokens')::bigint, 0)), 0)::bigint FROM requests "
            "WHERE at >= %s AND tenant_id = %s",
            (since, tenant_id),
        )
        return int(rows[0][0])

    async def spent_since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Spent]:
        """Return what each tenant's requests have used that were stored since then, by the tenants' ids."""
        rows = await self._database.rows(
            "SELECT tenant_id, sum(coalesce((trace::json ->> 'input_tokens')::bigint, 0) "  # noqa: S608
            "+ coalesce((trace::json ->> 'output_tokens')::bigint, 0))::bigint, "
            "coalesce(sum((trace::json ->> 'cost_usd')::float8), 0.0) FROM requests "
            f'WHERE at >= %s AND {IN_SCOPE} GROUP BY 1 ORDER BY tenant_id COLLATE "C"',
            (since, *scope_values(scope)),
        )
        return [Spent(*row) for row in rows]

    async def purge(self, days: int) -> int:
        """Delete traces that are older than `days` days, 5,000 at most; return how many."""
        return await self._database.write(
            "DELETE FROM requests WHERE request_id IN (SELECT request_id FROM requests "
            "WHERE at < citedesk.now() - make_interval(days => %s) LIMIT 5000)",
            (days,),
        )

    async def outcomes_by_day(self, days: int, scope: Scope = ALL_TENANTS) -> list[tuple[str, str, int]]:
        """Return (day, outcome, count) of the last `days` times 24 hours, oldest first. Days are ISO dates in UTC."""
        rows = await self._database.rows(
            "SELECT (at AT TIME ZONE 'UTC')::date::text, outcome, count(*) FROM requests "  # noqa: S608
            f"WHERE at >= citedesk.now() - make_interval(days => %s) AND {IN_SCOPE} "
            'GROUP BY 1, outcome ORDER BY 1, outcome COLLATE "C"',
            (days, *scope_values(scope)),
        )
        return [(day, outcome, count) for day, outcome, count in rows]


class FeedbackTable:
    """`bot.store.port.FeedbackOnAnswers` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, feedback: Feedback) -> int:
        """Store feedback; it replaces the user's earlier one. Return how many people find this answer bad now."""
        # Of two that complain at once, the later one must see the other.
        await self._database.lock(f"feedback {feedback.answer_hash}")
        await self._database.write(
            "INSERT INTO feedback (request_id, user_id, helpful, reason, note, answer_hash) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (request_id, user_id) DO UPDATE SET number = DEFAULT, "
            "at = excluded.at, helpful = excluded.helpful, reason = excluded.reason, note = excluded.note, "
            "answer_hash = excluded.answer_hash",
            (
                feedback.request_id,
                feedback.user_id,
                feedback.helpful,
                feedback.reason,
                feedback.note,
                feedback.answer_hash,
            ),
        )
        rows = await self._database.rows(
            "SELECT count(DISTINCT user_id) FROM feedback WHERE NOT helpful AND answer_hash = %s AND answer_hash != ''",
            (feedback.answer_hash,),
        )
        return int(rows[0][0])

    async def complaints(self, request_id: str) -> list[Feedback]:
        """Return bad feedback with a reason on the answer to a request, whoever got the same answer; oldest first."""
        rows = await self._database.rows(
            "SELECT request_id, user_id, reason, note, answer_hash FROM feedback WHERE NOT helpful AND reason != '' "
            "AND answer_hash IN (SELECT answer_hash FROM feedback WHERE request_id = %s) ORDER BY at, number",
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
            "WHERE at >= citedesk.now() - make_interval(days => %s) AND (%s::text IS NULL OR tenant_id = %s) "
            f"AND coalesce({IN_SCOPE}, %s)",
            (days, tenant_id, tenant_id, *scope_values(scope), scope.others),
        )
        return rows[0][0], rows[0][1]

    async def purge(self, days: int) -> None:
        """Empty notes that are older than `days` days."""
        await self._database.write(
            "UPDATE feedback SET note = '' WHERE note != '' AND at < citedesk.now() - make_interval(days => %s)",
            (days,),
        )


class ThreadTable:
    """`bot.store.port.Threads` in PostgreSQL. A thread of nobody has no user id."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def asked(self, where: Conversation) -> None:
        """Store that this person has asked the bot in this thread. Another's thread becomes nobody's."""
        await self._database.write(
            "INSERT INTO threads (tenant_id, channel_id, thread_id, user_id) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (tenant_id, channel_id, thread_id) DO UPDATE SET user_id = '' "
            "WHERE threads.user_id != excluded.user_id",
            (*_thread(where), where.user_id),
        )

    async def spoke(self, where: Conversation) -> None:
        """Store that this person has spoken in this thread, if the bot was asked there by somebody else."""
        await self._database.write(
            f"UPDATE threads SET user_id = '' WHERE {_THREAD} AND user_id NOT IN ('', %s)",  # noqa: S608
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
            f"SELECT 1 FROM threads WHERE {_THREAD} AND user_id = %s",  # noqa: S608
            (*_thread(where), where.user_id),
        )
        return bool(rows)


def _thread(where: Conversation) -> tuple[str, str, str]:
    return where.tenant_id, where.channel_id, where.thread_id


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _trace(trace: str, verdict: str) -> Trace:
    return Trace.model_validate_json(trace).model_copy(update={"verdict": verdict})
