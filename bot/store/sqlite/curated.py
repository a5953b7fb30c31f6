"""The tables `curated_answers` and `gaps`. Both hold the vectors of questions."""

from collections.abc import Sequence
from typing import Literal

from bot.store.records import ALL_TENANTS, CuratedAnswer, Embedded, Gap, Scope
from bot.store.sqlite.database import Executor
from bot.store.sqlite.scopes import IN_SCOPE, scope_values


class CuratedTable:
    """`bot.store.port.CuratedAnswers` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def save(self, answer: CuratedAnswer, embedder: str, vector: bytes) -> None:
        """Store an approved answer as live. It replaces one with the same id."""
        await self._database.write(
            "INSERT OR REPLACE INTO curated_answers VALUES (?, ?, ?, 'live', ?, ?, ?)",
            (answer.curated_id, answer.tenant_id, self._database.stamp(), answer.model_dump_json(), embedder, vector),
        )

    async def get(self, curated_id: str) -> CuratedAnswer | None:
        """Return a live answer; None if there is none with this id."""
        rows = await self._database.rows(
            "SELECT answer FROM curated_answers WHERE curated_id = ? AND state = 'live'", (curated_id,)
        )
        return CuratedAnswer.model_validate_json(rows[0][0]) if rows else None

    async def live(self) -> list[CuratedAnswer]:
        """Return every live answer, oldest first."""
        rows = await self._database.rows("SELECT answer FROM curated_answers WHERE state = 'live' ORDER BY at")
        return [CuratedAnswer.model_validate_json(row[0]) for row in rows]

    async def vectors(self, tenant_id: str, embedder: str) -> list[Embedded]:
        """Return the vectors that this embedding model made of a tenant's live answers."""
        rows = await self._database.rows(
            "SELECT curated_id, vector FROM curated_answers WHERE tenant_id = ? AND embedder = ? AND state = 'live'",
            (tenant_id, embedder),
        )
        return [Embedded(*row) for row in rows]

    async def of_other_models(self, embedder: str) -> list[CuratedAnswer]:
        """Return the live answers of other embedding models."""
        rows = await self._database.rows(
            "SELECT answer FROM curated_answers WHERE embedder != ? AND state = 'live'", (embedder,)
        )
        return [CuratedAnswer.model_validate_json(row[0]) for row in rows]

    async def set_vector(self, curated_id: str, embedder: str, vector: bytes) -> None:
        """Replace the vector of an answer."""
        await self._database.write(
            "UPDATE curated_answers SET embedder = ?, vector = ? WHERE curated_id = ?", (embedder, vector, curated_id)
        )

    async def set_state(self, curated_id: str, state: Literal["live", "stale", "withdrawn"]) -> bool:
        """Change the state of an answer. Return False if it was in that state already, or is not stored."""
        return bool(
            await self._database.write(
                "UPDATE curated_answers SET state = ? WHERE curated_id = ? AND state != ?", (state, curated_id, state)
            )
        )

    async def counts(self, scope: Scope = ALL_TENANTS) -> dict[str, int]:
        """Return the number of answers by state; live ones that cite nothing count as "remembered"."""
        return dict(
            await self._database.rows(
                "SELECT iif(state = 'live' AND json_extract(answer, '$.asked_in') IS NOT NULL, 'remembered', state), "  # noqa: S608
                f"count(*) FROM curated_answers WHERE {IN_SCOPE} GROUP BY 1",
                scope_values(scope),
            )
        )

    async def purge_remembered(self, days: int) -> int:
        """Delete answers that cite nothing and are at least `days` days old, in any state; return how many."""
        return await self._database.write(
            "DELETE FROM curated_answers WHERE json_extract(answer, '$.asked_in') IS NOT NULL AND at <= ?",
            (self._database.stamp(-days * 86_400),),
        )


class GapTable:
    """`bot.store.port.Gaps` in SQLite."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, gap: Gap, embedder: str, vector: bytes) -> None:
        """Store a gap, unless its request has one."""
        await self._database.write(
            "INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                gap.request_id,
                gap.tenant_id,
                self._database.stamp(),
                gap.user_id,
                gap.question,
                gap.reason,
                "\n".join(gap.nearest),
                embedder,
                vector,
            ),
        )

    async def since(self, tenant_id: str, embedder: str, days: int) -> Sequence[tuple[Gap, bytes]]:
        """Return a tenant's gaps of the last days with their vectors, newest first, 2,000 at most."""
        rows = await self._database.rows(
            "SELECT request_id, tenant_id, user_id, question, reason, nearest, at, vector FROM gaps "
            "WHERE tenant_id = ? AND embedder = ? AND at >= ? ORDER BY at DESC LIMIT 2000",
            (tenant_id, embedder, self._database.stamp(-days * 86_400)),
        )
        return [
            (
                Gap(
                    request_id=row[0],
                    tenant_id=row[1],
                    user_id=row[2],
                    question=row[3],
                    reason=row[4],
                    nearest=tuple(line for line in row[5].split("\n") if line),
                    at=row[6],
                ),
                row[7],
            )
            for row in rows
        ]

    async def forget(self, request_id: str) -> None:
        """Delete the gap of a request, because it has an answer now."""
        await self._database.write("DELETE FROM gaps WHERE request_id = ?", (request_id,))

    async def purge(self, days: int) -> int:
        """Delete gaps that are older than `days` days; return how many."""
        return await self._database.write("DELETE FROM gaps WHERE at < ?", (self._database.stamp(-days * 86_400),))
