"""Cited documents as today's index holds them, and who may be shown them. Whatever shows or sends a text asks here."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.store.records import Review
from index.access import EVERYONE, matches
from index.errors import CitedeskError, IndexUnavailableError
from index.retrieval import RetrievedChunk, Retriever
from pipeline.fallbacks import listed_sources
from pipeline.proof.comparing import comparable, contains
from pipeline.proof.markers import markers_in
from pipeline.types import Answered, Citation, Draft, NeedsReview, NotEnoughInfo, Outcome, Quoted, Source, Trace

_SOURCES_FOR_A_PERSON = 5


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads a place: the groups that all of them are in, and the patterns of document ids that it is limited to.

    No pattern means every document.
    """

    groups: frozenset[str]
    within: tuple[str, ...] = ()

    def may_read(self, chunk: RetrievedChunk) -> bool:
        """Tell whether all of them may read a chunk of today's index."""
        is_within = not self.within or matches(chunk.document_id, self.within)
        return is_within and bool(chunk.groups & (self.groups | {EVERYONE}))


@dataclass(frozen=True, slots=True)
class Cited:
    """A source, and the chunk of today's index that stands for it: None if its document is not in the index.

    `is_same` tells that it is the cited chunk itself, unchanged. `holds` tells that it is, or that everything that was
    quoted of it is still in the document's text.
    """

    source: Source
    chunk: RetrievedChunk | None = None
    is_same: bool = False
    holds: bool = False

    @property
    def groups(self) -> frozenset[str]:
        """The groups that may read the document today; if it is gone, those that could read it when it was cited."""
        return self.chunk.groups if self.chunk else self.source.groups

    @property
    def today(self) -> Source:
        """The source with id, title, heading, link and groups of today; a source that is gone stays as it was."""
        if self.chunk is None:
            return self.source
        names = ("chunk_id", "title", "heading", "url", "groups")
        return self.source.model_copy(update={name: getattr(self.chunk, name) for name in names})


async def nearest(retriever: Retriever, question: str, readers: Readers) -> tuple[Source, ...]:
    """Return the nearest chunks as sources that the reviewer can cite; none if the index cannot be searched."""
    try:
        found = await asyncio.to_thread(
            retriever.search, question, readers.groups, _SOURCES_FOR_A_PERSON, readers.within
        )
    except CitedeskError:
        return ()
    return listed_sources(found.chunks)


async def cited_today(
    retriever: Retriever, sources: Sequence[Source], citations: Sequence[Citation] = ()
) -> tuple[Cited, ...]:
    """Look sources and their quotes up in today's index. Raises IndexUnavailableError."""
    return await asyncio.to_thread(_looked_up, retriever, sources, citations) if sources else ()


def may_be_shown(cited: Iterable[Cited], readers: Readers) -> bool:
    """Tell whether everybody who reads a place may read all of it today. A document that is gone is shown to nobody."""
    return all(one.chunk is not None and readers.may_read(one.chunk) for one in cited)


@dataclass(frozen=True, slots=True)
class ReviewEvidence:
    """What a review's draft cites, and what an unproved draft was written from: it may repeat that without citing it.

    `is_whole` tells that it is known where all of the draft may come from. Older versions stored reviews without that.
    """

    cited: tuple[Cited, ...]
    read: tuple[Cited, ...] = ()
    is_whole: bool = True

    def attached_to(self, answer: str, citations: Sequence[Citation]) -> tuple[Cited, ...]:
        """Return the sources that go out with an answer: those that it names or that `citations` quote."""
        markers = {*markers_in(answer), *(citation.marker for citation in citations)}
        return tuple(one for one in self.cited if one.source.marker in markers)

    def behind(self, draft: Draft) -> tuple[Cited, ...]:
        """Return the sources that go out with a draft, and what else it may repeat."""
        return (*self.attached_to(draft.answer, draft.citations), *self.read)

    def may_be_shown(self, readers: Readers) -> bool:
        """Tell whether draft, quotes and sources may be shown in a place."""
        return self.is_whole and may_be_shown((*self.cited, *self.read), readers)

    def may_be_decided_in(self, groups: frozenset[str]) -> bool:
        """Tell whether a reviewer of these groups may decide. A document that is gone counts with its last groups."""
        return all(one.groups & (groups | {EVERYONE}) for one in (*self.cited, *self.read))


async def evidence_of(retriever: Retriever, review: Review) -> ReviewEvidence:
    """Look up what a review cites. Raises IndexUnavailableError."""
    case = review.case
    markers = set(markers_in(case.draft.answer)) if case.draft else set()
    is_traced = not case.findings and markers <= {source.marker for source in case.sources}
    return ReviewEvidence(
        cited=await cited_today(retriever, case.sources, case.draft.citations if case.draft else ()),
        read=await cited_today(retriever, review.drawn_from),
        is_whole=bool(review.drawn_from) or is_traced,
    )


async def evidence_or_gone(retriever: Retriever, review: Review) -> ReviewEvidence:
    """Look up what a review cites. Without an index all of it counts as gone, so that nothing of it is shown."""
    try:
        return await evidence_of(retriever, review)
    except IndexUnavailableError:
        return ReviewEvidence(tuple(map(Cited, review.case.sources)), tuple(map(Cited, review.drawn_from)))


async def still_holds(retriever: Retriever, outcome: Outcome, readers: Readers) -> bool:
    """Tell whether an outcome that was made before may be shown, and its documents still say what it quotes."""
    sources, citations = _shown_in(outcome)
    try:
        cited = await cited_today(retriever, sources, citations)
    except IndexUnavailableError:
        return False
    return all(one.holds for one in cited) and may_be_shown(cited, readers)


async def read_for(retriever: Retriever, case: NeedsReview, trace: Trace) -> tuple[Source, ...]:
    """Return what a model read for a draft that is not proved; () for a proved one, which cites all that it says."""
    if not case.findings:
        return ()
    chunks = await asyncio.to_thread(retriever.chunks, trace.retrieved_chunk_ids)
    return listed_sources(tuple(chunks.values()))


def without_texts(review: Review) -> Review:
    """Return a review without what its documents say: draft, quotes, sources, findings and the answer."""
    case = review.case.model_copy(update={"draft": None, "sources": (), "findings": (), "meanwhile": None})
    return review.model_copy(update={"case": case, "answer": ""})


def in_own_words(review: Review) -> Review:
    """Return a review as the asker wrote the question: a rewritten one may repeat an earlier answer of its thread."""
    return review.model_copy(update={"question": review.own_words}) if review.own_words else review


def readable_titles(retriever: Retriever, document_ids: Collection[str], readers: Readers) -> dict[str, str]:
    """Return the titles of those documents that everybody who reads a place may read today, by document id."""
    chunks = {document_id: retriever.chunks_of(document_id)[:1] for document_id in document_ids}
    return {document_id: c.title for document_id, first in chunks.items() for c in first if readers.may_read(c)}


def _shown_in(outcome: Outcome) -> tuple[tuple[Source, ...], tuple[Citation, ...]]:
    """Return the sources and citations of what an asker sees of an outcome."""
    match outcome:
        case Answered():
            return outcome.sources, outcome.citations
        case NeedsReview(meanwhile=Quoted() as quoted) | NotEnoughInfo(closest=Quoted() as quoted):
            return quoted.sources, quoted.citations
        case _:
            return (), ()


def _looked_up(retriever: Retriever, sources: Sequence[Source], citations: Sequence[Citation]) -> tuple[Cited, ...]:
    same = retriever.chunks({source.chunk_id for source in sources})
    quotes = {s.marker: [c.quote for c in citations if c.marker == s.marker] for s in sources}
    return tuple(
        Cited(s, same[s.chunk_id], is_same=True, holds=True)
        if s.chunk_id in same
        else _standing_for(s, quotes[s.marker], retriever.chunks_of(s.document_id))
        for s in sources
    )


def _standing_for(source: Source, quotes: Sequence[str], chunks: Sequence[RetrievedChunk]) -> Cited:
    """Return the first chunk that holds all quotes, else the first under the same heading, else the first, if any."""
    holding = [chunk for chunk in chunks if quotes and _holds(chunk, quotes)]
    under = [chunk for chunk in chunks if chunk.heading == source.heading]
    return Cited(source, next(iter([*holding, *under, *chunks]), None), holds=bool(holding))


def _holds(chunk: RetrievedChunk, quotes: Sequence[str]) -> bool:
    return all(contains(comparable(chunk.text), comparable(quote)) for quote in quotes)
