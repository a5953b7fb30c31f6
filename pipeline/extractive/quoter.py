"""Answer without a model: quote the one or two whole sections of the documents that fit a question best.

Retrieval ranks chunks; here they become sections again, and of a long section the part around the chunk that was found
is shown. tests/bench/sections.py prints how many of the shown sections hold the answer, and what each rule brings.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index.embedding.model import Embedder
from index.markdown import without_links
from index.retrieval import RetrievedChunk
from pipeline.extractive.contradicting import contradict
from pipeline.extractive.passages import Asked, passage_of, short_passage, stems_of
from pipeline.extractive.sections import Kind, Section, Unit, section_of
from pipeline.markup import cleaned, is_withheld
from pipeline.proof.quotes import source_of
from pipeline.safety.policy import screened
from pipeline.types import Citation, Quoted

ChunksOf = Callable[[str], Sequence[RetrievedChunk]]

# Sections that are read for a question. With ten, none of the shown sections changes for the better.
_CANDIDATES = 6
_SHOWN = 2
# Chunks on either side of the found one that are read of its section.
_REACH = 6
_CLOSEST, _CLOSEST_SIZE = 2, 500
_SUGGESTIONS = 3
# What the score of a section with steps rises by where "how do I" is asked (tests/fixtures/how_to.jsonl in the bench).
_STEPS = 0.05
# The second section scores at most _NEAR less than the first. One of the same page may score _SAME_PAGE less still and
# comes first: with it 93 instead of 90 of 120 questions show their quote. At least the share _NEW of its words is new,
# and it is at least _TELLING_CHARS long: shorter ones lead elsewhere ("Have questions? See the FAQ").
_NEAR, _SAME_PAGE = 0.1, 0.1
_NEW, _TELLING_CHARS = 0.3, 80
# A section that contradicts the first one scores at most so much less.
_NEAR_EDITION = 0.3
# A heading of fewer words ("Overview", "Set up") is shown with its title.
_TELLING_WORDS = 3
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A section, the number in it of the chunk that was found, and that chunk with its scores."""

    section: Section
    found: int
    chunk: RetrievedChunk
    passage: tuple[Unit, ...]
    score: float

    @property
    def text(self) -> str:
        """The passage as Markdown."""
        return "\n\n".join(unit.text for unit in self.passage)

    def is_beside(self, other: "_Candidate") -> bool:
        """Tell whether both are sections of one document."""
        return self.chunk.document_id == other.chunk.document_id


class SectionQuoter:
    """The port `pipeline.quoting.Quoter`. `chunks_of` returns a document's chunks in reading order."""

    name = "extractive"

    def __init__(self, embedder: Embedder, chunks_of: ChunksOf) -> None:
        self._embedder = embedder
        self._chunks_of = chunks_of

    def answer(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:
        """Return the one or two sections that answer best, marked from [1]; None if no chunk holds a usable one."""
        ranked = self._ranked(question, chunks)
        if not ranked:
            return None
        chosen = _editions(question, ranked) or [ranked[0], *_adding(ranked[0], ranked[1:])][:_SHOWN]
        return _quoted([(candidate, candidate.passage) for candidate in chosen])

    def closest(self, question: str, chunks: Sequence[RetrievedChunk]) -> Quoted | None:
        """Return one or two short passages that may help where there is no answer; None if there is none."""
        asked = Asked.of(question)
        short = [
            (candidate, units)
            for candidate in self._ranked(question, chunks)
            if (units := short_passage(candidate.section, candidate.found, asked, _CLOSEST_SIZE))
        ]
        return _quoted(short[:_CLOSEST]) if short else None

    def suggestions(self, question: str, chunks: Sequence[RetrievedChunk]) -> tuple[str, ...]:
        """Return headings near the question, each of which can be asked as a question; at most three."""
        names = list(dict.fromkeys(_name(candidate.chunk) for candidate in self._ranked(question, chunks)))
        names = [name for name in names if name]
        if not names:
            return ()
        vectors = self._embedder.embed([question, *names])
        order = np.argsort(-(vectors[1:] @ vectors[0]), kind="stable")
        return tuple(names[n] for n in order[:_SUGGESTIONS])

    def _ranked(self, question: str, chunks: Sequence[RetrievedChunk]) -> list[_Candidate]:
        asked = Asked.of(question)
        read = (self._read(chunk, asked) for chunk in _one_a_section(chunks)[:_CANDIDATES])
        found = [candidate for candidate in read if candidate]
        return sorted(found, key=lambda candidate: -_fit(candidate, asked))

    def _read(self, chunk: RetrievedChunk, asked: Asked) -> _Candidate | None:
        """Return the section of a retrieved chunk; None if the chunk holds nothing that can be shown."""
        # The document may have become another one since the search: only chunks for the same readers are read.
        whole = [other for other in self._chunks_of(chunk.document_id) if other.groups == chunk.groups]
        at = next((n for n, other in enumerate(whole) if other.chunk_id == chunk.chunk_id), None)
        if at is None:
            whole, at = [chunk], 0
        numbers = _around(whole, at)
        read, _ = screened([whole[number] for number in numbers])
        section, found = section_of(read), numbers.index(at)
        passage = passage_of(section, found, asked)
        return _Candidate(section, found, read[found], passage, chunk.score) if passage else None


def _one_a_section(chunks: Sequence[RetrievedChunk]) -> list[RetrievedChunk]:
    """Return the best chunk of each section, in the order of the chunks."""
    best: dict[tuple[str, str], RetrievedChunk] = {}
    for chunk in chunks:
        best.setdefault((chunk.document_id, chunk.heading), chunk)
    return list(best.values())


def _around(whole: Sequence[RetrievedChunk], at: int) -> list[int]:
    """Return the numbers of the chunks to read: `at` and its neighbours under the same heading."""
    heading = whole[at].heading
    first = last = at
    while first > max(0, at - _REACH) and whole[first - 1].heading == heading:
        first -= 1
    while last < min(len(whole) - 1, at + _REACH) and whole[last + 1].heading == heading:
        last += 1
    return list(range(first, last + 1))


def _fit(candidate: _Candidate, asked: Asked) -> float:
    """Return the retrieval score, raised for steps where the question asks for them."""
    steps = asked.how and any(unit.kind is Kind.STEPS for unit in candidate.passage)
    return candidate.score + _STEPS * steps


def _editions(question: str, ranked: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the best section and one of another document that contradicts it, the newer first; [] if none does."""
    first = ranked[0]
    against = (
        other
        for other in ranked[1:]
        if not other.is_beside(first)
        and other.score >= first.score - _NEAR_EDITION
        and contradict(question, first.text, other.text)
    )
    other = next(against, None)
    return sorted((first, other), key=lambda shown: shown.chunk.updated or "", reverse=True) if other else []


def _adding(first: _Candidate, others: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the sections that are nearly as near as the first and say something else, the best one first."""
    told = stems_of(first.text)
    fits = {n: other.score + _SAME_PAGE * other.is_beside(first) for n, other in enumerate(others)}
    near = [n for n in sorted(fits, key=lambda n: -fits[n]) if fits[n] >= first.score - _NEAR]
    return [others[n] for n in near if _tells_more(others[n].text, told)]


def _tells_more(text: str, told: frozenset[str]) -> bool:
    words = stems_of(text)
    return len(text) >= _TELLING_CHARS and len(words - told) >= _NEW * len(words)


def _name(chunk: RetrievedChunk) -> str:
    """Return the heading of a chunk in words, with the title where the heading alone tells too little."""
    title, heading = _words(chunk.title), _words(chunk.heading.split(" > ")[-1])
    if not heading or stems_of(heading) <= stems_of(title):
        return title
    both = f"{title}: {heading}"
    return heading if len(heading.split()) >= _TELLING_WORDS or len(both) > _NAME_CHARS else both


def _words(heading: str) -> str:
    """Return a heading without markup; "" if it was withheld."""
    if is_withheld(heading):
        return ""
    return " ".join(re.sub(r"[*_`#]", "", without_links(cleaned([heading])[0])).split())


def _quoted(shown: Sequence[tuple[_Candidate, Sequence[Unit]]]) -> Quoted:
    citations: list[Citation] = []
    passages: list[str] = []
    for marker, (candidate, units) in enumerate(shown, 1):
        passages.append(_marked(candidate.chunk, units, marker))
        citations.extend(
            Citation(marker=marker, chunk_id=chunk.chunk_id, quote=quote)
            for chunk, quote in candidate.section.quotes(units)
        )
    sources = tuple(source_of(marker, candidate.chunk) for marker, (candidate, _) in enumerate(shown, 1))
    return Quoted(text="\n\n".join(passages), citations=tuple(citations), sources=sources)


def _marked(chunk: RetrievedChunk, units: Sequence[Unit], marker: int) -> str:
    """Return the units under their heading, with the marker at the end of the paragraph or on a line of its own."""
    heading = _name(chunk)
    text = "\n\n".join(unit.text for unit in units)
    text = f"{text} [{marker}]" if units[-1].kind is Kind.PARAGRAPH else f"{text}\n\n[{marker}]"
    # Some pages repeat their title or heading in bold, and a question in the text can be its own heading.
    for repeated in (_words(chunk.title), _words(chunk.heading.split(" > ")[-1])):
        text = text.removeprefix(f"**{repeated}**\n\n")
    return text if not heading or _begins_with(text, chunk) else f"**{heading}**\n\n{text}"


def _begins_with(text: str, chunk: RetrievedChunk) -> bool:
    """Tell whether the first line of a passage asks the question that is its heading: "Q: Is it free?"."""
    question = _words(chunk.heading.split(" > ")[-1])
    return question.endswith(("?", "？")) and _words(text.split("\n", 1)[0]).endswith(question)  # noqa: RUF001
