"""Interim: the first chunk, whole. Replaced by the section quoter."""

from collections.abc import Callable, Sequence

from index.embedding.model import Embedder
from index.retrieval import RetrievedChunk
from pipeline.proof.quotes import Quote, quoted
from pipeline.proof.units import units
from pipeline.types import Quoted


class SectionQuoter:
    name = "extractive"

    def __init__(self, embedder: Embedder, chunks_of: Callable[[str], Sequence[RetrievedChunk]]) -> None:
        self._embedder = embedder

    def answer(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:
        return quoted([Quote(1, c, units(c.text)) for c in chunks[:1] if units(c.text)], 3000)

    def closest(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:
        return self.answer(question, chunks)

    def suggestions(self, question: str, chunks: Sequence[RetrievedChunk]) -> tuple[str, ...]:
        return ()
