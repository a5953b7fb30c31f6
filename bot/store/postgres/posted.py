"""The tables `posted`, `turns` and `people`."""

from collections.abc import Collection

from bot.store.postgres.database import Executor
from bot.store.records import Conversation, KeptTurn
from pipeline.types import ThreadTurn


class PostedTable:
    """`bot.store.port.Posted` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, channel_id: str, message_id: str, request_id: str) -> None:
        """Store which request a message answers."""
        await self._database.write(
            "INSERT INTO posted (channel_id, message_id, request_id) VALUES (%s, %s, %s) "
            "ON CONFLICT (channel_id, message_id) DO UPDATE SET request_id = excluded.request_id, at = excluded.at",
            (channel_id, message_id, request_id),
        )

    async def request_of(self, channel_id: str, message_id: str) -> str | None:
        """Return the id of the request that a message answers; None if it is not stored."""
        rows = await self._database.rows(
            "SELECT request_id FROM posted WHERE channel_id = %s AND message_id = %s", (channel_id, message_id)
        )
        return str(rows[0][0]) if rows else None

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days."""
        await self._database.write("DELETE FROM posted WHERE at < citedesk.now() - make_interval(days => %s)", (days,))


class TurnTable:
    """`bot.store.port.Turns` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, turn: KeptTurn) -> None:
        """Store a question and its answer. They replace those of the same request."""
        where = turn.where
        await self._database.write(
            "INSERT INTO turns (request_id, channel_id, thread_id, user_id, question, answer) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (request_id) DO UPDATE SET number = DEFAULT, "
            "at = excluded.at, channel_id = excluded.channel_id, thread_id = excluded.thread_id, "
            "user_id = excluded.user_id, question = excluded.question, answer = excluded.answer",
            (turn.request_id, where.channel_id, where.thread_id, where.user_id, turn.question, turn.answer),
        )

    async def before(self, request_id: str, where: Conversation, minutes: float, limit: int) -> tuple[ThreadTurn, ...]:
        """Return the last turns of this person and the bot in this thread, oldest first, without this request."""
        rows = await self._database.rows(
            "SELECT question, answer FROM turns WHERE request_id != %s AND channel_id = %s AND thread_id = %s "
            "AND user_id = %s AND at > citedesk.now() - make_interval(secs => %s) ORDER BY at DESC, number DESC "
            "LIMIT %s",
            (request_id, where.channel_id, where.thread_id, where.user_id, 60 * minutes, limit),
        )
        turns = [
            turn for row in reversed(rows) for turn in (ThreadTurn("asker", row[0]), ThreadTurn("assistant", row[1]))
        ]
        return tuple(turn for turn in turns if turn.text)

    async def question_of(self, request_id: str) -> str:
        """Return the question of a request; "" if it is not stored."""
        rows = await self._database.rows("SELECT question FROM turns WHERE request_id = %s", (request_id,))
        return str(rows[0][0]) if rows else ""

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days."""
        await self._database.write("DELETE FROM turns WHERE at < citedesk.now() - make_interval(days => %s)", (days,))


class PeopleTable:
    """`bot.store.port.People` in PostgreSQL."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def put(self, user_id: str, name: str) -> None:
        """Store the name of a person."""
        # An unchanged name changes no row, so it costs no write to the disk.
        await self._database.write(
            "INSERT INTO people VALUES (%s, %s) ON CONFLICT (user_id) DO UPDATE SET name = excluded.name "
            "WHERE people.name != excluded.name",
            (user_id, name),
        )

    async def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of these users, as far as they are known."""
        rows = await self._database.rows(
            "SELECT user_id, name FROM people WHERE user_id = ANY(%s::text[])", (list(user_ids),)
        )
        return {str(user_id): str(name) for user_id, name in rows}
