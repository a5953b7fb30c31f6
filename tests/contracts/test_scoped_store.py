"""The store as a tenant sees it, on each implementation: what belongs to others does not exist."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.builders import draft

from bot.store.port import Store
from bot.store.records import (
    Conversation,
    CuratedAnswer,
    Feedback,
    Gap,
    KeptTurn,
    Outgoing,
    Review,
    ReviewFilter,
    Scope,
)
from bot.store.scoped import ScopedStore
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Citation, Failure, NeedsReview, Trace

_A, _B = "T0AAA", "T0BBB"
_LONG_AGO = datetime.now(UTC) - timedelta(days=2)


@pytest.fixture(params=["sqlite", "postgres"])
async def raw(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "sqlite":
        store: Store = await SqliteStore(tmp_path / "s.sqlite").open()
    else:
        from bot.store.postgres.store import PostgresStore  # noqa: PLC0415 - its library is an extra

        store = await PostgresStore(request.getfixturevalue("postgres_url")).open()
    yield store
    await store.close()


def _seen(store: Store) -> dict[str, Store]:
    """Return the store as both tenants and the top level see it."""
    own = {name: ScopedStore(store, Scope(ids=frozenset({name}), others=False), name) for name in (_A, _B)}
    return {**own, "top": ScopedStore(store, Scope(ids=frozenset({_A, _B})))}


def _where(tenant_id: str) -> Conversation:
    return Conversation(
        surface="teams", tenant_id=tenant_id, user_id="U1", channel_id="C1", thread_id="1.0", private=False
    )


def _id(tenant_id: str) -> str:
    return f"r-{tenant_id}"


async def _filled(store: Store, tenant_id: str) -> None:
    """Store one row of each kind for a tenant; people, channels, messages and answers have the same names in all."""
    request_id, where = _id(tenant_id), _where(tenant_id)
    review = Review(
        review_id=request_id, question=f"Q {tenant_id}", conversation=where,
        case=NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
    )  # fmt: skip
    trace = Trace(
        request_id=request_id, tenant_id=tenant_id, user_id="U1", channel_id="C1", route="teams", outcome="answered",
        verdict="OK", answer_hash="hash",
    )  # fmt: skip
    curated = CuratedAnswer(
        curated_id=f"c-{tenant_id}", tenant_id=tenant_id, question="How?", answer=tenant_id,
        citations=(Citation(marker=1, chunk_id="k", quote="so"),), sources=(), approved_by="R",
        approved_at="2026-11-01",
    )  # fmt: skip
    complaint = Feedback(
        request_id=request_id, user_id="U1", helpful=False, reason="wrong", note=tenant_id, answer_hash="hash"
    )
    async with store.transaction() as tx:
        assert await tx.reviews.open(review)
        await tx.reviews.set_card(request_id, "teams", "C1", f"card-{tenant_id}")
        await tx.requests.save(trace)
        await tx.curated.save(curated, "e", b"v")
        await tx.gaps.put(
            Gap(request_id=request_id, tenant_id=tenant_id, user_id="U1", question="?", reason="x"), "e", b""
        )
        assert await tx.feedback.save(complaint) == 1
        await tx.people.put("U1", f"Name in {tenant_id}")
        await tx.posted.put("C1", "m-1", request_id)
        await tx.turns.put(KeptTurn(request_id=request_id, where=where, question=f"Q {tenant_id}", answer="So."))
        message = Outgoing(
            key=f"k-{tenant_id}", request_id=request_id, surface="teams", tenant_id=tenant_id, channel_id="C1", text="x"
        )
        await tx.outbox.send([message])


async def _told(store: Store, ids: list[str]) -> dict[str, object]:
    """Return everything that a store tells."""
    wanted = ReviewFilter()
    told: dict[str, object] = {
        "listed": [review.review_id for review in await store.reviews.listed(wanted)],
        "due": [[review.review_id for review in found] for found in await store.reviews.due(-60.0, 1e9)],
        "since": [trace.request_id for trace in await store.requests.since(_LONG_AGO)],
        "by day": [(outcome, count) for _, outcome, count in await store.requests.outcomes_by_day(1)],
        "feedback": await store.feedback.counts(1),
        "live": [answer.curated_id for answer in await store.curated.live()],
        "other models": [answer.curated_id for answer in await store.curated.of_other_models("other")],
        "curated": await store.curated.counts(),
        "counts": await store.counts(),
        "names": await store.people.names(["U1"]),
        "posted": await store.posted.request_of("C1", "m-1"),
    }
    for number, tenant_id in enumerate((_A, _B, "T0TOP")):
        where, request_id = _where(tenant_id), _id(tenant_id)
        told[f"by ids {number}"] = [
            await store.reviews.get(request_id), await store.requests.get(request_id),
            await store.curated.get(f"c-{tenant_id}"), await store.curated.vectors(tenant_id, "e"),
            await store.gaps.since(tenant_id, "e", 1), await store.feedback.complaints(request_id),
            await store.turns.question_of(request_id), await store.reviews.open_in(tenant_id),
            await store.reviews.asked_by(tenant_id, request_id), await store.reviews.cards(request_id, "teams"),
            await store.reviews.events(request_id), await store.reviews.of_card("teams", "C1", f"card-{tenant_id}"),
            await store.requests.tokens_since(tenant_id, _LONG_AGO), await store.reviews.decided_in(tenant_id, 1),
            await store.turns.before("r-x", where, 60.0, 9) if tenant_id in ids else (),
        ]  # fmt: skip
    return told


async def test_a_tenant_sees_the_same_whether_others_have_stored_the_same_or_nothing(raw: Store) -> None:
    seen = _seen(raw)
    await _filled(seen[_A], _A)
    alone = await _told(seen[_A], [_A])
    nothing = await _told(seen["top"], ["T0TOP"])
    await _filled(seen[_B], _B)
    assert await _told(seen[_A], [_A]) == alone
    assert _B not in str(alone)
    assert _A not in str(await _told(seen[_B], [_B]))
    assert await _told(seen["top"], ["T0TOP"]) == nothing
    await _filled(seen["top"], "T0TOP")
    assert await _told(seen[_A], [_A]) == alone
    top = str(await _told(seen["top"], ["T0TOP"]))
    assert _A not in top
    assert "Name in T0TOP" in top


async def test_what_one_tenant_does_with_an_id_of_another_changes_nothing(raw: Store) -> None:
    seen = _seen(raw)
    await _filled(seen[_A], _A)
    before = await _told(seen[_A], [_A])
    other, request_id = seen[_B], _id(_A)
    review = Review(
        review_id=request_id, question="forged", conversation=_where(_B),
        case=NeedsReview(reason=Failure.UNVERIFIED, draft=None, sources=()),
    )  # fmt: skip
    async with other.transaction() as tx:
        assert await tx.reviews.locked(request_id) is None
        assert not await tx.reviews.open(review)
        assert not await tx.reviews.remind(request_id)
        await tx.reviews.set_card(request_id, "teams", "C9", "forged")
        await tx.requests.set_verdict(request_id, "FORGED")
        assert not await tx.curated.set_state(f"c-{_A}", "withdrawn")
        await tx.curated.set_vector(f"c-{_A}", "forged", b"x")
        forged = Feedback(request_id=request_id, user_id="U1", helpful=True, answer_hash="hash")
        assert await tx.feedback.save(forged) == 0
        await tx.people.put("U1", "forged")
        await tx.posted.put("C1", "m-1", "forged")
    assert await _told(seen[_A], [_A]) == before


async def test_a_store_that_nobody_shares_is_not_changed_by_its_scope(raw: Store) -> None:
    await _filled(raw, _A)
    assert await _told(ScopedStore(raw, Scope()), [_A]) == await _told(raw, [_A])


async def test_locks_of_tenants_are_apart(raw: Store) -> None:
    seen = _seen(raw)
    async with seen[_A].lead("maintenance") as first, seen[_B].lead("maintenance") as second:
        assert (first, second) == (True, True)
        async with seen[_A].lead("maintenance") as again:
            assert not again
