"""An outcome in words for whoever asked on the command line, and the exit status that it gives (pure)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.cli.printing import Line, Markdown, Part, plain_text
from bot.surfaces.model_words import degraded_words, no_model_words, problem_lines
from bot.surfaces.showing import cited_links, every_link, links_of, readable, small_print
from bot.surfaces.wording import (
    finding_words,
    introduction,
    not_enough_words,
    other_language,
    understood_words,
    updated_words,
)
from bot.surfaces.words import ENGLISH
from pipeline.types import (
    Answered,
    Blocked,
    Citation,
    Draft,
    Failure,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Quoted,
    Response,
    Source,
    Unavailable,
)

# 1 is an error, 2 a wrong setting or command line, as for every command.
EXIT_STATUS: Mapping[str, int] = MappingProxyType(
    {"answered": 0, "not_enough_info": 3, "needs_review": 4, "unavailable": 5, "limited": 6, "blocked": 7}
)


def response_json(response: Response) -> dict[str, Any]:
    """Return a response as a JSON object: `outcome`, `trace`, and `understood`, the question as it was searched for."""
    parts = {part: getattr(response, part).model_dump(mode="json") for part in ("outcome", "trace")}
    return {**parts, "understood": response.understood}


def response_parts(response: Response) -> list[Part]:
    """Return a response: how the question was read, the outcome, and what failed at a model server."""
    read_as = f"{understood_words(response.trace)}: “{response.understood}”"
    problems = problem_lines(response.trace.model_problems) if _is_without_the_model(response.outcome) else []
    return [
        *([Line(read_as, "faint")] if response.understood else []),
        *outcome_parts(response.outcome),
        *([Line(""), Line("\n".join(problems), "warning")] if problems else []),
    ]


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome as plain text."""
    return plain_text(outcome_parts(outcome))


def outcome_parts(outcome: Outcome) -> list[Part]:
    """Return an outcome in words."""
    match outcome:
        case Answered():
            return _answer(outcome)
        case NotEnoughInfo():
            return _not_enough(outcome)
        case NeedsReview():
            return _review(outcome)
        case Limited():
            return [Line(_limit_words(outcome), "warning")]
        case Blocked() | Unavailable():
            return [Line(f"No answer ({outcome.reason}).", "bad")]


def _is_without_the_model(outcome: Outcome) -> bool:
    """Tell whether a model should have written an answer and none did."""
    match outcome:
        case Answered() | NotEnoughInfo() | Unavailable():
            return bool(no_model_words(outcome.reason))
        case _:
            return False


def _answer(outcome: Answered) -> list[Part]:
    is_quoted = outcome.form == "quoted"
    parts: list[Part] = [Line(degraded_words(outcome.reason), "warning")] if outcome.degraded else []
    parts += [Line(f"{ENGLISH('quoted')}:", "strong"), Line("")] if is_quoted else []
    parts += [Markdown(readable(outcome.text, links_of(outcome))), Line("")]
    parts += source_lines(outcome.sources, () if is_quoted else outcome.citations)
    approved = outcome.approved
    words = approved and ENGLISH("approved-by-on", who=approved.by, day=ENGLISH.day(approved.at))
    return [*parts, *([Line(words, "good")] if words else [])]


def _not_enough(outcome: NotEnoughInfo) -> list[Part]:
    examples = [Line(f"  {question}", indent=2) for question in outcome.suggestions]
    if outcome.reason is Failure.NO_QUESTION:
        return [Line(introduction(has_examples=bool(examples))), *examples]
    parts: list[Part] = [Line(f"{ENGLISH('not-enough-head')} {not_enough_words(outcome)}", "warning")]
    parts += [Line(other_language(outcome.documents_in))] if outcome.documents_in else []
    if outcome.closest:
        parts += _beside(f"{ENGLISH('closest')}, which do not answer it", outcome.closest)
    elif outcome.nearest:
        named = [Line(f"  {d.title}  {d.url or d.document_id}", indent=2) for d in outcome.nearest]
        parts += [Line(ENGLISH("nearest-documents")), *named]
    return [*parts, *([Line(""), Line(f"{ENGLISH('did-you-mean')}:", "strong"), *examples] if examples else [])]


def _review(outcome: NeedsReview) -> list[Part]:
    findings = [Line(f"  “{f.span}” {finding_words(f.code)} ({f.code})", indent=2) for f in outcome.findings]
    draft = _draft(outcome.draft, outcome.sources) if outcome.draft else Line("(none)")
    meanwhile = _beside(ENGLISH("meanwhile"), outcome.meanwhile) if outcome.meanwhile else []
    head = Line(f"A person should check this ({outcome.reason}). Draft:", "warning")
    return [head, draft, *findings, *meanwhile]


def _draft(draft: Draft, sources: Sequence[Source]) -> Markdown:
    keep = cited_links(draft.citations, [source.url for source in sources])
    return Markdown(readable(draft.answer, keep))


def _beside(heading: str, quotes: Quoted) -> list[Part]:
    """Return passages that are no answer, below a heading that says what they are."""
    passages = Markdown(readable(quotes.text, every_link), is_quote=True)
    return [Line(""), Line(f"{heading}:", "strong"), Line(""), passages, Line(""), *source_lines(quotes.sources, ())]


def source_lines(sources: Sequence[Source], citations: Sequence[Citation]) -> list[Part]:
    """Return a line for each source, and below it the quotes behind its marker."""
    lines: list[Part] = []
    for source in sources:
        place = f"{source.title} > {source.heading}" if source.heading else source.title
        changed = f"  ({updated_words(source.updated)})" if source.updated else ""
        marker = f"[{source.marker}] "
        lines.append(Line(f"{marker}{place}  {source.url or source.document_id}{changed}", indent=len(marker)))
        lines += [Line(f"    “{quote}”", "faint", indent=4) for quote in small_print(citations, source.marker)]
    return lines


def _limit_words(outcome: Limited) -> str:
    match outcome.reason:
        case Failure.INPUT_EMPTY:
            return "There is no question. Ask one in words."
        case Failure.INPUT_TOO_LONG:
            return f"The question is longer than the limit of {outcome.limit:,} characters."
        case _:
            return f"The limit of {outcome.limit:,} is reached; ask again in {outcome.retry_after or 0:.0f} seconds."
