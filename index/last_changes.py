"""The day on which a document was last changed, as far as it is known: nothing rather than a wrong day."""

from dataclasses import replace
from datetime import date, timedelta

from index.reading.source import EXPORT, Source
from index.snapshot_tables import IndexedSource

# Programs write days before it where they know none: 1970 (Unix), 1980 (ZIP), the year 1.
_EARLIEST = "1990-01-01"


def with_days(indexed: IndexedSource, source: Source, today: date) -> IndexedSource:
    """Return what a source gives, with the source's day for documents that name none themselves.

    The day of a file that exports many documents says nothing about any of them. Days in the future, one day for time
    zones aside, and before 1990 are left out.
    """
    found = None if source.suffix == EXPORT else source.updated
    documents = (replace(d, updated=_likely(d.updated, today) or _likely(found, today)) for d in indexed.documents)
    return replace(indexed, documents=tuple(documents))


def _likely(day: str | None, today: date) -> str | None:
    latest = (today + timedelta(days=1)).isoformat()
    return day if day is not None and _EARLIEST <= day <= latest else None
