"""The tables `curated_answers` and `gaps`. Both hold the vectors of questions."""

from collections.abc import Sequence
from typing import Literal

from bot.store.postgres.database import Executor, iso
from bot.store.records import CuratedAnswer, Embedded, Gap


class CuratedTable:
    """`bot.store.port.CuratedAnswers` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, answer: CuratedAnswer, embedder: str, vector: bytes) -> None:
        """Store an approved answer as live. It replaces one with the same id."""
        await self._database.write(
            "INSERT INTO curated_answers (curated_id, tenant_id, state, answer, embedder, vector) "
            "VALUES (%s, %s, 'live', %s, %s, %s) ON CONFLICT (curated_id) DO UPDATE SET number = DEFAULT, "
            "tenant_id = excluded.tenant_id, at = excluded.at, state = excluded.state, answer = excluded.answer, "
            "embedder = excluded.embedder, vector = excluded.vector",
            (answer.curated_id, answer.tenant_id, answer.model_dump_json(), embedder, vector),
        )

    async def get(self, curated_id: str) -> CuratedAnswer | None:
        """Return a live answer; None if there is none with this id."""
        rows = await self._database.rows(
            "SELECT answer FROM curated_answers WHERE curated_id = %s AND state = 'live'", (curated_id,)
        )
        return CuratedAnswer.model_validate_json(rows[0][0]) if rows else None

    async def live(self) -> list[CuratedAnswer]:
        """Return every live answer, oldest first."""
        rows = await self._database.rows("SELECT answer FROM curated_answers WHERE state = 'live' ORDER BY at, number")
        return [CuratedAnswer.model_validate_json(row[0]) for row in rows]

    async def vectors(self, tenant_id: str, embedder: str) -> list[Embedded]:
        """Return the vectors that this embedding model made of a tenant's live answers."""
        rows = await self._database.rows(
            "SELECT curated_id, vector FROM curated_answers WHERE tenant_id = %s AND embedder = %s AND state = 'live'",
            (tenant_id, embedder),
        )
        return [Embedded(*row) for row in rows]

    async def of_other_models(self, embedder: str) -> list[CuratedAnswer]:
        """Return the live answers of other embedding models."""
        rows = await self._database.rows(
            "SELECT answer FROM curated_answers WHERE embedder != %s AND state = 'live'", (embedder,)
        )
        return [CuratedAnswer.model_validate_json(row[0]) for row in rows]

    async def set_vector(self, curated_id: str, embedder: str, vector: bytes) -> None:
        """Replace the vector of an answer."""
        await self._database.write(
            "UPDATE curated_answers SET embedder = %s, vector = %s WHERE curated_id = %s",
            (embedder, vector, curated_id),
        )

    async def set_state(self, curated_id: str, state: Literal["live", "stale", "withdrawn"]) -> bool:
        """Change the state of an answer. Return False if it was in that state already, or is not stored."""
        return bool(
            await self._database.write(
                "UPDATE curated_answers SET state = %s WHERE curated_id = %s AND state != %s",
                (state, curated_id, state),
            )
        )

    async def counts(self) -> dict[str, int]:
        """Return the number of answers by state."""
        return dict(await self._database.rows("SELECT state, count(*) FROM curated_answers GROUP BY state"))


class GapTable:
    """`bot.store.port.Gaps` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, gap: Gap, embedder: str, vector: bytes) -> None:
        """Store a gap, unless its request has one."""
        await self._database.write(
            "INSERT INTO gaps (request_id, tenant_id, user_id, question, reason, nearest, embedder, vector) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (request_id) DO NOTHING",
            (
                gap.request_id,
                gap.tenant_id,
                gap.user_id,
                gap.question,
                gap.reason,
                list(gap.nearest),
                embedder,
                vector,
            ),
        )

    async def since(self, tenant_id: str, embedder: str, days: int) -> Sequence[tuple[Gap, bytes]]:
        """Return a tenant's gaps of the last days with their vectors, newest first, 2,000 at most."""
        rows = await self._database.rows(
            "SELECT request_id, tenant_id, user_id, question, reason, nearest, at, vector FROM gaps "
            "WHERE tenant_id = %s AND embedder = %s AND at >= citedesk.now() - make_interval(days => %s) "
            "ORDER BY at DESC LIMIT 2000",
            (tenant_id, embedder, days),
        )
        names = ("request_id", "tenant_id", "user_id", "question", "reason", "nearest")
        return [
            (Gap.model_validate({**dict(zip(names, row[:6], strict=True)), "at": iso(row[6])}), row[7]) for row in rows
        ]

    async def forget(self, request_id: str) -> None:
        """Delete the gap of a request, because it has an answer now."""
        await self._database.write("DELETE FROM gaps WHERE request_id = %s", (request_id,))

    async def purge(self, days: int) -> int:
        """Delete gaps that are older than `days` days; return how many."""
        return await self._database.write(
            "DELETE FROM gaps WHERE at < citedesk.now() - make_interval(days => %s)", (days,)
        )
