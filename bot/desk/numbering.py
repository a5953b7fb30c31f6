"""Number the sources of a review from 1, in the order in which a text names them (pure)."""

from collections.abc import Mapping

from pipeline.proof.markers import markers_in, with_markers
from pipeline.types import Draft, Finding, NeedsReview, Source

Numbers = Mapping[int, int]


def numbered(case: NeedsReview) -> NeedsReview:
    """Return a case with draft, quotes, sources and findings numbered as the draft names them."""
    return with_numbers(case, numbers_in(case.draft.answer if case.draft else "", case))


def numbers_in(text: str, case: NeedsReview) -> Numbers:
    """Return the new number of each marker: first those that `text` names, then the others of the case."""
    draft = case.draft
    of_draft = [*markers_in(draft.answer), *(citation.marker for citation in draft.citations)] if draft else []
    met = dict.fromkeys([*markers_in(text), *of_draft, *sorted(source.marker for source in case.sources)])
    return {old: new for new, old in enumerate(met, 1)}


def with_numbers(case: NeedsReview, numbers: Numbers) -> NeedsReview:
    """Return a case with its markers replaced. A marker that is not in `numbers` stays."""
    if all(old == new for old, new in numbers.items()):
        return case
    sources = sorted((_source(source, numbers) for source in case.sources), key=lambda source: source.marker)
    return case.model_copy(
        update={
            "draft": _draft(case.draft, numbers) if case.draft else None,
            "sources": tuple(sources),
            "findings": tuple(_finding(finding, numbers) for finding in case.findings),
        }
    )


def text_with_numbers(text: str, numbers: Numbers) -> str:
    """Return a text with its markers replaced. A marker that is not in `numbers` stays."""
    return with_markers(text, {marker: numbers.get(marker, marker) for marker in markers_in(text)})


def _draft(draft: Draft, numbers: Numbers) -> Draft:
    citations = tuple(c.model_copy(update={"marker": numbers[c.marker]}) for c in draft.citations)
    return draft.model_copy(update={"answer": text_with_numbers(draft.answer, numbers), "citations": citations})


def _source(source: Source, numbers: Numbers) -> Source:
    return source.model_copy(update={"marker": numbers[source.marker]})


def _finding(finding: Finding, numbers: Numbers) -> Finding:
    return finding.model_copy(update={"span": text_with_numbers(finding.span, numbers)})
