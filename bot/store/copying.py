"""What is copied from a store in a file to one in a database, and how rows of both are compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

Kind = Literal["text", "time", "number", "flag", "bytes", "lines"]
Row = tuple[Any, ...]
# What becomes of jobs that waited when a backup was made: `bot.store.sqlite.backup.settled`.
WaitingJobs = Literal["check", "drop", "send"]
_JOB: Mapping[str, Kind] = {
    "key": "text", "state": "text", "received_at": "time", "due_at": "time", "payload": "text", "attempts": "number",
    "lease_until": "time", "owner": "text", "tenant_id": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table and its columns. `in_order` tells whether SQLite keeps the order in which its rows came."""

    name: str
    columns: Mapping[str, Kind]
    in_order: bool = True


# Signals, locks, replicas and states of installations are of the moment, so they are not copied.
TABLES = (
    CopiedTable("inbox", _JOB),
    CopiedTable("outbox", {**_JOB, "posted": "text", "anchor": "text"}),
    CopiedTable("builds", _JOB),
    CopiedTable("reviews", {
        "review_id": "text", "at": "time", "tenant_id": "text", "state": "text", "review": "text", "decided_at": "time",
        "reminded_at": "time",
    }),
    CopiedTable("review_events", {
        "id": "number", "review_id": "text", "at": "time", "user_id": "text", "what": "text",
    }),
    CopiedTable("review_cards", {"review_id": "text", "surface": "text", "channel": "text", "card_id": "text"}),
    CopiedTable("requests", {
        "request_id": "text", "at": "time", "tenant_id": "text", "user_id": "text", "outcome": "text",
        "verdict": "text", "trace": "text",
    }),
    CopiedTable("feedback", {
        "request_id": "text", "user_id": "text", "at": "time", "helpful": "flag", "reason": "text", "note": "text",
        "answer_hash": "text",
    }, in_order=False),
    CopiedTable("curated_answers", {
        "curated_id": "text", "tenant_id": "text", "at": "time", "state": "text", "answer": "text", "embedder": "text",
        "vector": "bytes",
    }),
    CopiedTable("gaps", {
        "request_id": "text", "tenant_id": "text", "at": "time", "user_id": "text", "question": "text",
        "reason": "text", "nearest": "lines", "embedder": "text", "vector": "bytes",
    }),
    CopiedTable("posted", {
        "channel_id": "text", "message_id": "text", "request_id": "text", "at": "time",
    }, in_order=False),
    CopiedTable("turns", {
        "request_id": "text", "at": "time", "channel_id": "text", "thread_id": "text", "user_id": "text",
        "question": "text", "answer": "text",
    }),
    CopiedTable("people", {"user_id": "text", "name": "text"}, in_order=False),
    CopiedTable("threads", {
        "tenant_id": "text", "channel_id": "text", "thread_id": "text", "user_id": "text", "at": "time",
    }, in_order=False),
    CopiedTable("own_tenants", {"tenant_id": "text", "at": "time"}, in_order=False),
    CopiedTable("installations", {
        "app": "text", "tenant_id": "text", "user_id": "text", "at": "time", "payload": "text",
    }),
)  # fmt: skip


@dataclass(slots=True)
class Digest:
    """How many rows a table has, and a sum of their hashes, which is the same in any order."""

    rows: int = 0
    total: int = field(default=0, repr=False)

    def add(self, rows: Iterable[Row]) -> None:
        """Count rows."""
        for row in rows:
            self.rows += 1
            hashed = sha256(repr(row).encode("utf-8", "backslashreplace")).digest()
            self.total = (self.total + int.from_bytes(hashed)) % (1 << 256)

    def __str__(self) -> str:
        return f"{self.total:064x}"


def plain(table: CopiedTable, row: Sequence[Any]) -> Row:
    """Return a row of either store as both are compared (pure). Raises ValueError for a time that is none."""
    return tuple(_plain(kind, value) for kind, value in zip(table.columns.values(), row, strict=True))


def _plain(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - a value of a row
    if value is None:
        return None
    if kind == "time":
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    if kind == "lines":
        lines = value.split("\n") if isinstance(value, str) else value
        return tuple(_plain("text", line) for line in lines if line)
    if kind == "flag":
        return bool(value)
    # PostgreSQL stores no NUL.
    return value.replace("\0", "\ufffd") if kind == "text" else bytes(value) if kind == "bytes" else value
