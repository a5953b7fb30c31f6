"""The store knows every posted card of a review, also after an upgrade, and how far a decision has come."""

from pathlib import Path

import sqlite_utils
from support.builders import QUOTA, draft

from bot.store.records import Conversation, Outgoing, Review
from bot.store.sqlite.migrations import migrations
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Failure, NeedsReview

_WHERE = Conversation(surface="teams", tenant_id="T1", user_id="U1", channel_id="a:1", thread_id="", private=True)
_REVIEW = Review(
    review_id="r-1",
    question="How many?",
    conversation=_WHERE,
    case=NeedsReview(reason=Failure.UNVERIFIED, draft=draft(f"{QUOTA} [1]"), sources=()),
)


async def test_cards_of_before_the_upgrade_are_kept_and_new_ones_come_first(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    old = sqlite_utils.Database(file)
    migrations.apply(old, stop_before="009_every_card_of_a_review")
    with old.conn:
        old.execute(
            "INSERT INTO reviews (review_id, at, tenant_id, state, review) VALUES ('r-1', '2026', 'T1', 'open', ?)",
            [_REVIEW.model_dump_json()],
        )
        old.execute("INSERT INTO review_cards VALUES ('r-1', 'teams', '19:x', 'm-1')")
    old.close()
    store = await SqliteStore(file).open()
    await store.reviews.set_card("r-1", "teams", "19:x", "m-2")
    await store.reviews.set_card("r-1", "teams", "a:9", "m-3")
    assert await store.reviews.cards("r-1", "teams") == [("a:9", "m-3"), ("19:x", "m-2"), ("19:x", "m-1")]
    assert await store.reviews.card("r-1", "teams") == ("a:9", "m-3")
    assert await store.reviews.cards("r-1", "slack") == []
    await store.close()


async def test_a_decision_is_as_far_as_its_messages_to_all_who_asked(tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "new.sqlite").open()
    keys = ("decided:r-1", "decided:r-1:r-7", "decided:r-1-disputed", "decided:r-10")
    await store.outbox.send(
        [
            Outgoing(key=key, request_id="r-1", surface="teams", tenant_id="T1", channel_id="a:1", text="x")
            for key in keys
        ]
    )
    jobs = {job.key: job for job in await store.outbox.claim("w", 60.0, 9)}
    assert await store.outbox.states("decided:r-1") == {"waiting"}
    await store.outbox.bury(jobs["decided:r-1-disputed"])
    await store.outbox.finish(jobs["decided:r-1"])
    assert await store.outbox.states("decided:r-1") == {"waiting", "done"}
    await store.outbox.bury(jobs["decided:r-1:r-7"])
    assert await store.outbox.states("decided:r-1") == {"done", "dead"}
    assert await store.outbox.states("decided:r-2") == frozenset()
    await store.close()
