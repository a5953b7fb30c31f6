"""Read stored reviews, and write them as JSON lines, CSV or text, without what its readers may not read."""

import csv
import io
from collections.abc import Sequence
from typing import Any, get_args

from bot.app import build_embedder, build_retriever
from bot.cli.printing import clean, json_text
from bot.cli.stored import opened_store
from bot.desk.evidence import Readers, evidence_or_gone, in_own_words
from bot.desk.permissions import UnknownReviewError
from bot.desk.review_views import ReviewView
from bot.settings import Settings
from bot.store.records import Review, ReviewEvent, ReviewFilter, ReviewState
from bot.tenants import own_settings

ALL: tuple[ReviewState, ...] = get_args(ReviewState)
_FIELDS = (
    "review_id", "state", "reason", "tenant_id", "channel_id", "asked_by", "opened_at", "decided_at", "decided_by",
    "claimed_by", "sent_anyway", "withheld", "findings", "question", "draft", "answer", "note",
)  # fmt: skip
# A spreadsheet would run a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LIMIT = 100_000
# The groups of whoever reads the output; None shows everything.
Groups = frozenset[str] | None


async def stored_reviews(
    settings: Settings, states: Sequence[ReviewState], groups: Groups, tenant: str = ""
) -> list[ReviewView]:
    """Return the reviews in these states, `_LIMIT` at most, as `groups` may read them; none if there is no store."""
    async with opened_store(settings, tenant) as store:
        found = await store.reviews.listed(ReviewFilter(states=tuple(states), limit=_LIMIT)) if store else []
    return await _as_read_by(groups, found, own_settings(settings, tenant))


async def stored_review(
    settings: Settings, review_id: str, groups: Groups, tenant: str = ""
) -> tuple[ReviewView, list[ReviewEvent]]:
    """Return one review, as `groups` may read it, with its history. Raises UnknownReviewError."""
    async with opened_store(settings, tenant) as store:
        review = await store.reviews.get(review_id) if store else None
        if store is None or review is None:
            raise UnknownReviewError(f"there is no review {review_id}")
        (view,) = await _as_read_by(groups, [review], own_settings(settings, tenant))
        return view, await store.reviews.events(review_id)


async def _as_read_by(groups: Groups, reviews: Sequence[Review], settings: Settings) -> list[ReviewView]:
    # Without a review no index is needed, and none may be there.
    if groups is None or not reviews:
        return [ReviewView(review, show_draft=True) for review in reviews]
    retriever, readers = build_retriever(settings, build_embedder(settings)), Readers(groups)
    evidence = [await evidence_or_gone(retriever, review) for review in reviews]
    shown = [one.may_be_shown(readers) for one in evidence]
    return [ReviewView(r if s else in_own_words(r), show_draft=s) for r, s in zip(reviews, shown, strict=True)]


def as_jsonl(views: Sequence[ReviewView]) -> str:
    """Return one JSON line for each review."""
    return "".join(f"{json_text(review, indent=None)}\n" for review in flat(views))


def flat(views: Sequence[ReviewView]) -> list[dict[str, str | bool | None]]:
    """Return each review as a flat JSON object."""
    return [_flat(view) for view in views]


def as_object(view: ReviewView, events: Sequence[ReviewEvent]) -> dict[str, Any]:
    """Return a review and its history as a JSON object."""
    return {**_flat(view), "events": [event.model_dump(mode="json", exclude={"review_id"}) for event in events]}


def as_csv(views: Sequence[ReviewView]) -> str:
    """Return a table with a header. Cells that a spreadsheet would take for formulas begin with an apostrophe."""
    table = io.StringIO()
    writer = csv.DictWriter(table, _FIELDS)
    writer.writeheader()
    for view in views:
        writer.writerow({name: _cell(value) for name, value in _flat(view).items()})
    return table.getvalue()


def as_text(view: ReviewView, events: Sequence[ReviewEvent]) -> str:
    """Return a review and its history as text."""
    lines = [f"{name}: {value}" for name, value in _flat(view).items() if value not in ("", None, False)]
    return "\n".join([*lines, *(f"  {event.at[:19]}  {event.what}  {event.user_id}" for event in events)])


def _flat(view: ReviewView) -> dict[str, str | bool | None]:
    review = view.readable
    case, where = review.case, review.conversation
    values = (
        review.review_id, review.state, case.reason.value, where.tenant_id, where.channel_id, where.user_id,
        review.opened_at, review.decided_at, review.decided_by, review.claimed_by, review.sent_anyway,
        not view.show_draft, " ".join(finding.code.value for finding in case.findings), review.question,
        case.draft.answer if case.draft else "", review.answer, review.note,
    )  # fmt: skip
    return dict(zip(_FIELDS, values, strict=True))


def _cell(value: object) -> str:
    text = "" if value is None else clean(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
