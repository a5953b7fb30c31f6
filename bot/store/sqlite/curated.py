"""Answers that people approved, and questions that nobody could answer: both with the vector of their question."""

from collections.abc import Sequence
from typing import Literal

from bot.store.records import CuratedAnswer, Embedded, Gap
from bot.store.sqlite.database import Connection, Database


class CuratedTable:
    """The table `curated_answers`. `version` grows with every change of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.version = 0

    async def save(self, answer: CuratedAnswer, embedder: str, vector: bytes) -> None:
        """Keep an approved answer; it takes the place of one with the same id."""
        await self._database.write(
            "INSERT OR REPLACE INTO curated_answers VALUES (?, ?, ?, 'live', ?, ?, ?)",
            (answer.curated_id, answer.tenant_id, self._database.stamp(), answer.model_dump_json(), embedder, vector),
        )
        self.version += 1

    async def get(self, curated_id: str) -> CuratedAnswer | None:
        """Return an answer that is served."""
        rows = await self._database.rows(
            "SELECT answer FROM curated_answers WHERE curated_id = ? AND state = 'live'", (curated_id,)
        )
        return CuratedAnswer.model_validate_json(rows[0][0]) if rows else None

    async def live(self) -> list[CuratedAnswer]:
        """Return every answer that is served."""
        rows = await self._database.rows("SELECT answer FROM curated_answers WHERE state = 'live' ORDER BY at")
        return [CuratedAnswer.model_validate_json(row[0]) for row in rows]

    async def vectors(self, tenant_id: str, embedder: str) -> list[Embedded]:
        """Return the vectors of a tenant's served answers, made by this embedding model."""
        rows = await self._database.rows(
            "SELECT curated_id, vector FROM curated_answers WHERE tenant_id = ? AND embedder = ? AND state = 'live'",
            (tenant_id, embedder),
        )
        return [Embedded(*row) for row in rows]

    async def of_other_models(self, embedder: str) -> list[CuratedAnswer]:
        """Return the served answers whose vectors another embedding model made: questions do not find them."""
        rows = await self._database.rows(
            "SELECT answer FROM curated_answers WHERE embedder != ? AND state = 'live'", (embedder,)
        )
        return [CuratedAnswer.model_validate_json(row[0]) for row in rows]

    async def set_vector(self, curated_id: str, embedder: str, vector: bytes) -> None:
        """Give an answer the vector of this embedding model."""
        await self._database.write(
            "UPDATE curated_answers SET embedder = ?, vector = ? WHERE curated_id = ?", (embedder, vector, curated_id)
        )
        self.version += 1

    async def set_state(self, curated_id: str, state: Literal["live", "stale", "withdrawn"]) -> bool:
        """Change whether an answer is served; False if it was so already."""
        self.version += 1
        return bool(
            await self._database.write(
                "UPDATE curated_answers SET state = ? WHERE curated_id = ? AND state != ?", (state, curated_id, state)
            )
        )

    async def counts(self) -> dict[str, int]:
        """Return how many answers there are in each state."""
        return dict(await self._database.rows("SELECT state, count(*) FROM curated_answers GROUP BY state"))


class GapTable:
    """The table `gaps`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, connection: Connection, gap: Gap, embedder: str, vector: bytes) -> None:
        """Keep a question that had no answer, inside a transaction that does more."""
        connection.execute(
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
        """Return a tenant's gaps of the last days with their vectors, newest first."""
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
        """Drop a question that has an answer now."""
        await self._database.write("DELETE FROM gaps WHERE request_id = ?", (request_id,))

    async def purge(self, days: int) -> int:
        """Drop what is older than `days` days; return how many."""
        return await self._database.write("DELETE FROM gaps WHERE at < ?", (self._database.stamp(-days * 86_400),))
