"""The outline of an article that would close a gap. It holds nothing but what was asked and what was found."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.evidence import Readers
from bot.desk.gaps import GapCluster
from index.errors import IndexUnavailableError
from index.retrieval import RetrievedChunk, Retriever
from index.terms import FUNCTION_WORDS, words

# Passages read to find the nearest documents, and how many documents and words an outline names.
_PASSAGES, _DOCUMENTS, _WORDS = 10, 5, 12
_WORD_CHARS = 3


@dataclass(frozen=True, slots=True)
class NearPassage:
    """The best passage of a document near a gap: title and link of the document, heading of the passage."""

    title: str
    heading: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """An article to be written.

    `asked` are the questions, each with how often it was asked. `missing` are words of the questions that no document
    holds that the admin may read.
    """

    question: str
    asked: tuple[tuple[str, int], ...]
    near: tuple[NearPassage, ...]
    missing: tuple[str, ...]


async def outline_of(cluster: GapCluster, retriever: Retriever, readers: Readers) -> Outline:
    """Return the outline of the article that would answer a cluster."""
    asked = tuple((question, len(gaps)) for question, gaps in cluster.wordings.items())
    questions = [question for question, _ in asked]
    return Outline(
        question=" ".join(cluster.question.split()),
        asked=asked,
        near=await asyncio.to_thread(_near, cluster.question, retriever, readers),
        missing=await asyncio.to_thread(_missing, questions, retriever, readers),
    )


def near_chunks(text: str, retriever: Retriever, readers: Readers, limit: int) -> tuple[RetrievedChunk, ...]:
    """Return the chunks nearest to a text that these readers may read; none without an index."""
    try:
        return retriever.search(text, readers.groups, limit, readers.within).chunks
    except IndexUnavailableError:
        return ()


def _near(question: str, retriever: Retriever, readers: Readers) -> tuple[NearPassage, ...]:
    best: dict[str, RetrievedChunk] = {}
    for chunk in near_chunks(question, retriever, readers, _PASSAGES):
        best.setdefault(chunk.document_id, chunk)
    return tuple(NearPassage(chunk.title, chunk.heading, chunk.url) for chunk in list(best.values())[:_DOCUMENTS])


def _missing(questions: Sequence[str], retriever: Retriever, readers: Readers) -> tuple[str, ...]:
    asked = dict.fromkeys(word for question in questions for word in words(question))
    telling = [word for word in asked if word not in FUNCTION_WORDS and len(word) >= _WORD_CHARS]
    try:
        held = retriever.rarities(telling, readers.groups, readers.within)
    except IndexUnavailableError:
        return ()
    return tuple(word for word in telling if word not in held)[:_WORDS]
