"""What a chat product tells in passing only: where an answer stands, and what people are called."""

from collections.abc import Collection

from bot.store.database import Database


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


class PeopleTable:
    """The table `people`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, user_id: str, name: str) -> None:
        """Note what somebody is called."""
        await self._database.write("INSERT OR REPLACE INTO people VALUES (?, ?)", (user_id, name))

    async def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those who are known."""
        marks = ",".join("?" * len(user_ids))
        rows = await self._database.rows(
            f"SELECT user_id, name FROM people WHERE user_id IN ({marks})",  # noqa: S608
            tuple(user_ids),
        )
        return {str(user_id): str(name) for user_id, name in rows}
