"""The port of who answers without a model: it picks passages of the retrieved documents, word for word."""

from collections.abc import Sequence
from typing import Protocol

from index.retrieval import RetrievedChunk
from pipeline.types import Quoted


class Quoter(Protocol):
    """Picks whole sections for a question. Pure computation without a network; safe to share between threads."""

    name: str

    def answer(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:
        """Return the one or two sections that answer best, marked from [1]; None if no chunk holds a usable one."""

    def closest(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:
        """Return one or two short passages that may help where there is no answer; None if there is none."""

    def suggestions(self, question: str, chunks: Sequence[RetrievedChunk]) -> tuple[str, ...]:
        """Return headings near the question, each of which can be asked as a question; at most three."""
