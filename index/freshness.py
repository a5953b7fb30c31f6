"""How old documents are: the day of their last change, none rather than a wrong one, and when they were last seen."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from index.reading.source import EXPORT, Source
from index.retrieval import LastBuild, Manifest, NotSeen
from index.snapshot_tables import IndexedSource

# Programs write days before it where they know none: 1970 (Unix), 1980 (ZIP), the year 1.
_EARLIEST = date(1990, 1, 1)

# Days for which a document that is gone is reported.
_REPORTED_DAYS = 7


def with_days(indexed: IndexedSource, source: Source, today: date) -> IndexedSource:
    """Return what a source gives, with the source's day for documents that name none themselves.

    The day of a file that exports many documents says nothing about any of them. Days in the future, one day for time
    zones aside, and before 1990 are left out.
    """
    found = None if source.suffix == EXPORT else source.updated
    documents = (replace(d, updated=_likely(d.updated, today) or _likely(found, today)) for d in indexed.documents)
    return replace(indexed, documents=tuple(documents))


def _likely(day: str | None, today: date) -> str | None:
    try:
        named = date.fromisoformat(day or "")
    except ValueError:
        return None
    return named.isoformat() if _EARLIEST <= named <= today + timedelta(days=1) else None


def not_seen(
    found: Sequence[Source],
    documents: Collection[str],
    previous: Manifest | None,
    earlier: LastBuild | None,
    today: date,
) -> tuple[NotSeen, ...]:
    """Return the documents that a build did not see: those that stand in an older copy, then those that are gone.

    `documents` are the ids of the new snapshot, `previous` and `earlier` what the builds before left.
    """
    copies = [
        NotSeen(document_id=s.source_id, since=s.not_seen_since, has_copy=True) for s in found if s.not_seen_since
    ]
    gone = {item.document_id: item for item in _gone(previous, earlier)}
    first = (today - timedelta(days=_REPORTED_DAYS)).isoformat()
    return (*copies, *(item for name, item in gone.items() if name not in documents and item.since >= first))


def _gone(previous: Manifest | None, earlier: LastBuild | None) -> Iterator[NotSeen]:
    """Yield every document that could be gone, with the day on which it was last seen."""
    if previous is not None:
        seen = earlier.at if earlier else previous.created_at
        yield from (NotSeen(document_id=name, since=seen[:10], has_copy=False) for name in previous.documents)
    if earlier is not None:
        yield from (item for item in earlier.not_seen if not item.has_copy)
