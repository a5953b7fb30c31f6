"""Read the whole of a store in a file, while nobody writes to it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from bot.store.copying import CopiedTable, Row, plain
from bot.store.port import StoreError

_BATCH = 500


class Export:
    """The rows of a store in a file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def source(self) -> str:
        """What tells this store from others: the times at which its tables were made."""
        rows = self._connection.execute("SELECT * FROM _sqlite_migrations ORDER BY 1").fetchall()
        return sha256(repr(rows).encode()).hexdigest()

    def batches(self, table: CopiedTable, skip: int = 0) -> Iterator[Sequence[Row]]:
        """Yield the rows of a table after the first `skip`, in the order in which they came if that is known."""
        order = "ORDER BY rowid" if table.in_order else "ORDER BY 1, 2"
        columns = ", ".join(table.columns)
        found = self._connection.execute(
            f"SELECT {columns} FROM {table.name} {order} LIMIT -1 OFFSET ?",  # noqa: S608
            (skip,),
        )
        while rows := found.fetchmany(_BATCH):
            yield [plain(table, row) for row in rows]


@contextmanager
def exporting(file: Path) -> Iterator[Export]:
    """Keep writers away from a store and yield its rows. Raises StoreError, also if one is writing to it."""
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield Export(connection)
    except sqlite3.Error as error:
        raise StoreError(f"the store {file} cannot be read: {error}") from error
