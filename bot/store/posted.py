"""Which message holds the answer to which request, where the chat product names a message by nothing else."""

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
