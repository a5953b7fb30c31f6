"""Explain a stored request: its trace, with the documents that were found and the thresholds that held."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from bot.desk.evidence import Readers
from bot.desk.permissions import NO_NAMES, Names, UnknownRequestError
from bot.store.port import Store
from bot.store.records import Review
from index.errors import CitedeskError, IndexUnavailableError
from index.retrieval import RetrievedChunk, Retriever
from pipeline.limits import PipelineLimits
from pipeline.types import Trace

Best = Literal["none", "readable", "hidden", "gone"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The sufficiency from which a model is asked, None where none writes, and from which documents are quoted.

    `of_today` marks the values of today's index and settings, because those of then were not stored.
    """

    ask_from: float | None
    quote_from: float
    of_today: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """A trace, and what it takes to put it into words.

    `titles` are those of the documents found, best first, as far as the admin may read them. `best` tells of the best
    passage whether its document may be named, is hidden from the admin, or has left the index. `documents` is the
    number of documents that were searched; None if the index has been rebuilt since.
    """

    trace: Trace
    best: Best = "none"
    titles: tuple[str, ...] = ()
    documents: int | None = None
    thresholds: Thresholds | None = None
    review: Review | None = None
    names: Names = field(default_factory=lambda: NO_NAMES)


@dataclass(frozen=True, slots=True)
class Explaining:
    """Looks up what a trace points to. `has_writer` tells whether a model writes answers today."""

    store: Store
    retriever: Retriever
    limits: PipelineLimits
    has_writer: bool

    async def explained(self, request_id: str, readers: Readers | None) -> Explained:
        """Return an explained request; without `readers` every document is named. Raises UnknownRequestError."""
        trace = await self.store.requests.get(request_id)
        if trace is None:
            raise UnknownRequestError(f"request {request_id} is not in the store")
        review = await self.store.reviews.get(request_id)
        people = [trace.user_id, *([review.decided_by] if review and review.decided_by else [])]
        best, titles = await asyncio.to_thread(self._found, trace, readers)
        return Explained(
            trace=trace,
            best=best,
            titles=titles,
            documents=await asyncio.to_thread(self._documents, trace),
            thresholds=await asyncio.to_thread(self._thresholds, trace),
            review=review,
            names=await self.store.people.names(people),
        )

    def _found(self, trace: Trace, readers: Readers | None) -> tuple[Best, tuple[str, ...]]:
        if not trace.retrieved_chunk_ids:
            return "none", ()
        try:
            chunks = self.retriever.chunks(trace.retrieved_chunk_ids)
        except IndexUnavailableError:
            return "gone", ()
        ranked = [chunks[chunk_id] for chunk_id in trace.retrieved_chunk_ids if chunk_id in chunks]
        titles = tuple(dict.fromkeys(chunk.title for chunk in ranked if _may_read(readers, chunk)))
        first = chunks.get(trace.retrieved_chunk_ids[0])
        if first is None:
            return "gone", titles
        return "readable" if _may_read(readers, first) else "hidden", titles

    def _documents(self, trace: Trace) -> int | None:
        try:
            manifest = self.retriever.manifest()
        except IndexUnavailableError:
            return None
        return len(manifest.documents) if manifest.name == trace.snapshot else None

    def _thresholds(self, trace: Trace) -> Thresholds | None:
        if trace.quote_from is not None:
            return Thresholds(trace.ask_from, trace.quote_from)
        if trace.sufficiency is None:
            return None
        try:
            # The port tells the thresholds with a result, whatever is searched for.
            today = self.retriever.search("?", frozenset(), 1)
        except CitedeskError:
            return None
        limits = self.limits
        ask_from = today.abstain_below if limits.sufficiency_min is None else limits.sufficiency_min
        quote_from = today.answer_from if limits.sufficiency_quote is None else limits.sufficiency_quote
        return Thresholds(ask_from if self.has_writer else None, quote_from, of_today=True)


def _may_read(readers: Readers | None, chunk: RetrievedChunk) -> bool:
    return readers is None or readers.may_read(chunk)
