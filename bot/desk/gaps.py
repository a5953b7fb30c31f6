"""Gaps: questions that the documents do not answer, in clusters that ask for the same."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.desk.evidence import Readers, readable_titles
from bot.store.port import Store
from bot.store.records import Gap, Review
from index.embedding.model import Embedder
from index.errors import IndexUnavailableError
from index.retrieval import Retriever

# The newest gap of each wording stands for it; an answer is stored once a wording.
_WORDINGS = 30
# End of the ids of reviews that stand for answers to gaps.
GAP_ANSWER = "-gap"


@dataclass(frozen=True, slots=True)
class GapCluster:
    """Unanswered questions about the same subject, newest first.

    `nearest` are the titles of the three documents that were nearest most often, the most frequent first, without
    those that the reader may not read. `typical` is the gap whose question is nearest to the mean of all.
    """

    gaps: tuple[Gap, ...]
    nearest: tuple[str, ...] = ()
    typical: Gap | None = None

    @property
    def askers(self) -> int:
        """Number of people who asked."""
        return len({gap.user_id for gap in self.gaps})

    @property
    def key(self) -> str:
        """The request id by which a button names the cluster: that of its newest gap."""
        return self.gaps[0].request_id

    @property
    def question(self) -> str:
        """The most typical question."""
        return (self.typical or self.gaps[0]).question

    @property
    def wordings(self) -> dict[str, tuple[Gap, ...]]:
        """The gaps by the wording of their question, the typical one first, 30 at most; case does not count."""
        found: dict[str, list[Gap]] = {}
        for gap in [*([self.typical] if self.typical else []), *self.gaps]:
            found.setdefault(" ".join(gap.question.casefold().split()), []).append(gap)
        once = [tuple(dict.fromkeys(gaps)) for gaps in found.values()][:_WORDINGS]
        return {" ".join(gaps[0].question.split()): gaps for gaps in once}

    def with_titles(self, titles: Mapping[str, str]) -> "GapCluster":
        """Return the cluster with the nearest of the documents in `titles`, which are by document id."""
        counts = Counter(titles[near] for gap in self.gaps for near in gap.nearest if near in titles)
        return replace(self, nearest=tuple(title for title, _ in counts.most_common(3)))


@dataclass(frozen=True, slots=True)
class GapDesk:
    """Reads the gaps. `similarity` is the least cosine of a question to its cluster, `days` the age of the oldest."""

    store: Store
    retriever: Retriever
    embedder: Embedder
    days: int
    similarity: float

    async def clusters(self, tenant_id: str, readers: Readers | None, days: int | None = None) -> list[GapCluster]:
        """Return the gaps of a tenant in clusters, largest number of askers first; of the last `days`, if given.

        Without `readers` every document is named.
        """
        since = min(days or self.days, max(self.days, 1))
        found = await self.store.gaps.since(tenant_id, self.embedder.name, max(since, 1))
        titles = await asyncio.to_thread(self._titles, {near for gap, _ in found for near in gap.nearest}, readers)
        clusters = await asyncio.to_thread(clustered, found, self.similarity)
        return [cluster.with_titles(titles) for cluster in clusters]

    async def cluster_of(self, tenant_id: str, request_id: str, readers: Readers) -> GapCluster | None:
        """Return the cluster that holds the gap of a request; None if it is no gap any more."""
        clusters = await self.clusters(tenant_id, readers)
        return next((c for c in clusters if any(gap.request_id == request_id for gap in c.gaps)), None)

    def _titles(self, document_ids: set[str], readers: Readers | None) -> dict[str, str]:
        if readers is None:
            return {document_id: document_id for document_id in document_ids}
        try:
            return readable_titles(self.retriever, document_ids, readers)
        except IndexUnavailableError:
            return {}


def gap_review_id(gap: Gap) -> str:
    """Return the id of the review that stands for the answer that an admin writes for a gap."""
    return f"{gap.request_id}{GAP_ANSWER}"


def is_gap_answer(review: Review) -> bool:
    """Tell whether a review stands for an answer that an admin wrote for a gap; nobody waited for it."""
    return review.review_id.endswith(GAP_ANSWER)


def clustered(gaps: Sequence[tuple[Gap, bytes]], similarity: float) -> list[GapCluster]:
    """Return gaps in clusters, largest number of askers first.

    Each gap comes with its vector as bytes of float32[n], unit length. It joins the cluster whose mean is nearest, if
    the cosine is at least `similarity`.
    """
    groups: list[list[int]] = []
    sums: list[np.ndarray] = []
    vectors = [np.frombuffer(raw, dtype=np.float32) for _, raw in gaps]
    for at, vector in enumerate(vectors):
        scores = [float(total @ vector / (np.linalg.norm(total) or 1.0)) for total in sums]
        best = int(np.argmax(scores)) if scores else -1
        if best >= 0 and scores[best] >= similarity:
            groups[best].append(at)
            sums[best] = sums[best] + vector
        else:
            groups.append([at])
            sums.append(vector)
    clusters = [
        GapCluster(tuple(gaps[at][0] for at in group), typical=gaps[max(group, key=lambda a: vectors[a] @ total)][0])
        for group, total in zip(groups, sums, strict=True)
    ]
    return sorted(clusters, key=lambda cluster: (-cluster.askers, -len(cluster.gaps), cluster.gaps[0].question))
