"""Compare who may read the documents of two snapshots."""

from collections.abc import Iterator, Mapping

from index.access import EVERYONE, NOBODY
from index.retrieval import Reopened

# The groups that may read a document, by its id.
Readers = Mapping[str, frozenset[str]]


def reopened(now: Readers, then: Readers, left_out: Mapping[str, str]) -> Iterator[Reopened]:
    """Yield the documents that more people may read by `then` than by `now`, sorted by id.

    `left_out` holds the reasons, by document id, for which documents are missing in `now`.
    """
    for document_id, readers in sorted(then.items()):
        groups = now.get(document_id)
        if _gained(readers, groups or frozenset()):
            yield Reopened(document_id, readers, groups, left_out.get(document_id, ""))


def _gained(readers: frozenset[str], before: frozenset[str]) -> bool:
    return EVERYONE not in before and bool(readers - before - {NOBODY})
