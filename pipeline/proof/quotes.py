"""Find the quotes of a draft in the retrieved chunks, and widen them to whole sentences, list items and rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, zip_longest

from index.retrieval import RetrievedChunk
from pipeline.markup import readable
from pipeline.proof.comparing import Comparable, located, without_quote_marks
from pipeline.proof.markers import without_markers
from pipeline.proof.units import Unit, asks, shown_with, units
from pipeline.types import Citation, Finding, FindingCode, Quoted, Source

# What may stand around a quote without being part of it: quote marks, brackets, an ellipsis, a stop, half a character.
_AROUND = "\"'()[]… .\ufffd"
_TEXTS_KEPT = 4096
_SPEAKER = re.compile(r"^[^\W\d_]{1,10} ?\d{0,3}: ")
_ELLIPSIS = re.compile(r"(?:(?<!\s)\s++)?(?:\[\s*+\.{3}\s*+\]|\(\s*+\.{3}\s*+\)|\.{3,}+)\s*+")


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote that stands word for word in `chunk`, and the units that it is part of."""

    marker: int
    chunk: RetrievedChunk
    units: tuple[Unit, ...]

    @property
    def passage(self) -> str:
        """The whole sentences that the quote is part of, verbatim; of a list or table all of it, with its lead-in."""
        return _markdown(self.chunk.text, shown_with(self.chunk.text, self.units))

    @property
    def citation(self) -> Citation:
        """The quote as a citation, widened."""
        start, end = self.units[0].start, self.units[-1].end
        return Citation(marker=self.marker, chunk_id=self.chunk.chunk_id, quote=self.chunk.text[start:end].strip())


def proved(citation: Citation, chunks: Sequence[RetrievedChunk], least: int) -> Quote | Finding:
    """Return the quote of a citation as found in its chunk, or the objection to it.

    Marker n names chunk n, so a known chunk id under another marker is a swapped source. A quote of fewer than `least`
    characters proves nothing.
    """
    in_range = 1 <= citation.marker <= len(chunks)
    if not in_range or chunks[citation.marker - 1].chunk_id != citation.chunk_id:
        return Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{citation.marker}] {citation.chunk_id[:80]}")
    chunk = chunks[citation.marker - 1]
    # Models also copy the line before the text in the prompt, and put a marker or line breaks as `\n` into a quote.
    header = f"[{citation.marker}] chunk_id={chunk.chunk_id}, title={chunk.title}\n\n"
    for quote in dict.fromkeys((citation.quote, without_markers(citation.quote).replace("\\n", "\n"))):
        found = _units_of(quote, chunk.text, least) or _units_of(quote, chunk.text, least, header)
        if found:
            return Quote(citation.marker, chunk, found)
    return Finding(code=FindingCode.QUOTE_NOT_FOUND, span=citation.quote)


def quoted(quotes: Iterable[Quote], max_chars: int) -> Quoted | None:
    """Return the passages of proved quotes as they are shown, in the order of the draft; None if there is none.

    Quotes of one chunk become one passage, with whole lists and tables. Passages beyond `max_chars` are left out.
    """
    by_chunk: dict[str, list[Quote]] = {}
    for quote in quotes:
        by_chunk.setdefault(quote.chunk.chunk_id, []).append(quote)
    passages: list[str] = []
    citations: list[Citation] = []
    sources: list[Source] = []
    for marker, same in enumerate(by_chunk.values(), 1):
        chunk = same[0].chunk
        shown = shown_with(chunk.text, [unit for quote in same for unit in quote.units])
        passage = readable(_markdown(chunk.text, shown), chunk.url)
        if passages and sum(map(len, passages)) + len(passage) > max_chars:
            break
        passages.append(marked(passage, marker))
        citations += [replace(quote, marker=marker).citation for quote in same]
        sources.append(source_of(marker, chunk))
    if not passages:
        return None
    return Quoted(text="\n\n".join(passages), citations=tuple(dict.fromkeys(citations)), sources=tuple(sources))


def marked(passage: str, marker: int) -> str:
    """Return a passage of a document with its marker: at its end, or on a line of its own after a list or a block."""
    ends_in_text = not units(passage) or units(passage)[-1].kind == "text"
    apart = " " if ends_in_text else "\n\n"
    return f"{passage}{apart}[{marker}]"


def source_of(marker: int, chunk: RetrievedChunk) -> Source:
    """Return a chunk as a source under `marker`."""
    return Source(
        marker=marker,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        title=chunk.title,
        heading=chunk.heading,
        url=chunk.url,
        groups=chunk.groups,
    )


def _units_of(quote: str, chunk_text: str, least: int, header: str = "") -> tuple[Unit, ...]:
    """Return the units of a text that hold the quote, which may begin in the header before it; none if it is not there.

    A quote of several sentences may leave out some between them. What it leaves out is shown with the others.
    """
    if not header and (answer := _answer_to_a_question(quote, chunk_text, least)):
        return answer
    text = header + chunk_text
    spans = _spans(quote, text, least)
    start, end = (max(0, place - len(header)) for place in (spans[0][0], spans[-1][1])) if spans else (0, 0)
    return _touched(chunk_text, start, end) if end - start >= least else ()


def _answer_to_a_question(quote: str, text: str, least: int) -> tuple[Unit, ...]:
    """Return the question and the unit after it if a quote too short to prove anything is all of that unit: "No."."""
    if len(_bare(quote)) >= least:
        return ()
    for question, answer in pairwise(units(text)):
        if asks(question.of(text)) and _bare(quote) and _without_speaker(answer.of(text)) == _without_speaker(quote):
            return question, answer
    return ()


def _without_speaker(text: str) -> str:
    """Return a part of a quote in comparable form, without "A:" before it."""
    return _SPEAKER.sub("", _bare(text))


def _spans(quote: str, text: str, least: int) -> list[tuple[int, int]]:
    """Return where the parts of a quote stand in `text`, one after the other; none if one is missing.

    An ellipsis may leave out words of one unit, because the whole unit is shown.
    """
    parts = [part for part in _ELLIPSIS.split(quote.replace("…", "...")) if _bare(part)]
    wanted = [_bare(part) for part in parts]
    if sum(map(len, wanted)) < least:
        return []
    if len(wanted) == 1:
        whole = next(([span] for span in _places(text).spans(wanted[0])), [])
    else:
        whole = next(([(u.start, u.end)] for u in units(text) if _in_order(u.of(text), wanted)), [])
    sentences = [_bare(unit.of(part)) for part in parts for unit in units(part)]
    return whole or _whole_units(text, sentences, least, is_marked=len(parts) > 1)


def _whole_units(text: str, sentences: Sequence[str], least: int, *, is_marked: bool) -> list[tuple[int, int]]:
    """Return where the sentences of a quote stand if nothing but whole units is left out between them.

    Where no ellipsis marks what is left out, the first and the last sentence must be whole ones too.
    """
    spans = _in_order(text, sentences) if min(map(len, sentences), default=0) >= least else []
    begin, end = spans[is_marked:], spans[: len(spans) - is_marked]
    begins = all(not _bare(text[_touched(text, *span)[0].start : span[0]]) for span in begin)
    ends = all(not _bare(text[span[1] : _touched(text, *span)[-1].end]) for span in end)
    return spans if begins and ends else []


def _touched(text: str, start: int, end: int) -> tuple[Unit, ...]:
    return tuple(unit for unit in units(text) if unit.start < end and unit.end > start)


def _in_order(text: str, parts: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the parts stand in `text`, one after the other; none if one is missing."""
    after, found = 0, list[tuple[int, int]]()
    for part in parts:
        span = next((span for span in _places(text).spans(part) if span[0] >= after), None)
        if span is None:
            return []
        found.append(span)
        after = span[1]
    return found


@lru_cache(maxsize=_TEXTS_KEPT)
def _places(text: str) -> Comparable:
    return without_quote_marks(located(text))


def _bare(part: str) -> str:
    """Return a part of a quote in comparable form, without what may stand around it, and without quote marks."""
    return " ".join(_places(part).text.strip(_AROUND).split())


def _markdown(text: str, shown: Sequence[Unit]) -> str:
    """Return units as Markdown: neighbours as they stand, a gap as a new paragraph, a table with its rule."""
    return "".join(_joined(text, shown)).strip("\n")


def _joined(text: str, shown: Sequence[Unit]) -> Iterator[str]:
    following = dict(pairwise(units(text)))
    for unit, after in zip_longest(shown, shown[1:]):
        is_sentence = unit.kind == "text"
        yield text[unit.start : unit.end].rstrip() if is_sentence else text[unit.start : unit.end]
        if after is None:
            return
        if after == following[unit] or (after.block == unit.block and unit.kind == "row"):
            # What stands between neighbours; between a table's header and its rows this is the rule.
            yield text[unit.end - is_sentence * _spaces(text, unit) : following[unit].start]
        elif after.block != unit.block:
            yield "\n\n"
        elif is_sentence:
            yield " … "


def _spaces(text: str, unit: Unit) -> int:
    """Return how many characters of space the unit ends in."""
    return unit.end - unit.start - len(text[unit.start : unit.end].rstrip())
