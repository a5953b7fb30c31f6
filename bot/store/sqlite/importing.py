"""Write the rows of another store into a new file, with the tables of this release."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.store.copying import CopiedTable, Kind, Row
from bot.store.port import StoreError
from bot.store.sqlite.migrations import migrations


class Import:
    """A store that is being filled."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, table: CopiedTable, rows: Sequence[Row]) -> None:
        """Store rows, in the order in which they came."""
        marks = ", ".join("?" * len(table.columns))
        kinds = tuple(table.columns.values())
        self._connection.executemany(
            f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})",  # noqa: S608
            (tuple(_stored(kind, value) for kind, value in zip(kinds, row, strict=True)) for row in rows),
        )


@contextmanager
def importing(file: Path) -> Iterator[Import]:
    """Make the tables in an empty file and yield what fills them. Raises StoreError."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            migrations.apply(Database(connection))
            yield Import(connection)
            connection.commit()
    except sqlite3.Error as error:
        raise StoreError(f"{file} cannot be written: {error}") from error


def _stored(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - a value of a row
    if value is None:
        return None
    return "\n".join(value) if kind == "lines" else int(value) if kind == "flag" else value
