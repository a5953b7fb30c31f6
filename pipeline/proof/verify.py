"""Stage 8 (prove): prove a draft sentence by sentence from the chunks that it cites.

1. Quotes are found word for word in their chunks (`quotes`). 2. The values of each sentence stand in the passages that
it cites (`values`). 3. A sentence that repeats a passage word for word is proved; of every other one a second reader
says whether its passages state it (`judge`). What fails is a finding, and wording with a finding is not shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.retrieval import RetrievedChunk
from pipeline.errors import PipelineError
from pipeline.proof.comparing import comparable
from pipeline.proof.judge import Claim, Judge, Judgement, Verdict
from pipeline.proof.markers import Statement, statements
from pipeline.proof.quotes import Quote, proved
from pipeline.proof.units import units
from pipeline.proof.values import links, missing_values
from pipeline.types import Citation, Deadline, Draft, Finding, FindingCode

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

    `verdicts` are those of the judge, after one "verbatim" for each sentence that needed none.
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
    by_marker = {marker: [q for q in quotes if q.marker == marker] for marker in {q.marker for q in quotes}}
    objections = [
        r for r, c in zip(results, draft.citations, strict=True) if isinstance(r, Finding) and c.marker not in by_marker
    ]
    findings = [*objections, *_formal(draft, limits)]
    told = statements(draft.answer)
    verbatim = 0
    claims: list[Claim] = []
    for statement in told:
        cited = [quote for marker in statement.markers for quote in by_marker.get(marker, [])]
        found = _findings(statement, cited, chunks, question)
        findings += found
        if not found and _is_verbatim(statement.text, cited):
            verbatim += 1
        elif not found:
            claims.append(Claim(statement.text, tuple(dict.fromkeys(_with_heading(quote) for quote in cited))))
    return Checked(quotes, tuple(dict.fromkeys(findings)), verbatim, tuple(claims))


async def judged(
    checked: Checked, question: str, judge: Judge, deadline: Deadline, attempted: Callable[[], None]
) -> Proof:
    """Return the proof of a checked draft, after asking the judge about its open claims.

    If the judge fails, times out or leaves a claim out, nothing but verbatim sentences counts as proved.
    """
    try:
        judgement = await judge.judge(question, checked.open_claims, deadline, attempted)
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


def _formal(draft: Draft, limits: VerificationLimits) -> list[Finding]:
    """Return the objections to the form of a draft: too long, no citation, a marker that cites nothing."""
    found = []
    if len(draft.answer) > limits.answer_chars:
        found.append(Finding(code=FindingCode.TOO_LONG, span=f"{len(draft.answer)} characters"))
    if not draft.citations:
        found.append(Finding(code=FindingCode.NO_CITATION, span=draft.answer))
    listed = {citation.marker for citation in draft.citations}
    used = {marker for statement in statements(draft.answer) for marker in statement.markers}
    return found + [Finding(code=FindingCode.UNKNOWN_CHUNK, span=f"[{marker}]") for marker in sorted(used - listed)]


def _findings(
    statement: Statement, cited: Sequence[Quote], chunks: Sequence[RetrievedChunk], question: str
) -> list[Finding]:
    """Return the objections to one sentence: it cites nothing that is proved, or holds values that its source lacks."""
    if not cited:
        return [Finding(code=FindingCode.UNCITED_CLAIM, span=statement.text)]
    passages = "\n".join([question, *map(_with_heading, cited), *(quote.chunk.url or "" for quote in cited)])
    everywhere = {link for chunk in chunks for link in links(f"{chunk.text} {chunk.url or ''}")}
    told = set(links(statement.text))
    return [
        Finding(code=FindingCode.FOREIGN_LINK if v in told - everywhere else FindingCode.UNSUPPORTED_VALUE, span=v)
        for v in missing_values(statement.text, passages)
    ]


def _is_verbatim(sentence: str, cited: Sequence[Quote]) -> bool:
    """Tell whether the sentence is a whole sentence of a paragraph that it cites.

    A list item or a table row is none: its lead-in or header may turn what it says round.
    """
    wanted = comparable(sentence).strip(" .!")
    whole = (unit.of(quote.chunk.text) for quote in cited for unit in quote.units if unit.kind in {"text", "code"})
    return any(comparable(part).strip(" .!") == wanted for part in whole)


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
