"""Questions for `citedesk eval` from what people asked and reviewers decided, as some groups may read it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from bot.app import build_embedder, build_retriever
from bot.cli.stored import opened_store
from bot.desk.evidence import Cited, Readers, evidence_of, may_be_shown
from bot.evaluation.questions import EvalQuestion
from bot.settings import Settings
from bot.store.port import Store
from bot.store.records import Gap, Review, ReviewFilter
from bot.tenants import own_settings
from index.retrieval import Retriever
from pipeline.proof.markers import markers_in

_DECIDED = ReviewFilter(states=("approved", "edited", "rejected"), limit=100_000)
APPROVED, EDITED, OWN_WORDS, REJECTED, GAP = "approved", "edited", "answered without a source", "rejected", "gap"


async def questions_from_reviews(
    settings: Settings, tenant: str, groups: frozenset[str], span: timedelta
) -> list[EvalQuestion]:
    """Return the questions of the last `span`, newest first, each wording once; reviews count before gaps.

    Left out are reviews that cite what these groups may not read today. Raises StoreError, IndexUnavailableError.
    """
    own = own_settings(settings, tenant)
    embedder = build_embedder(own)
    retriever, since = build_retriever(own, embedder), datetime.now(UTC) - span
    async with opened_store(settings, tenant) as store:
        if store is None:
            return []
        decided = await store.reviews.listed(_DECIDED)
        reviews = sorted((r for r in decided if _at(r) >= since), key=_at, reverse=True)
        found = [await _question(retriever, review, Readers(groups)) for review in reviews]
        gaps = await _gaps(store, embedder.name, since, max(1, span.days))
    return list(_each_wording_once([*(one for one in found if one), *map(_gap_question, gaps)]))


def _at(review: Review) -> datetime:
    return datetime.fromisoformat(review.decided_at or review.opened_at)


async def _gaps(store: Store, embedder: str, since: datetime, days: int) -> list[Gap]:
    tenants = sorted({trace.tenant_id for trace in await store.requests.since(since)})
    return [gap for tenant in tenants for gap, _ in await store.gaps.since(tenant, embedder, days)]


async def _question(retriever: Retriever, review: Review, readers: Readers) -> EvalQuestion | None:
    """Return a review as a question; None if these readers may not see what it cites, or its text is deleted."""
    evidence = await evidence_of(retriever, review)
    question = review.own_words or review.question
    if not question or not may_be_shown((one for one in evidence.cited if one.chunk), readers):
        return None
    if review.state == "rejected":
        return _asked(review, question, REJECTED, answerable=False)
    case = review.case
    if review.state == "approved" and case.draft:
        cited = evidence.attached_to(case.draft.answer, case.draft.citations)
        # A quote that its document does not hold any more would never be found.
        holding = {one.source.marker for one in cited if one.holds}
        quotes = tuple(quote.quote for quote in case.draft.citations if quote.marker in holding)
        return _answerable(review, question, APPROVED, cited, quotes)
    markers = set(markers_in(review.answer))
    cited = tuple(one for one in evidence.cited if one.source.marker in markers)
    if not cited:
        return _asked(review, question, OWN_WORDS, answerable=False)
    return _answerable(review, question, EDITED, cited, ())


def _answerable(
    review: Review, question: str, category: str, cited: Iterable[Cited], quotes: tuple[str, ...]
) -> EvalQuestion:
    """Return a question with its gold; nobody knows whether it has an answer if all its documents are gone."""
    documents = tuple(dict.fromkeys(one.chunk.document_id for one in cited if one.chunk))
    gold = {"gold_docs": documents, "gold_quotes": quotes}
    return _asked(review, question, category, answerable=True if documents else None).model_copy(update=gold)


def _asked(review: Review, question: str, category: str, *, answerable: bool | None) -> EvalQuestion:
    return EvalQuestion(id=review.review_id, question=question, answerable=answerable, category=category)


def _gap_question(gap: Gap) -> EvalQuestion:
    return EvalQuestion(id=gap.request_id, question=gap.question, answerable=None, category=GAP)


def _each_wording_once(questions: Iterable[EvalQuestion]) -> Iterator[EvalQuestion]:
    seen: set[str] = set()
    for question in questions:
        wording = " ".join(question.question.casefold().split())
        if wording not in seen:
            seen.add(wording)
            yield question
