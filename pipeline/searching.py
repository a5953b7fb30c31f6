"""Stage 4 (retrieve): search for a question and screen what is found; search again with misspelt words corrected."""

import asyncio
from dataclasses import dataclass

from index.retrieval import Retrieval, RetrievedChunk, Retriever
from pipeline.limits import PipelineLimits
from pipeline.lookup import looks_up
from pipeline.recorder import Recorder
from pipeline.safety import policy
from pipeline.types import Failure, NormalizedQuestion, RequestContext
from pipeline.understanding.language import language_of
from pipeline.understanding.spelling import corrected

# The language of the documents is told from the first chunks found.
_READ_CHUNKS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question. `chunks` are those of `retrieval`, without text that addresses a model."""

    question: NormalizedQuestion
    retrieval: Retrieval
    chunks: tuple[RetrievedChunk, ...]

    def quotes_from(self, limits: PipelineLimits) -> float:
        """Return the sufficiency from which quotes are an answer that no model has read."""
        return self.retrieval.answer_from if limits.sufficiency_quote is None else limits.sufficiency_quote

    def asks_from(self, limits: PipelineLimits) -> float:
        """Return the sufficiency from which a model is asked."""
        return self.retrieval.abstain_below if limits.sufficiency_min is None else limits.sufficiency_min

    def gap(self, limits: PipelineLimits, *, has_writer: bool) -> Failure | None:
        """Return why this is not worth a draft or, where no model reads it, a quote; None if it is."""
        if not self.retrieval.chunks:
            return Failure.RETRIEVAL_EMPTY
        least = self.asks_from(limits) if has_writer else self.quotes_from(limits)
        is_low = self.retrieval.sufficiency < least and not looks_up(self.question.text, self.chunks)
        return Failure.RETRIEVAL_LOW if is_low else None

    def other_language(self) -> str:
        """Return the language of the documents if the question is surely in another one, else ""."""
        asked = language_of(self.question.text)
        written = language_of(" ".join(chunk.text for chunk in self.chunks[:_READ_CHUNKS])) if asked else ""
        return written if written != asked else ""


@dataclass(frozen=True, slots=True)
class Searching:
    """The searches of one request."""

    retriever: Retriever
    limits: PipelineLimits
    context: RequestContext
    record: Recorder

    async def found(self, question: NormalizedQuestion) -> Found:
        """Search and screen."""
        with self.record.stage("retrieve"):
            retrieval = await self.retrieved(question)
        self.record.retrieved(retrieval)
        with self.record.stage("screen"):
            chunks, self.record.facts.withheld = await asyncio.to_thread(policy.screened, retrieval.chunks)
        return Found(question, retrieval, chunks)

    async def respelled(self, found: Found) -> Found:
        """Return what is found for the question with its misspelt words corrected, if that is better."""
        asked = found.question.text
        with self.record.stage("spell"):
            words = await asyncio.to_thread(self.retriever.words, self.context.readable_groups, self.context.within)
            meant = await asyncio.to_thread(corrected, asked, words, language_of(asked) or "en")
        if meant is None:
            return found
        again = await self.found(NormalizedQuestion(meant))
        if again.retrieval.sufficiency <= found.retrieval.sufficiency:
            self.record.retrieved(found.retrieval)
            return found
        self.record.facts.corrected = True
        return again

    async def retrieved(self, question: NormalizedQuestion) -> Retrieval:
        """Search within the deadline."""
        async with asyncio.timeout(self.context.deadline.remaining()):
            return await asyncio.to_thread(
                self.retriever.search,
                question.text,
                self.context.readable_groups,
                self.limits.retrieved_chunks,
                self.context.within,
            )
