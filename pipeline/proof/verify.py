"""Stage 8 (prove): prove a draft sentence by sentence from the chunks that it cites.

1. Quotes are found word for word in their chunks (`quotes`). 2. The values of each sentence stand in the passages that
it cites (`values`). 3. A sentence that repeats a passage word for word is proved; of every other one a second reader
says whether its passages state it (`judge`). What fails is a finding, and wording with a finding is not shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.retrieval import RetrievedChunk
from pipeline.errors import PipelineError
from pipeline.proof.comparing import comparable
from pipeline.proof.judge import Claim, Judge, Judgement, Verdict
from pipeline.proof.markers import Statement, left_over, markers_in, statements
from pipeline.proof.quotes import Quote, proved
from pipeline.proof.units import Unit, units
from pipeline.proof.values import links, missing_values
from pipeline.request_log import RequestLog
from pipeline.types import Citation, Deadline, Draft, Finding, FindingCode

_SPACE_BEFORE_STOP = re.compile(r"(?<!\s)\s++([.!?。！？])")  # noqa: RUF001
_REFUSED = {Verdict.CONTRADICTED: FindingCode.CONTRADICTED, Verdict.NOT_STATED: FindingCode.NOT_STATED}


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """`answer_chars`: longest answer shown. `quote_chars_min`: shorter quotes prove nothing."""

    answer_chars: int = 3000
    quote_chars_min: int = 12


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft after the checks by code: its proved quotes, the findings, and the claims that only a judge can prove."""

    quotes: tuple[Quote, ...]
    findings: tuple[Finding, ...]
    verbatim: int = 0
    open_claims: tuple[Claim, ...] = ()

    @property
    def needs_judge(self) -> bool:
        """Whether a judge can still prove the wording."""
        return bool(self.open_claims) and not self.findings

    def without_judge(self) -> "Proof":
        """Return what is proved if nobody reads the open claims."""
        open_claims = () if self.findings else self.open_claims
        unread = tuple(Finding(code=FindingCode.NOT_JUDGED, span=claim.sentence) for claim in open_claims)
        return Proof(self.quotes, (*self.findings, *unread), ("verbatim",) * self.verbatim)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about a draft. Its wording may be shown only if there is no finding.

    `verdicts` are those of the judge, or "verbatim" for each sentence of a draft that needed none.
    """

    quotes: tuple[Quote, ...]
    findings: tuple[Finding, ...]
    verdicts: tuple[str, ...] = ()
    judgement: Judgement | None = None


NOT_PROVED = Proof((), ())


def checked(draft: Draft, chunks: Sequence[RetrievedChunk], limits: VerificationLimits, question: str = "") -> Checked:
    """Check quotes and values of a draft. Pure. A value that stands in the question is the asker's own."""
    results = [proved(citation, chunks, limits.quote_chars_min) for citation in draft.citations]
    quotes = tuple(dict.fromkeys(result for result in results if isinstance(result, Quote)))
    if len(draft.answer) > limits.answer_chars:
        return Checked(quotes, (Finding(code=FindingCode.TOO_LONG, span=f"{len(draft.answer)} characters"),))
    by_marker = {marker: [q for q in quotes if q.marker == marker] for marker in {q.marker for q in quotes}}
    told = statements(draft.answer)
    # A citation that no sentence uses is not shown, so it may be a bad one.
    unproved = {marker for said in told for marker in said.markers} - by_marker.keys()
    objections = [
        r for r, c in zip(results, draft.citations, strict=True) if isinstance(r, Finding) and c.marker in unproved
    ]
    cited = [[quote for marker in said.markers for quote in by_marker.get(marker, [])] for said in told]
    everywhere = frozenset(link for chunk in chunks for link in links(f"{chunk.text} {chunk.url or ''}"))
    findings = [*objections, *_formal(draft, told)]
    for said, stood_on in zip(told, cited, strict=True):
        findings += _findings(said, stood_on, everywhere, question)
    if findings or _is_verbatim(told, quotes):
        return Checked(quotes, tuple(dict.fromkeys(findings)), verbatim=len(told))
    claims = [Claim(s.text, tuple(dict.fromkeys(map(_with_heading, by)))) for s, by in zip(told, cited, strict=True)]
    return Checked(quotes, (), open_claims=tuple(claims))


async def judged(checked: Checked, question: str, judge: Judge, deadline: Deadline, log: RequestLog) -> Proof:
    """Return the proof of a checked draft, after asking the judge about its open claims.

    If the judge fails, times out or leaves a claim out, none of the claims counts as proved.
    """
    try:
        judgement = await judge.judge(question, checked.open_claims, deadline, log)
    except PipelineError:
        return checked.without_judge()
    if len(judgement.verdicts) != len(checked.open_claims):
        return checked.without_judge()
    refused = tuple(
        Finding(code=_REFUSED[verdict], span=claim.sentence)
        for claim, verdict in zip(checked.open_claims, judgement.verdicts, strict=True)
        if verdict in _REFUSED
    )
    return Proof(checked.quotes, refused, (*("verbatim",) * checked.verbatim, *judgement.verdicts), judgement)


def _formal(draft: Draft, told: Sequence[Statement]) -> list[Finding]:
    """Return the objections to the form of a draft: no citation, a marker that cites nothing, words nobody checks."""
    found = []
    if not draft.citations:
        found.append(Finding(code=FindingCode.NO_CITATION, span=draft.answer))
    listed = {citation.marker for citation in draft.citations}
    used = {marker for statement in told for marker in statement.markers}
    found += [Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{marker}]") for marker in sorted(used - listed)]
    # What is shown must be what was checked: all of the answer, with the markers that were read in it.
    read = [marker for statement in told for marker in statement.own]
    if not told or left_over(draft.answer) or read != markers_in(draft.answer):
        found.append(Finding(code=FindingCode.CHECK_FAILED, span=left_over(draft.answer)[:80]))
    return found


def _findings(statement: Statement, cited: Sequence[Quote], everywhere: frozenset[str], question: str) -> list[Finding]:
    """Return the objections to one sentence: it cites nothing that is proved, or holds values that its source lacks.

    `everywhere` are the links of all chunks.
    """
    if not cited:
        return [Finding(code=FindingCode.UNCITED_CLAIM, span=statement.text)]
    passages = "\n".join([question, *map(_with_heading, cited), *(quote.chunk.url or "" for quote in cited)])
    told = set(links(statement.text))
    return [
        Finding(code=FindingCode.FOREIGN_LINK if v in told - everywhere else FindingCode.UNSUPPORTED_VALUE, span=v)
        for v in missing_values(statement.text, passages)
    ]


def _is_verbatim(told: Sequence[Statement], quotes: Sequence[Quote]) -> bool:
    """Tell whether the draft repeats whole paragraphs of one chunk, neighbours in their order, letter by letter.

    A part of a paragraph, sentences of two places, or what follows a lead-in may say something else than their source.
    """
    markers = {marker for statement in told for marker in statement.markers}
    chunk = next((quote.chunk for quote in quotes if {quote.marker} == markers), None)
    if chunk is None:
        return False
    source, wanted = units(chunk.text), [_letters(statement.text) for statement in told]
    starts = range(len(source) - len(wanted) + 1)
    return any(
        [_letters(unit.of(chunk.text)) for unit in source[start : start + len(wanted)]] == wanted
        and _are_paragraphs(source, start, start + len(wanted), chunk.text)
        for start in starts
    )


def _are_paragraphs(source: Sequence[Unit], start: int, end: int, text: str) -> bool:
    """Tell whether the units `start` to `end` (excluded) are whole paragraphs without a lead-in before them."""
    before = source[start - 1] if start else None
    begins = before is None or (before.block != source[start].block and not before.of(text).rstrip("*_ ").endswith(":"))
    ends = end == len(source) or source[end].block != source[end - 1].block
    return begins and ends and all(unit.kind == "text" for unit in source[start:end])


def _letters(text: str) -> str:
    """Return the text as it is written, but for its spaces: also that before a stop, where a marker stood."""
    return _SPACE_BEFORE_STOP.sub(r"\1", " ".join(text.split()))


def _with_heading(quote: Quote) -> str:
    # The whole chunk, not the quote alone: of 133 right answers 7 state a value that stands beside their quotes.
    heading = quote.chunk.heading or quote.chunk.title
    return f"{heading}\n{quote.chunk.text}"


def cited_for(answer: str, chunks: Sequence[RetrievedChunk]) -> tuple[Citation, ...]:
    """Return citations for an answer that a person wrote: marker n cites the unit of chunk n that is most like it."""
    found: dict[Citation, None] = {}
    for statement in statements(answer):
        for marker in statement.markers:
            if 1 <= marker <= len(chunks) and (nearest := _nearest_unit(statement.text, chunks[marker - 1].text)):
                found[Citation(marker=marker, chunk_id=chunks[marker - 1].chunk_id, quote=nearest)] = None
    return tuple(found)


def _nearest_unit(sentence: str, text: str) -> str | None:
    """Return the unit of `text` that shares most words with the sentence, the shorter one of two; None if none."""
    wanted = set(comparable(sentence).split())
    parts = [unit.of(text) for unit in units(text) if unit.kind != "heading" and comparable(unit.of(text))]
    return max(parts, key=lambda part: (len(wanted & set(comparable(part).split())), -len(part)), default=None)
