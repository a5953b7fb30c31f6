"""The contract of the `Store` port. It runs on each implementation; a new one adds a line to `reopen`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import timedelta

import pytest
from support.builders import draft
from support.clock import Clock

from bot.desk.review_changes import changed, opened
from bot.store.port import Store, StoreError
from bot.store.records import (
    Conversation,
    CuratedAnswer,
    Feedback,
    Gap,
    Installed,
    JoinedAsker,
    KeptTurn,
    Outgoing,
    Retention,
    Review,
    ReviewFilter,
    Signal,
)
from pipeline.types import Citation, Failure, NeedsReview, ThreadTurn, Trace

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_REVIEW = Review(
    review_id="r-1",
    question="How?",
    conversation=_WHERE,
    case=NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
)
_GAP = Gap(request_id="r-1", tenant_id="T1", user_id="U1", question="How?", reason="x", nearest=("Page", "Other"))
_TRACE = Trace(
    request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered", verdict="OK"
)
_CURATED = CuratedAnswer(
    curated_id="c-1",
    tenant_id="T1",
    question="How?",
    answer="So [1].",
    citations=(Citation(marker=1, chunk_id="k", quote="so"),),
    sources=(),
    approved_by="R",
    approved_at="2026-11-01",
)


def _message(key: str) -> Outgoing:
    return Outgoing(key=key, request_id="r-1", surface="slack", tenant_id="T1", channel_id="C1", text="hi")


async def _no_messages(_: Review) -> list[Outgoing]:
    return []


async def _decide(store: Store, reviewer: str, answer: str = "yes") -> Review | None:
    update = {"state": "approved", "decided_by": reviewer, "answer": answer}
    return await changed(store, "r-1", reviewer, "approved", lambda review: review.model_copy(update=update))


# --- Transactions


async def test_a_transaction_is_kept_whole(store: Store) -> None:
    await store.inbox.add(["q"], '"q"')
    (job,) = await store.inbox.claim("w", 60.0, 1)
    async with store.transaction() as tx:
        assert await tx.inbox.finish(job)
        await tx.requests.save(_TRACE)
        await tx.reviews.open(_REVIEW)
        await tx.gaps.put(_GAP, "e", b"v")
        await tx.turns.put(KeptTurn(request_id="r-1", where=_WHERE, question="How?", answer="So."))
        await tx.threads.asked(_WHERE)
        await tx.outbox.send([_message("a"), _message("b")])
    assert await store.requests.get("r-1") == _TRACE
    assert await store.reviews.get("r-1") is not None
    assert [gap.request_id for gap, _ in await store.gaps.since("T1", "e", 1)] == ["r-1"]
    assert await store.turns.question_of("r-1") == "How?"
    assert await store.threads.owns(_WHERE)
    assert (await store.outbox.length()).waiting == 2


async def test_who_asks_the_same_joins_the_open_review_of_the_tenant_and_no_other(store: Store) -> None:
    def other(number: int, **where: str) -> Review:
        conversation = _WHERE.model_copy(update={"user_id": f"U{number}", **where})
        return _REVIEW.model_copy(update={"review_id": f"r-{number}", "conversation": conversation})

    async def open_(review: Review) -> Review | None:
        return await opened(store, review, _no_messages, lambda open_review: open_review.question == review.question)

    await open_(_REVIEW)
    joined = await asyncio.gather(*(open_(other(number)) for number in (2, 3, 3)))
    assert sorted(review.review_id for review in joined if review) == ["r-1", "r-1"]
    (review,) = await store.reviews.open_in("T1")
    assert sorted(review.askers) == ["U1", "U2", "U3"]
    assert [event.what for event in await store.reviews.events("r-1")] == ["opened", "joined", "joined"]
    await open_(other(4, tenant_id="T2"))
    assert [review.review_id for review in await store.reviews.open_in("T2")] == ["r-4"]
    await _decide(store, "R")
    assert await store.reviews.open_in("T1") == []
    stored = await open_(other(5))
    assert stored is not None
    assert stored.review_id == "r-5"


async def test_a_transaction_whose_body_raises_leaves_nothing(store: Store) -> None:
    await store.inbox.add(["q"], '"q"')
    (job,) = await store.inbox.claim("w", 60.0, 1)

    async def failing() -> None:
        async with store.transaction() as tx:
            await tx.inbox.finish(job)
            await tx.requests.save(_TRACE)
            await tx.reviews.open(_REVIEW)
            await tx.outbox.send([_message("a")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert (await store.inbox.length()).waiting == 1
    assert await store.requests.get("r-1") is None
    assert await store.reviews.get("r-1") is None
    assert (await store.outbox.length()).waiting == 0


async def test_a_transaction_that_is_cancelled_leaves_nothing_and_holds_nobody_up(store: Store) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def hanging() -> None:
        async with store.transaction() as tx:
            await tx.requests.save(_TRACE)
            begun.set()
            await never.wait()

    task = asyncio.create_task(hanging())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        assert await store.requests.get("r-1") is None


async def test_a_statement_that_fails_can_be_caught_and_the_rest_is_kept(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.requests.save(_TRACE)
        with pytest.raises(StoreError):
            await tx.gaps.put(_GAP, "e", object())  # type: ignore[arg-type]
    assert await store.requests.get("r-1") == _TRACE
    assert await store.gaps.since("T1", "e", 1) == []


async def test_many_transactions_at_once_do_not_mix(store: Store) -> None:
    async def send(number: int) -> None:
        async with store.transaction() as tx:
            await tx.outbox.send([_message(f"{number}-a")])
            # Let the others begin theirs: only that could mix them.
            await asyncio.sleep(0)
            await tx.outbox.send([_message(f"{number}-b")])
            if number % 2:
                raise ValueError(number)

    ended = await asyncio.gather(*(send(number) for number in range(20)), return_exceptions=True)
    assert sum(isinstance(end, ValueError) for end in ended) == 10
    kept = {job.key for job in await store.outbox.claim("w", 60.0, 99)}
    assert kept == {f"{number}-{part}" for number in range(0, 20, 2) for part in "ab"}


async def test_inside_a_transaction_the_store_itself_refuses_instead_of_waiting_for_ever(store: Store) -> None:
    async with asyncio.timeout(5), store.transaction() as tx:
        with pytest.raises(StoreError, match="only the transaction"):
            await store.requests.get("r-1")
        await tx.requests.save(_TRACE)
    assert await store.requests.get("r-1") == _TRACE


async def test_a_closed_store_says_so(reopen: Callable[[], Awaitable[Store]]) -> None:
    store = await reopen()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.counts()
    with pytest.raises(StoreError, match="closed"):
        async with store.transaction():
            pass


# --- Queues


async def test_a_job_is_stored_once_under_any_of_its_keys(store: Store) -> None:
    assert await store.inbox.add(["event:1", "message:1"], "{}")
    assert not await store.inbox.add(["event:1", "message:1"], "{}")
    assert not await store.inbox.add(["event:2", "message:1"], "{}")
    assert await store.inbox.add(["event:3", "message:3"], "{}")
    assert [job.key for job in await store.inbox.claim("w", 60.0, 9)] == ["event:1", "event:3"]


async def test_of_many_deliveries_at_once_one_is_stored(store: Store) -> None:
    claims = await asyncio.gather(*(store.inbox.add([f"event:{n}", "message:1"], "{}") for n in range(50)))
    assert sum(claims) == 1


async def test_a_message_is_queued_once_under_its_key(store: Store) -> None:
    await store.outbox.send([_message("a"), _message("b")])
    await store.outbox.send([_message("a").model_copy(update={"text": "again"})])
    jobs = await store.outbox.claim("w", 60.0, 9)
    assert [Outgoing.model_validate_json(job.payload) for job in jobs] == [_message("a"), _message("b")]


async def test_leases_retries_and_dead_letters(store: Store, clock: Clock) -> None:
    for key in ("a", "b", "c"):
        await store.inbox.add([key], f'"{key}"')
    first = await store.inbox.claim("w1", 10.0, 2)
    assert [job.key for job in first] == ["a", "b"]
    assert [job.key for job in await store.inbox.claim("w2", 10.0, 9)] == ["c"]
    clock.move(seconds=8)
    assert await store.inbox.renew(first, 10.0) == {"a", "b"}
    clock.move(seconds=4)
    assert [(job.key, job.attempts) for job in await store.inbox.claim("w3", 10.0, 9)] == [("c", 2)]
    await store.inbox.release("w1")
    (a,) = await store.inbox.claim("w3", 10.0, 1)
    assert (a.key, a.attempts) == ("a", 2)
    assert await store.inbox.retry(a, 60.0)
    assert [job.key for job in await store.inbox.claim("w4", 10.0, 9)] == ["b"]
    clock.move(seconds=61)
    (a,) = await store.inbox.claim("w4", 10.0, 1)
    assert await store.inbox.bury(a)
    assert not await store.inbox.finish(a)
    assert not await store.inbox.replace("a", '"new"')
    assert not await store.inbox.withdraw("a")
    assert await store.inbox.payload("a") is None
    assert not await store.inbox.add(["a"], '"again"')
    length = await store.inbox.length()
    assert (length.waiting, length.dead) == (2, 1)
    clock.move(days=8)
    assert (await store.inbox.length()).dead == 0


async def test_a_job_that_another_worker_has_taken_over_changes_no_more(store: Store, clock: Clock) -> None:
    await store.outbox.send([_message("a")])
    (frozen,) = await store.outbox.claim("w1", 10.0, 1)
    clock.move(seconds=11)
    (taken,) = await store.outbox.claim("w2", 10.0, 1)
    assert await store.outbox.renew([frozen], 10.0) == frozenset()
    assert not await store.outbox.anchor(frozen, "m-1")
    assert not await store.outbox.retry(frozen, 0.0)
    assert not await store.outbox.bury(frozen)
    assert not await store.outbox.finish(frozen, "m-1")
    assert await store.outbox.finish(taken, "m-2")
    assert await store.outbox.posted("a") == "m-2"


async def test_a_job_that_its_own_worker_has_claimed_again_is_another_attempt(store: Store, clock: Clock) -> None:
    await store.inbox.add(["a"], "{}")
    (first,) = await store.inbox.claim("w1", 10.0, 1)
    clock.move(seconds=11)
    (second,) = await store.inbox.claim("w1", 10.0, 1)
    assert not await store.inbox.finish(first)
    assert await store.inbox.finish(second)


async def test_a_lapsed_lease_can_be_renewed_while_nobody_else_has_the_job(store: Store, clock: Clock) -> None:
    await store.inbox.add(["a"], "{}")
    jobs = await store.inbox.claim("w1", 10.0, 1)
    clock.move(seconds=60)
    assert await store.inbox.renew(jobs, 10.0) == {"a"}
    assert await store.inbox.claim("w2", 10.0, 1) == []
    assert await store.inbox.renew([], 10.0) == frozenset()


async def test_a_retried_job_is_due_after_its_pause(store: Store, clock: Clock) -> None:
    await store.inbox.add(["a"], '"a"')
    (job,) = await store.inbox.claim("w", 10.0, 1)
    await store.inbox.retry(job, 60.0)
    clock.move(seconds=59)
    assert await store.inbox.claim("w", 10.0, 1) == []
    clock.move(seconds=2)
    assert [job.key for job in await store.inbox.claim("w", 10.0, 1)] == ["a"]


async def test_the_anchor_of_a_message_comes_back_with_its_next_attempt(store: Store) -> None:
    await store.outbox.send([_message("a")])
    (job,) = await store.outbox.claim("w", 10.0, 1)
    assert job.anchor == ""
    assert await store.outbox.anchor(job, "m-1")
    assert await store.outbox.retry(job, 0.0)
    (again,) = await store.outbox.claim("w", 10.0, 1)
    assert again.anchor == "m-1"


async def test_a_message_may_be_queued_for_later(store: Store, clock: Clock) -> None:
    await store.outbox.send([_message("a")], 5.0)
    assert await store.outbox.claim("w", 10.0, 1) == []
    clock.move(seconds=6)
    assert [job.key for job in await store.outbox.claim("w", 10.0, 1)] == ["a"]
    assert await store.outbox.posted("a") == ""
    assert await store.outbox.posted("unknown") == ""


async def test_a_waiting_job_can_be_changed(store: Store) -> None:
    await store.inbox.add(["a"], '"old"')
    assert await store.inbox.replace("a", '"new"')
    assert await store.inbox.payload("a") == '"new"'


async def test_who_works_on_a_job_that_was_changed_or_withdrawn_holds_it_no_more(store: Store) -> None:
    for key in ("a", "b"):
        await store.inbox.add([key], '"old"')
    changed, withdrawn = await store.inbox.claim("w1", 10.0, 9)
    assert await store.inbox.replace("a", '"new"')
    assert await store.inbox.withdraw("b")
    assert not await store.inbox.finish(changed)
    assert not await store.inbox.finish(withdrawn)
    assert [(job.key, job.payload) for job in await store.inbox.claim("w2", 10.0, 9)] == [("a", '"new"')]


async def test_unfinished_jobs_come_back_after_a_restart(reopen: Callable[[], Awaitable[Store]]) -> None:
    store = await reopen()
    await store.inbox.add(["a"], '"first"')
    await store.inbox.add(["b"], '"second"')
    await store.inbox.withdraw("a")
    await store.close()
    again = await reopen()
    assert [job.payload for job in await again.inbox.claim("w", 60.0, 9)] == ['"second"']
    await again.close()


# --- Reviews


async def test_a_review_is_decided_once_and_every_step_is_kept(store: Store) -> None:
    assert await opened(store, _REVIEW, _no_messages)
    assert await opened(store, _REVIEW, _no_messages) is None
    wins = await asyncio.gather(*(_decide(store, f"R{n}") for n in range(20)))
    (win,) = [win for win in wins if win]
    review = await store.reviews.get("r-1")
    assert review == win
    assert [event.what for event in await store.reviews.events("r-1")] == ["opened", "approved"]


async def test_a_change_that_is_refused_changes_nothing(store: Store) -> None:
    await opened(store, _REVIEW, _no_messages)

    def refuse(_: Review) -> Review:
        raise PermissionError

    with pytest.raises(PermissionError):
        await changed(store, "r-1", "R", "approved", refuse)
    assert await store.reviews.locked("r-1") is not None
    assert [event.what for event in await store.reviews.events("r-1")] == ["opened"]


async def test_reviews_are_listed_by_state_and_claim(store: Store, clock: Clock) -> None:
    for number in (1, 2, 3):
        await opened(store, _REVIEW.model_copy(update={"review_id": f"r-{number}"}), _no_messages)
        clock.move(minutes=1)
    await changed(store, "r-2", "R", "claimed", lambda r: r.model_copy(update={"claimed_by": "R"}))
    await _decide(store, "R")
    assert [r.review_id for r in await store.reviews.listed(ReviewFilter())] == ["r-2", "r-3"]
    assert [r.review_id for r in await store.reviews.listed(ReviewFilter(claimed_by="R"))] == ["r-2"]
    everything = ReviewFilter(states=("open", "approved"), limit=2)
    assert [r.review_id for r in await store.reviews.listed(everything)] == ["r-3", "r-2"]


async def test_the_review_that_waits_for_its_asker_is_found_from_its_thread_only(store: Store) -> None:
    await opened(store, _REVIEW, _no_messages)
    assert await store.reviews.awaiting(_WHERE) is None
    await changed(store, "r-1", "R", "asked back", lambda r: r.model_copy(update={"awaits_asker": True}))
    found = await store.reviews.awaiting(_WHERE)
    assert found is not None
    for other in ({"user_id": "U2"}, {"thread_id": "2.0"}, {"channel_id": "C2"}, {"tenant_id": "T2"}):
        assert await store.reviews.awaiting(_WHERE.model_copy(update=other)) is None


async def test_a_review_of_a_command_is_answered_in_any_direct_message(store: Store) -> None:
    alone = _WHERE.model_copy(update={"channel_id": "U1", "thread_id": "", "private": True})
    await opened(store, _REVIEW.model_copy(update={"conversation": alone, "awaits_asker": True}), _no_messages)
    direct = _WHERE.model_copy(update={"channel_id": "D1", "private": True})
    assert await store.reviews.awaiting(direct) is not None
    assert await store.reviews.awaiting(_WHERE) is None


async def test_reviews_are_due_once_for_a_reminder_and_then_expire(store: Store, clock: Clock) -> None:
    await opened(store, _REVIEW, _no_messages)
    assert await store.reviews.due(3600, 7200) == ([], [])
    clock.move(seconds=3700)
    late, over = await store.reviews.due(3600, 7200)
    assert ([r.review_id for r in late], over) == (["r-1"], [])
    async with store.transaction() as tx:
        assert await tx.reviews.remind("r-1")
        assert not await tx.reviews.remind("r-1")
    assert await store.reviews.due(3600, 7200) == ([], [])
    clock.move(seconds=3700)
    late, over = await store.reviews.due(3600, 7200)
    assert (late, [r.review_id for r in over]) == ([], ["r-1"])


async def test_a_review_is_found_by_its_card(store: Store) -> None:
    await opened(store, _REVIEW, _no_messages)
    await store.reviews.set_card("r-1", "slack", "C1", "1.1")
    found = await store.reviews.of_card("slack", "C1", "1.1")
    assert found
    assert found.review_id == "r-1"
    for surface, channel, card_id in (("teams", "C1", "1.1"), ("slack", "C2", "1.1"), ("slack", "C1", "1.2")):
        assert await store.reviews.of_card(surface, channel, card_id) is None


async def test_a_withdrawn_review_is_closed_and_its_texts_are_purged_with_those_of_who_joined(
    store: Store, clock: Clock
) -> None:
    joined = tuple(JoinedAsker(request_id=f"r-{n}", conversation=_WHERE, question="Wie?") for n in (2, 3))
    await opened(store, _REVIEW.model_copy(update={"joined": joined}), _no_messages)
    await changed(store, "r-1", "U1", "withdrawn", lambda r: r.model_copy(update={"state": "withdrawn"}))
    assert await store.reviews.locked("r-1") is None
    assert [r.review_id for r in await store.reviews.listed(ReviewFilter(states=("withdrawn",)))] == ["r-1"]
    clock.move(days=91)
    assert await store.reviews.purge(90) == 1
    review = await store.reviews.get("r-1")
    assert review
    assert [(asker.request_id, asker.question) for asker in review.joined] == [("r-2", ""), ("r-3", "")]


async def test_texts_of_decided_reviews_are_purged_after_their_days(store: Store, clock: Clock) -> None:
    await opened(store, _REVIEW, _no_messages)
    await _decide(store, "R", "It is so.")
    assert await store.reviews.purge(90) == 0
    clock.move(days=91)
    assert await store.reviews.purge(90) == 1
    assert await store.reviews.purge(90) == 0
    review = await store.reviews.get("r-1")
    assert review is not None
    assert (review.question, review.answer, review.case.draft, review.decided_by) == ("", "", None, "R")


async def test_a_card_is_found_by_its_product(store: Store) -> None:
    await opened(store, _REVIEW, _no_messages)
    await store.reviews.set_card("r-1", "slack", "C1", "1.1")
    await store.reviews.set_card("r-1", "teams", "19:x", "m-1")
    await store.reviews.set_card("r-1", "slack", "C2", "2.2")
    assert await store.reviews.card("r-1", "slack") == ("C2", "2.2")
    assert await store.reviews.card("r-1", "teams") == ("19:x", "m-1")
    assert await store.reviews.card("r-2", "teams") is None


# --- Requests and feedback


async def test_traces_and_feedback_are_kept_and_counted(store: Store) -> None:
    await store.requests.save(_TRACE)
    await store.requests.save(_TRACE.model_copy(update={"request_id": "r-2", "outcome": "needs_review"}))
    await opened(store, _REVIEW, _no_messages)
    good = Feedback(request_id="r-1", user_id="U1", helpful=True, answer_hash="h")
    assert await store.feedback.save(good) == 0
    assert await store.feedback.save(good.model_copy(update={"helpful": False})) == 1
    assert await store.feedback.save(good.model_copy(update={"helpful": False, "user_id": "U2"})) == 2
    assert await store.feedback.counts(1) == (0, 2)
    assert await store.feedback.counts(1, "T-other") == (0, 0)
    assert await store.requests.get("r-1") == _TRACE
    assert await store.requests.get("r-9") is None
    counts = await store.counts()
    assert counts.outcomes == {"answered": 1, "needs_review": 1}
    assert counts.open_reviews == 1


async def test_a_verdict_can_be_changed_and_requests_are_read_back_by_time(store: Store, clock: Clock) -> None:
    await store.requests.save(_TRACE)
    clock.move(days=2)
    await store.requests.save(_TRACE.model_copy(update={"request_id": "r-2"}))
    await store.requests.set_verdict("r-1", Failure.DELIVERY_FAILED)
    known = await store.requests.get("r-1")
    assert known is not None
    assert known.verdict == "DELIVERY_FAILED"
    found = await store.requests.since(clock.time - timedelta(days=1))
    assert [trace.request_id for trace in found] == ["r-2"]
    assert await store.requests.outcomes_by_day(3) == [("2026-11-01", "answered", 1), ("2026-11-03", "answered", 1)]


async def test_the_tokens_of_a_tenant_are_added_up_since_a_point_in_time(store: Store, clock: Clock) -> None:
    await store.requests.save(_TRACE.model_copy(update={"input_tokens": 500, "output_tokens": 50}))
    clock.move(days=1)
    since = clock.time
    used = {"r-2": (100, 10), "r-3": (200, None), "r-4": (None, None), "r-5": (1 << 40, 1)}
    for request_id, (read, written) in used.items():
        tokens = {"request_id": request_id, "input_tokens": read, "output_tokens": written}
        await store.requests.save(_TRACE.model_copy(update=tokens))
    await store.requests.save(_TRACE.model_copy(update={"request_id": "r-6", "tenant_id": "T-other"}))
    assert await store.requests.tokens_since(_TRACE.tenant_id, since) == 311 + (1 << 40)
    assert await store.requests.tokens_since(_TRACE.tenant_id, clock.time + timedelta(days=1)) == 0


async def test_what_readers_say_is_kept_for_its_days_and_the_judgement_for_good(store: Store, clock: Clock) -> None:
    bad = Feedback(request_id="r-1", user_id="U1", helpful=False, reason="wrong", note="It is 600.", answer_hash="h")
    await store.feedback.save(bad)
    await store.feedback.save(bad.model_copy(update={"request_id": "r-2", "user_id": "U2", "note": "No."}))
    assert [c.note for c in await store.feedback.complaints("r-2")] == ["It is 600.", "No."]
    clock.move(days=91)
    await store.purge(Retention(90, 30, 1, 90, 400))
    assert [(c.reason, c.note) for c in await store.feedback.complaints("r-1")] == [("wrong", ""), ("wrong", "")]


async def test_old_traces_and_keys_of_what_ended_are_deleted_and_nothing_that_waits(store: Store, clock: Clock) -> None:
    await store.requests.save(_TRACE)
    await store.inbox.add(["done"], "{}")
    await store.inbox.withdraw("done")
    await store.inbox.add(["waiting"], "{}")
    await store.outbox.send([_message("a")])
    (posted,) = await store.outbox.claim("w", 60.0, 1)
    await store.outbox.finish(posted, "m-1")
    clock.move(days=89)
    await store.purge(Retention(90, 30, 1, 90, 400))
    assert not await store.inbox.add(["done"], "{}")
    clock.move(days=2)
    await store.purge(Retention(90, 30, 1, 90, 400))
    assert await store.outbox.posted("a") == ""
    assert await store.inbox.add(["done"], "{}")
    assert not await store.inbox.add(["waiting"], "{}")
    assert await store.requests.get(_TRACE.request_id) is not None
    clock.move(days=310)
    await store.purge(Retention(90, 30, 1, 90, 400))
    assert await store.requests.get(_TRACE.request_id) is None


# --- The rest


async def test_approved_answers_are_found_while_they_are_live(store: Store) -> None:
    await store.curated.save(_CURATED, "e", b"v")
    assert await store.curated.get("c-1") == _CURATED
    assert [item.key for item in await store.curated.vectors("T1", "e")] == ["c-1"]
    assert await store.curated.vectors("T2", "e") == []
    assert await store.curated.of_other_models("other") == [_CURATED]
    await store.curated.set_vector("c-1", "other", b"w")
    assert [item.vector for item in await store.curated.vectors("T1", "other")] == [b"w"]
    assert await store.curated.set_state("c-1", "stale")
    assert not await store.curated.set_state("c-1", "stale")
    assert await store.curated.get("c-1") is None
    assert await store.curated.live() == []
    assert await store.curated.counts() == {"stale": 1}


async def test_gaps_are_listed_by_tenant_and_model_forgotten_and_purged(store: Store, clock: Clock) -> None:
    await store.gaps.put(_GAP, "e", b"v")
    await store.gaps.put(_GAP.model_copy(update={"question": "Again?"}), "e", b"v")
    await store.gaps.put(_GAP.model_copy(update={"request_id": "r-2", "tenant_id": "T2"}), "e", b"v")
    ((gap, vector),) = await store.gaps.since("T1", "e", 1)
    assert (gap.question, gap.nearest, vector) == ("How?", ("Page", "Other"), b"v")
    assert await store.gaps.since("T1", "other", 1) == []
    await store.gaps.forget("r-1")
    assert await store.gaps.since("T1", "e", 1) == []
    clock.move(days=31)
    assert await store.gaps.purge(30) == 1


async def test_turns_are_read_in_order_for_their_place_and_time(store: Store, clock: Clock) -> None:
    for number in (1, 2):
        turn = KeptTurn(
            request_id=f"r-{number}", where=_WHERE, question=f"Q{number}", answer="" if number > 1 else "A1"
        )
        await store.turns.put(turn)
        clock.move(minutes=1)
    said = await store.turns.before("r-9", _WHERE, 10.0, 9)
    assert said == (ThreadTurn("asker", "Q1"), ThreadTurn("assistant", "A1"), ThreadTurn("asker", "Q2"))
    assert await store.turns.before("r-2", _WHERE, 10.0, 9) == said[:2]
    assert await store.turns.before("r-9", _WHERE, 10.0, 1) == said[2:]
    assert await store.turns.before("r-9", _WHERE.model_copy(update={"user_id": "U2"}), 10.0, 9) == ()
    clock.move(minutes=10)
    assert await store.turns.before("r-9", _WHERE, 10.0, 9) == ()


async def test_posted_messages_lead_to_their_request_until_they_are_purged(store: Store, clock: Clock) -> None:
    await store.posted.put("C1", "m-1", "r-1")
    assert await store.posted.request_of("C1", "m-1") == "r-1"
    assert await store.posted.request_of("C2", "m-1") is None
    clock.move(days=2)
    await store.posted.purge(1)
    assert await store.posted.request_of("C1", "m-1") is None


async def test_people_are_known_by_their_last_name(store: Store) -> None:
    await store.people.put("U1", "Sam")
    await store.people.put("U1", "Samuel")
    assert await store.people.names(["U1", "U2"]) == {"U1": "Samuel"}
    assert await store.people.names([]) == {}


async def test_a_thread_belongs_to_who_asked_in_it_alone(store: Store) -> None:
    other = _WHERE.model_copy(update={"user_id": "U2"})
    await store.threads.spoke(other)
    for _ in range(2):
        await store.threads.asked(_WHERE)
        await store.threads.spoke(_WHERE)
    assert await store.threads.owns(_WHERE)
    assert not await store.threads.owns(other)
    assert not await store.threads.owns(_WHERE.model_copy(update={"thread_id": "9.9"}))


@pytest.mark.parametrize("how", ["asked", "spoke", "share"])
async def test_once_another_person_speaks_in_a_thread_it_is_nobodys_for_good(store: Store, how: str) -> None:
    other = _WHERE.model_copy(update={"user_id": "U2"})
    await store.threads.asked(_WHERE)
    await getattr(store.threads, how)(other)
    for who in (_WHERE, other):
        await store.threads.asked(who)
        assert not await store.threads.owns(who)


async def test_an_open_review_is_found_by_any_request_that_waits_for_it(store: Store) -> None:
    other = JoinedAsker(request_id="r-2", conversation=_WHERE.model_copy(update={"user_id": "U2"}))
    review = _REVIEW.model_copy(update={"joined": (other,)})
    await store.reviews.open(review)
    for request_id in ("r-1", "r-2"):
        found = await store.reviews.asked_by("T1", request_id)
        assert found is not None
        assert found.review_id == "r-1"
        assert await store.reviews.asked_by("T2", request_id) is None
    assert await store.reviews.asked_by("T1", "r") is None
    # Whoever opened it has taken it back.
    moved = review.model_copy(update={"joined": (), "first_request_id": "r-2"})
    await store.reviews.save(moved, "U1", "withdrawn")
    assert await store.reviews.asked_by("T1", "r-1") is None
    assert await store.reviews.asked_by("T1", "r-2") is not None
    await store.reviews.save(moved.model_copy(update={"state": "withdrawn"}), "U2", "withdrawn")
    assert await store.reviews.asked_by("T1", "r-2") is None


async def test_a_review_that_was_taken_back_can_be_opened_again_and_no_other(store: Store) -> None:
    assert await store.reviews.open(_REVIEW)
    assert not await store.reviews.open(_REVIEW)
    await store.reviews.save(_REVIEW.model_copy(update={"state": "withdrawn"}), "U1", "withdrawn")
    assert await store.reviews.open(_REVIEW)
    found = await store.reviews.get("r-1")
    assert found is not None
    assert (found.state, found.decided_at) == ("open", None)
    assert await store.reviews.remind("r-1")
    await store.reviews.save(found.model_copy(update={"state": "rejected"}), "R", "rejected")
    assert not await store.reviews.open(_REVIEW)


# --- Hostile texts

_HOSTILE = [
    "a\0b",
    "\0",
    "\\u0000",
    "'; DROP TABLE reviews; --",
    "%s %(x)s {} $1",
    "\u202e\ufeff\U0001f600",
    "x" * 100_000,
]


@pytest.mark.parametrize("text", _HOSTILE, ids=range(len(_HOSTILE)))
async def test_any_text_can_be_stored_and_is_read_back(store: Store, text: str) -> None:
    await store.people.put("U1", text)
    (name,) = (await store.people.names(["U1"])).values()
    assert name in {text, text.replace("\0", "\ufffd")}
    await store.turns.put(KeptTurn(request_id="r-1", where=_WHERE, question=text, answer=text))
    assert await store.turns.question_of("r-1") == name
    await store.gaps.put(_GAP.model_copy(update={"question": text, "nearest": (text,)}), "e", b"v")
    assert [gap.question for gap, _ in await store.gaps.since("T1", "e", 1)] == [name]
    await store.feedback.save(
        Feedback(request_id="r-1", user_id="U1", helpful=False, reason="wrong", note=text, answer_hash="h")
    )
    assert [complaint.note for complaint in await store.feedback.complaints("r-1")] == [name]
    # What is stored as JSON comes back as it was.
    await store.outbox.send([_message("a").model_copy(update={"text": text})])
    (job,) = await store.outbox.claim("w", 60.0, 1)
    assert Outgoing.model_validate_json(job.payload).text == text
    review = _REVIEW.model_copy(update={"question": text, "note": text})
    await store.reviews.open(review)
    saved = await store.reviews.save(review.model_copy(update={"claimed_by": text}), "U1", text)
    assert await store.reviews.get("r-1") == saved
    await store.curated.save(_CURATED.model_copy(update={"answer": text}), "e", b"v")
    assert [answer.answer for answer in await store.curated.live()] == [text]
    await store.requests.save(_TRACE)
    assert await store.requests.get(text[:100]) is None


async def test_a_text_of_half_a_character_is_stored_or_refused_and_never_stops_the_store(store: Store) -> None:
    with suppress(StoreError):
        await store.people.put("U1", "half \ud83d")
    await store.people.put("U2", "Sam")
    assert (await store.people.names(["U2"])) == {"U2": "Sam"}


# --- What processes share


async def _heard(store: Store, until: str) -> list[Signal]:
    """Return what a listener hears up to this topic."""
    heard = []
    async with asyncio.timeout(10), aclosing(store.listen()) as signals:  # type: ignore[type-var]
        async for signal in signals:
            heard.append(signal)
            if not signal.topic:
                async with store.transaction() as tx:
                    await tx.signals.notify("inbox")
                    await tx.requests.save(_TRACE)
                with suppress(ZeroDivisionError):
                    async with store.transaction() as tx:
                        await tx.signals.notify("never")
                        raise ZeroDivisionError
                await store.signals.notify(until, "q-1")
            if signal.topic == until:
                break
    return heard


async def test_a_signal_is_heard_once_its_transaction_is_committed(store: Store) -> None:
    assert await _heard(store, "stop") == [Signal(), Signal("inbox"), Signal("stop", "q-1")]


async def test_one_leads_at_a_time_and_the_lock_is_free_afterwards(store: Store) -> None:
    async with store.lead("sweep") as first, store.lead("sweep") as second, store.lead("build") as other:
        assert (first, second, other) == (True, False, True)
    async with store.lead("sweep") as again:
        assert again


async def test_replicas_are_known_while_they_are_heard_of(store: Store, clock: Clock) -> None:
    await store.replicas.put("a", "1", "")
    clock.move(seconds=30)
    await store.replicas.put("b", "2", "s-1")
    clock.move(seconds=31)
    await store.replicas.put("a", "1", "s-1")
    found = await store.replicas.listed(60.0)
    assert [(one.owner, one.version, one.snapshot) for one in found] == [("a", "1", "s-1"), ("b", "2", "s-1")]
    assert found[0].started_at < found[0].seen_at
    assert [one.owner for one in await store.replicas.listed(10.0)] == ["a"]
    assert await store.replicas.purge(20.0) == 1
    await store.replicas.remove("a")
    assert await store.replicas.listed(1e6) == []


async def test_the_newest_installation_of_a_workspace_is_found(store: Store, clock: Clock) -> None:
    assert await store.installations.newest("app", "T1") is None
    assert await store.installations.first_tenant("app") is None
    for user, payload in (("U1", "old"), ("U2", "other"), ("U1", "new")):
        await store.installations.save(Installed("app", "T1", user, payload))
        clock.move(seconds=1)
    await store.installations.save(Installed("app", "T2", "U1", "elsewhere"))
    assert await store.installations.newest("app", "T1") == Installed("app", "T1", "U1", "new")
    assert await store.installations.newest("app", "T1", "U2") == Installed("app", "T1", "U2", "other")
    assert await store.installations.newest("another app", "T1") is None
    assert await store.installations.first_tenant("app") == "T1"
    await store.installations.delete("app", "T1", "U1")
    assert await store.installations.newest("app", "T1") == Installed("app", "T1", "U2", "other")
    await store.installations.delete("app", "T1")
    assert await store.installations.newest("app", "T1") is None
    assert "new" not in repr(Installed("app", "T1", "U1", "new"))


async def test_a_state_of_an_installation_is_good_once_and_for_its_time(store: Store, clock: Clock) -> None:
    for state in ("a", "b"):
        await store.sign_in_states.issue(state, 600.0)
    assert sorted(await asyncio.gather(*(store.sign_in_states.consume("a") for _ in range(5)))) == [False] * 4 + [True]
    clock.move(seconds=601)
    assert not await store.sign_in_states.consume("b")
    assert not await store.sign_in_states.consume("never issued")
