"""Who will look at a waiting question, and how long that usually takes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bot.desk.gaps import GAP_ANSWER
from bot.store.port import Store
from bot.store.records import Conversation, Review, ReviewFilter

_LAST = ReviewFilter(states=("approved", "edited", "rejected"), limit=50, except_ending=GAP_ANSWER)
# The median of fewer reviews says little about the next one.
_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an asker may expect: the names of reviewers as far as they are known, how many there are, and how long.

    `usual_s` is the median of the last reviews in seconds, None where too few were decided to say.
    """

    names: tuple[str, ...] = ()
    reviewers: int = 0
    usual_s: float | None = None


async def outlook_of(store: Store, where: Conversation, reviewers: Collection[str]) -> Outlook:
    """Return what the asker in `where` may expect of these reviewers."""
    others = sorted(set(reviewers) - {where.user_id}) or sorted(reviewers)
    names = await store.people.names(others)
    decided = [
        review
        for review in await store.reviews.listed(_LAST)
        # Nobody waits for the second review of an approved answer.
        if review.conversation.tenant_id == where.tenant_id and not review.curated_id
    ]
    took = [spent for review in decided if (spent := _seconds(review)) is not None]
    return Outlook(
        names=tuple(names[who] for who in others if who in names),
        reviewers=len(others),
        usual_s=median(took) if len(took) >= _ENOUGH else None,
    )


def _seconds(review: Review) -> float | None:
    if not review.opened_at or not review.decided_at:
        return None
    return (datetime.fromisoformat(review.decided_at) - datetime.fromisoformat(review.opened_at)).total_seconds()
