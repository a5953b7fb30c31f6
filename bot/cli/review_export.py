"""Stored reviews as JSON lines, CSV and plain lines."""

import csv
import io
import json
from collections.abc import Sequence

from bot.cli.stored import opened_store
from bot.desk.permissions import UnknownReviewError
from bot.settings import Settings
from bot.store.records import Review, ReviewEvent, ReviewFilter, ReviewState

ALL: tuple[ReviewState, ...] = ("open", "approved", "edited", "rejected", "expired")
_FIELDS = (
    "review_id", "state", "reason", "tenant_id", "channel_id", "asked_by", "opened_at", "decided_at", "decided_by",
    "claimed_by", "sent_anyway", "findings", "question", "draft", "answer", "note",
)  # fmt: skip
# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LIMIT = 100_000


async def stored_reviews(settings: Settings, states: Sequence[ReviewState]) -> list[Review]:
    """Return the reviews in these states; none without a store."""
    async with opened_store(settings) as store:
        return await store.reviews.listed(ReviewFilter(states=tuple(states), limit=_LIMIT)) if store else []


async def stored_review(settings: Settings, review_id: str) -> tuple[Review, list[ReviewEvent]]:
    """Return one review with its history. Raises UnknownReviewError."""
    async with opened_store(settings) as store:
        review = await store.reviews.get(review_id) if store else None
        if store is None or review is None:
            raise UnknownReviewError(f"there is no review {review_id}")
        return review, await store.reviews.events(review_id)


def as_jsonl(reviews: Sequence[Review]) -> str:
    """Return one JSON line a review."""
    return "".join(f"{json.dumps(_flat(review), ensure_ascii=False)}\n" for review in reviews)


def as_csv(reviews: Sequence[Review]) -> str:
    """Return a CSV table with a header, with formulas disarmed."""
    table = io.StringIO()
    writer = csv.DictWriter(table, _FIELDS)
    writer.writeheader()
    for review in reviews:
        writer.writerow({name: _cell(value) for name, value in _flat(review).items()})
    return table.getvalue()


def as_lines(reviews: Sequence[Review]) -> str:
    """Return one line a review, as a person reads it in a terminal."""
    return "\n".join(f"{r.review_id}  {r.state:8}  {r.opened_at[:16]}  {r.question[:80]!r}" for r in reviews)


def as_story(review: Review, events: Sequence[ReviewEvent]) -> str:
    """Return a review and its history as lines."""
    lines = [f"{name}: {value}" for name, value in _flat(review).items() if value not in ("", None, False)]
    return "\n".join([*lines, *(f"  {event.at[:19]}  {event.what}  {event.user_id}" for event in events)])


def _flat(review: Review) -> dict[str, str | bool | None]:
    case, where = review.case, review.conversation
    values = (
        review.review_id, review.state, case.reason.value, where.tenant_id, where.channel_id, where.user_id,
        review.opened_at, review.decided_at, review.decided_by, review.claimed_by, review.sent_anyway,
        " ".join(finding.code.value for finding in case.findings), review.question,
        case.draft.answer if case.draft else "", review.answer, review.note,
    )  # fmt: skip
    return dict(zip(_FIELDS, values, strict=True))


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
