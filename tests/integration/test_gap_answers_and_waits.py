"""Nobody waited for an answer to a gap, so it tells nothing about how long reviews take."""

from datetime import UTC, datetime
from pathlib import Path

from support.clock import Clock

from bot.desk.gaps import gap_review_id
from bot.desk.outlook import outlook_of
from bot.store.records import Conversation, Gap, Review, ReviewFilter
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Failure, NeedsReview

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.1", private=False)
_NOTHING = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=())


async def _decided(store: SqliteStore, clock: Clock, review_id: str, hours: float) -> None:
    review = Review(review_id=review_id, question="How many?", conversation=_WHERE, case=_NOTHING)
    async with store.transaction() as tx:
        await tx.reviews.open(review)
    clock.move(hours=hours)
    async with store.transaction() as tx:
        if opened := await tx.reviews.locked(review_id):
            await tx.reviews.save(opened.model_copy(update={"state": "edited"}), "U9", "edited")


async def test_answers_to_gaps_neither_shorten_nor_hide_the_usual_wait(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 3, 1, tzinfo=UTC))
    store = await SqliteStore(tmp_path / "s.sqlite", clock).open()
    for number in range(5):
        await _decided(store, clock, f"r-{number}", 2)
    for number in range(60):
        gap = Gap(request_id=f"g-{number}", tenant_id="T1", user_id="U1", question="x", reason="x")
        await _decided(store, clock, gap_review_id(gap), 0)
    assert (await outlook_of(store, _WHERE, ["U9"])).usual_s == 7200
    await store.close()


async def test_a_list_can_leave_out_reviews_by_the_end_of_their_ids(tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "s.sqlite").open()
    for review_id in ("r-1", "r-1-gap", "r-2-gap-disputed"):
        await _decided(store, Clock(), review_id, 0)
    listed = await store.reviews.listed(ReviewFilter(states=("edited",), except_ending="-gap"))
    assert sorted(review.review_id for review in listed) == ["r-1", "r-2-gap-disputed"]
    assert len(await store.reviews.listed(ReviewFilter(states=("edited",)))) == 3
    await store.close()
