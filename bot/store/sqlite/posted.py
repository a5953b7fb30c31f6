"""What a chat product tells in passing only: where an answer stands, what was said, and what people are called."""

from collections.abc import Collection

from bot.store.records import Conversation
from bot.store.sqlite.database import Database
from pipeline.types import ThreadTurn


class PostedTable:
    """The table `posted`: no text, only ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, channel_id: str, message_id: str, request_id: str) -> None:
        """Note where an answer stands."""
        await self._database.write(
            "INSERT OR REPLACE INTO posted VALUES (?, ?, ?, ?)",
            (channel_id, message_id, request_id, self._database.stamp()),
        )

    async def request_of(self, channel_id: str, message_id: str) -> str | None:
        """Return the request that a message answers."""
        rows = await self._database.rows(
            "SELECT request_id FROM posted WHERE channel_id = ? AND message_id = ?", (channel_id, message_id)
        )
        return str(rows[0][0]) if rows else None

    async def purge(self, days: int) -> None:
        """Forget what is older than `days` days."""
        await self._database.write("DELETE FROM posted WHERE at < ?", (self._database.stamp(-days * 86_400),))


class TurnTable:
    """The table `turns`: questions and answers of the last days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, request_id: str, where: Conversation, question: str, answer: str) -> None:
        """Note a question and what was answered, if anything was."""
        await self._database.write(
            "INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                request_id,
                self._database.stamp(),
                where.channel_id,
                where.thread_id,
                where.user_id,
                question,
                answer,
            ),
        )

    async def before(self, request_id: str, where: Conversation, minutes: float, limit: int) -> tuple[ThreadTurn, ...]:
        """Return what this person and the bot said in this place in the last minutes, oldest first, but this request.

        A request that was worked on before a crash has left its own turn.
        """
        rows = await self._database.rows(
            "SELECT question, answer FROM turns WHERE request_id != ? AND channel_id = ? AND thread_id = ? "
            "AND user_id = ? AND at > ? ORDER BY at DESC LIMIT ?",
            (
                request_id,
                where.channel_id,
                where.thread_id,
                where.user_id,
                self._database.stamp(-60 * minutes),
                limit,
            ),
        )
        said = [
            turn for row in reversed(rows) for turn in (ThreadTurn("asker", row[0]), ThreadTurn("assistant", row[1]))
        ]
        return tuple(turn for turn in said if turn.text)

    async def question_of(self, request_id: str) -> str:
        """Return the question of a request; nothing if it is forgotten."""
        rows = await self._database.rows("SELECT question FROM turns WHERE request_id = ?", (request_id,))
        return str(rows[0][0]) if rows else ""

    async def purge(self, days: int) -> None:
        """Forget what is older than `days` days."""
        await self._database.write("DELETE FROM turns WHERE at < ?", (self._database.stamp(-days * 86_400),))


class PeopleTable:
    """The table `people`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] = {}

    async def put(self, user_id: str, name: str) -> None:
        """Note what somebody is called, if that is news."""
        if self._known.get(user_id) != name:
            await self._database.write("INSERT OR REPLACE INTO people VALUES (?, ?)", (user_id, name))
            self._known[user_id] = name

    async def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those who are known."""
        marks = ",".join("?" * len(user_ids))
        rows = await self._database.rows(
            f"SELECT user_id, name FROM people WHERE user_id IN ({marks})",  # noqa: S608
            tuple(user_ids),
        )
        return {str(user_id): str(name) for user_id, name in rows}
