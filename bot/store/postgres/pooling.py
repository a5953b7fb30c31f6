"""Recognise a pooler that gives a client another connection to the server for each transaction.

The store cannot work behind one: the signals for which a process listens would not arrive, the locks of leaders would
stay with whoever gets their connection next, and so would settings such as the search path.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

_PID = "SELECT pg_backend_pid()"


async def keeps_sessions(url: str, options: Mapping[str, Any]) -> bool:
    """Tell whether a client has one connection to the server as long as it is connected. Raises psycopg's errors.

    While a transaction is open its connection is nobody else's. So either it has the connection that another client
    had just before, or that client, whose turn comes again, has got another one.
    """
    async with (
        await AsyncConnection.connect(url, autocommit=True, **options) as client,
        await AsyncConnection.connect(url, autocommit=True, **options) as other,
    ):
        before = await _server_process(client)
        async with other.transaction():
            if await _server_process(other) == before:
                return False
            return await _server_process(client) == before


async def _server_process(connection: AsyncConnection[Any]) -> int:
    row = await (await connection.execute(_PID)).fetchone()
    return int(row[0]) if row else 0
