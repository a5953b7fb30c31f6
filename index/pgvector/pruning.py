"""Delete what no kept snapshot holds."""

from collections.abc import Collection
from typing import Any, LiteralString

from psycopg import Connection

from index.pgvector.schema import Space

_SNAPSHOTS: LiteralString = (
    "DELETE FROM citedesk_index.snapshots WHERE generation <> ALL(%s) "
    "AND created_at < now() - make_interval(secs => %s)"
)
_OLDEST: LiteralString = (
    "SELECT p.space, p.dimensions, min(s.generation) FROM citedesk_index.spaces p "
    "LEFT JOIN citedesk_index.snapshots s USING (space) GROUP BY p.space"
)
# A row that is gone from generation n on is in none of those that are left, if the oldest of them is n.
_ROWS: tuple[LiteralString, ...] = (
    "DELETE FROM {vectors} WHERE id IN (SELECT id FROM {rows} WHERE gone <= %s)",
    "DELETE FROM {contents} WHERE id IN (SELECT id FROM {rows} WHERE gone <= %s)",
    "DELETE FROM {rows} WHERE gone <= %s",
)


def prune(connection: Connection[Any], kept: Collection[int], after_s: float) -> None:
    """Delete the generations that are not in `kept` and older than `after_s` seconds, and what only they held."""
    with connection.transaction():
        connection.execute(_SNAPSHOTS, (list(kept), after_s))
        for number, dimensions, oldest in connection.execute(_OLDEST).fetchall():
            _prune_space(connection, Space(number, dimensions), oldest)


def _prune_space(connection: Connection[Any], space: Space, oldest: int | None) -> None:
    if oldest is None:
        connection.execute(space.sql("DROP TABLE {rows}, {vectors}, {contents}"))
        connection.execute("DELETE FROM citedesk_index.spaces WHERE space = %s", (space.number,))
        return
    for statement in _ROWS:
        connection.execute(space.sql(statement), (oldest,))
