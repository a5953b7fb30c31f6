"""The contract of the `Store` port for remembered answers and rejected questions, on each implementation."""

from support.clock import Clock

from bot.store.port import Store
from bot.store.records import Conversation, CuratedAnswer, Rejection, Review
from pipeline.types import Failure, NeedsReview

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_REVIEW = Review(
    review_id="r-1",
    question="How?",
    conversation=_WHERE,
    case=NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=()),
)
_CURATED = CuratedAnswer(
    curated_id="c-1",
    tenant_id="T1",
    question="How?",
    answer="So.",
    citations=(),
    sources=(),
    approved_by="R",
    approved_at="2026-11-01",
)
_REMEMBERED = _CURATED.model_copy(update={"curated_id": "m-1", "asked_in": _WHERE, "readable_groups": ("a",)})


async def _decided(store: Store, review_id: str, state: str, tenant_id: str = "T1") -> None:
    where = _WHERE.model_copy(update={"tenant_id": tenant_id})
    review = _REVIEW.model_copy(update={"review_id": review_id, "conversation": where})
    async with store.transaction() as tx:
        await tx.reviews.open(review)
        await tx.reviews.save(review.model_copy(update={"state": state}), "R", state)


async def test_remembered_answers_are_counted_apart_and_deleted_when_they_are_old(store: Store, clock: Clock) -> None:
    await store.curated.save(_CURATED, "e", b"v")
    await store.curated.save(_REMEMBERED, "e", b"v")
    assert await store.curated.get("m-1") == _REMEMBERED
    assert await store.curated.counts() == {"live": 1, "remembered": 1}
    await store.curated.save(_REMEMBERED.model_copy(update={"curated_id": "m-2"}), "e", b"v")
    await store.curated.set_state("m-2", "stale")
    assert await store.curated.counts() == {"live": 1, "remembered": 1, "stale": 1}
    clock.move(days=29, hours=23)
    assert await store.curated.purge_remembered(30) == 0
    clock.move(hours=1)
    assert await store.curated.purge_remembered(30) == 2
    assert await store.curated.counts() == {"live": 1}


async def test_no_days_delete_all_remembered_answers_at_once(store: Store) -> None:
    await store.curated.save(_REMEMBERED, "e", b"v")
    assert await store.curated.purge_remembered(0) == 1


async def test_the_decisions_of_a_tenant_are_listed_the_last_one_first(store: Store, clock: Clock) -> None:
    await _decided(store, "r-old", "rejected")
    clock.move(days=3)
    for review_id, state in (("r-1", "rejected"), ("r-2", "edited"), ("r-3", "approved"), ("r-4", "expired")):
        await _decided(store, review_id, state)
        clock.move(minutes=1)
    await _decided(store, "r-5", "rejected", "T2")
    await store.reviews.open(_REVIEW.model_copy(update={"review_id": "r-open"}))
    assert [review.review_id for review in await store.reviews.decided_in("T1", 2)] == ["r-3", "r-2", "r-1"]
    assert [review.review_id for review in await store.reviews.decided_in("T1", 4)] == ["r-3", "r-2", "r-1", "r-old"]


async def test_a_review_lacks_its_card_only_while_it_is_open_and_once_its_time_has_come(
    store: Store, clock: Clock
) -> None:
    late = clock.time.replace(hour=12).isoformat(timespec="microseconds")
    for review_id, card_after in (("r-1", late), ("r-2", ""), ("r-3", late)):
        update = {"review_id": review_id, "card_after": card_after}
        await store.reviews.open(_REVIEW.model_copy(update=update))
    async with store.transaction() as tx:
        third = await tx.reviews.locked("r-3")
        assert third is not None
        await tx.reviews.save(third.model_copy(update={"state": "rejected"}), "R", "rejected")
    assert await store.reviews.without_card() == []
    clock.move(hours=12)
    assert [review.review_id for review in await store.reviews.without_card()] == ["r-1"]


async def test_the_reason_of_the_rejection_before_is_emptied_with_the_other_texts(store: Store, clock: Clock) -> None:
    before = Rejection(review_id="r-0", by="R", at="2026-11-01T00:00:00+00:00", note="a secret")
    review = _REVIEW.model_copy(update={"rejected_before": before})
    async with store.transaction() as tx:
        await tx.reviews.open(review)
        await tx.reviews.save(review.model_copy(update={"state": "edited"}), "R", "edited")
    clock.move(days=91)
    assert await store.reviews.purge(90) == 1
    kept = await store.reviews.get("r-1")
    assert kept is not None
    assert "a secret" not in kept.model_dump_json()
