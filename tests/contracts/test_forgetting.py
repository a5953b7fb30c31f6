"""The contract of `Store.forget` on each implementation: a person is gone, and everybody else keeps what is theirs."""

import json
from typing import Any

import pytest
from support.clock import Clock
from support.full_store import REVIEW, WHERE, fill, message

from bot.desk.review_changes import opened
from bot.store.copying import TABLES
from bot.store.port import Store, StoreError
from bot.store.records import (
    Asked,
    CuratedAnswer,
    Feedback,
    Gap,
    Installed,
    JoinedAsker,
    KeptTurn,
    Outgoing,
    Rejection,
    Review,
    Turn,
)
from pipeline.types import Citation, Trace

_GONE, _OTHER = "U0GONE", "U0OTHER"
_WORDS = "confidential words of mine"
_THEIRS = WHERE.model_copy(update={"user_id": _GONE, "channel_id": "a:gone1", "private": True})
_OTHERS = WHERE.model_copy(update={"user_id": _OTHER, "channel_id": "C2"})


async def _none(_: Review) -> list[Outgoing]:
    return []


def _asked(review_id: str, **changes: Any) -> Review:  # noqa: ANN401 - fields of a review
    by_them = {"review_id": review_id, "question": _WORDS, "own_words": _WORDS, "conversation": _THEIRS}
    return REVIEW.model_copy(update={**by_them, **changes})


def _trace(request_id: str, user_id: str, channel_id: str) -> Trace:
    return Trace(
        request_id=request_id, tenant_id="T1", user_id=user_id, channel_id=channel_id, route="slack",
        outcome="answered", verdict="OK",
    )  # fmt: skip


def _answer(curated_id: str, question: str, **changes: Any) -> CuratedAnswer:  # noqa: ANN401
    citation = Citation(marker=1, chunk_id="k", quote="7 days")
    made = CuratedAnswer(
        curated_id=curated_id, tenant_id="T1", question=question, answer="7 days [1].", citations=(citation,),
        sources=(), approved_by=_OTHER, approved_at="2026-11-01",
    )  # fmt: skip
    return made.model_copy(update=changes)


async def _act(store: Store) -> None:
    """Let the person do everything that leaves something in a store."""
    await opened(store, _asked("r-alone"), _none)
    joined = JoinedAsker(request_id="q-other", conversation=_OTHERS, question="How long, please?")
    await opened(store, _asked("r-joined", joined=(joined,), exchange=(Turn(user_id=_GONE, text=_WORDS),)), _none)
    their = JoinedAsker(request_id="q-gone", conversation=_THEIRS, question=_WORDS)
    await opened(store, _asked("r-other", question="How?", own_words="", conversation=_OTHERS, joined=(their,)), _none)
    decided = {"conversation": _OTHERS, "question": "Whose?", "own_words": "", "decided_by": _GONE, "answer": "Ours."}
    before = Rejection(review_id="r-x", by=_GONE, at="2026-11-01")
    as_reviewer = _asked("r-decided", **decided, rejected_before=before, exchange=(Turn(user_id=_GONE, text=_WORDS),))
    await opened(store, as_reviewer, _none)
    await store.reviews.save(as_reviewer.model_copy(update={"state": "edited"}), _GONE, "edited")
    claimed = _asked("r-claimed", conversation=_OTHERS, question="Open?", own_words="", claimed_by=_GONE)
    await opened(store, claimed, _none)
    for request_id in ("q-gone", "r-alone"):
        await store.requests.save(_trace(request_id, _GONE, "a:gone1"))
        await store.posted.put("a:gone1", request_id, request_id)
    gap = Gap(request_id="q-gone", tenant_id="T1", user_id=_GONE, question=_WORDS, reason="x")
    await store.gaps.put(gap, "e", b"v")
    await store.turns.put(KeptTurn(request_id="q-gone", where=_THEIRS, question=_WORDS, answer=_WORDS))
    for name in (_GONE, f"acme/{_GONE}"):
        await store.people.put(name, "Gone Person")
    await store.feedback.save(Feedback(request_id="q-1", user_id=_GONE, helpful=False, reason="wrong", note=_WORDS))
    await store.threads.asked(_THEIRS)
    await store.curated.save(_answer("r-alone", "How?", own_words=_WORDS, approved_by=_GONE), "e", b"v")
    await store.curated.save(_answer("m-1", _WORDS, citations=(), asked_in=_THEIRS), "e", b"v")
    await store.inbox.add(["event:9"], Asked(text=_WORDS, where=_THEIRS).model_dump_json(), "T1")
    await store.inbox.add(["event:10", "message:T1:a:gone1:1.0"], "{}", "T1")
    await store.inbox.add(["teams:gap:q-9:U0GONE:1", f"teams:gap:q-9:{_GONE}:2"], "{}", "T1")
    reply = message("q-gone").model_copy(update={"request_id": "q-gone", "text": _WORDS})
    await store.installations.save(Installed("app", "T9", _GONE, "sealed"))
    await store.outbox.send([reply, message("to-them").model_copy(update={"channel_id": _GONE, "text": _WORDS})])


async def _act_of_others(store: Store) -> None:
    await store.requests.save(_trace("q-other", _OTHER, "C2"))
    await store.inbox.add(["event:11", "message:T1:C2:1.0"], "{}", "T1")
    await store.people.put(_OTHER, "Other Person")
    await store.people.put(f"{_GONE}X", "Nearly the same id")
    await store.inbox.add([f"event:{_GONE}X"], Asked(text="Mine", where=_OTHERS).model_dump_json(), "T1")
    await store.feedback.save(Feedback(request_id="q-gone", user_id=_OTHER, helpful=True))


async def _dump(store: Store) -> dict[str, list[Any]]:
    database: Any = store._database  # type: ignore[attr-defined] # both stores have it; the port shows no rows
    return {
        table.name: [
            [bytes(v).hex() if isinstance(v, bytes | memoryview) else str(v) for v in row]
            for row in await database.rows(f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY 1, 2")  # noqa: S608
        ]
        for table in TABLES
    }


def _naming(dump: dict[str, list[Any]], *texts: str) -> dict[str, list[Any]]:
    """Return the rows that hold one of the texts."""
    found = {
        table: [row for row in rows if any(text in json.dumps(row).replace(f"{_GONE}X", "") for text in texts)]
        for table, rows in dump.items()
    }
    return {table: rows for table, rows in found.items() if rows}


async def test_nothing_names_the_person_or_holds_their_words_any_more(store: Store, clock: Clock) -> None:
    await fill(store)
    await _act_of_others(store)
    await _act(store)
    clock.move(seconds=1)
    await store.installations.save(Installed("app", "T9", _OTHER, "sealed"))
    assert len(_naming(await _dump(store), _GONE, _WORDS, "a:gone1")) == 13
    found = await store.forget(_GONE, approved=True)
    assert _naming(await _dump(store), _GONE, _WORDS, "Gone Person", "a:gone1") == {}
    assert {table for table, count in found.rows.items() if not count} == {"builds"}


async def test_what_others_asked_wrote_and_decided_is_as_it_was(store: Store) -> None:
    await fill(store)
    await _act_of_others(store)
    before = await _dump(store)
    await _act(store)
    await store.forget(_GONE, approved=True)
    after = await _dump(store)
    assert {t: [row for row in rows if row not in after[t]] for t, rows in before.items()} == {t: [] for t in before}


async def test_who_joined_keeps_the_review_and_a_review_of_nobody_else_is_withdrawn(store: Store) -> None:
    await _act(store)
    await store.forget(_GONE)
    joined, other = await store.reviews.get("r-joined"), await store.reviews.get("r-other")
    assert joined is not None
    assert (joined.state, joined.question, joined.askers) == ("open", "How long, please?", (_OTHER,))
    assert joined.case.draft is not None
    assert await store.reviews.asked_by("T1", "q-other") == joined
    assert other is not None
    assert (other.state, other.question, other.joined) == ("open", "How?", ())
    alone = await store.reviews.get("r-alone")
    assert alone is not None
    assert (alone.state, alone.question, alone.case.draft) == ("withdrawn", "", None)
    assert [event.what for event in await store.reviews.events("r-alone")] == ["opened"]


async def test_a_decision_stays_without_the_name_of_who_made_it_and_a_claim_ends(store: Store) -> None:
    await _act(store)
    await store.forget(_GONE)
    decided, claimed = await store.reviews.get("r-decided"), await store.reviews.get("r-claimed")
    assert decided is not None
    assert (decided.state, decided.answer, decided.decided_by) == ("edited", "Ours.", "forgotten")
    assert {event.user_id for event in await store.reviews.events("r-decided")} == {_OTHER, "forgotten"}
    assert claimed is not None
    assert (claimed.state, claimed.claimed_by) == ("open", None)


async def test_an_approved_answer_stays_unless_it_is_to_go_too(store: Store) -> None:
    await _act(store)
    found = await store.forget(_GONE)
    kept = await store.curated.get("r-alone")
    assert found.kept["curated_answers"] == 1
    assert kept is not None
    assert (kept.own_words, kept.approved_by) == ("", "forgotten")
    assert await store.curated.get("m-1") is None


async def test_a_dry_run_counts_the_same_and_changes_nothing(store: Store) -> None:
    await fill(store)
    await _act(store)
    before = await _dump(store)
    would_be = await store.forget(_GONE, approved=True, dry_run=True)
    assert await _dump(store) == before
    assert await store.forget(_GONE, approved=True) == would_be
    assert sum((await store.forget(_GONE, approved=True)).rows.values()) == 0


@pytest.mark.parametrize("user_id", ["%", "_", "U0GON_", "'; DROP TABLE people; --"])
async def test_a_pattern_or_a_part_of_an_id_forgets_nobody(store: Store, user_id: str) -> None:
    await fill(store)
    await _act(store)
    before = await _dump(store)
    await store.forget(user_id)
    assert await _dump(store) == before


@pytest.mark.parametrize("user_id", ["", "forgotten"])
async def test_no_id_is_refused(store: Store, user_id: str) -> None:
    with pytest.raises(StoreError, match="the id of no person"):
        await store.forget(user_id)


async def test_a_line_of_history_can_lose_its_name_and_nothing_else(store: Store) -> None:
    await _act(store)
    database: Any = store._database  # type: ignore[attr-defined]
    for change in ("what = 'x'", "user_id = 'U0OTHER'", "user_id = 'forgotten', what = 'x'"):
        with pytest.raises(StoreError, match="append-only"):
            await database.write(f"UPDATE review_events SET {change}")  # noqa: S608
    with pytest.raises(StoreError, match="append-only"):
        await database.write("DELETE FROM review_events")


async def test_an_installation_goes_only_where_somebody_else_has_installed_the_app_anew(
    store: Store, clock: Clock
) -> None:
    await store.installations.save(Installed("app", "T1", _GONE, "1"))
    await store.installations.save(Installed("app", "T2", _OTHER, "2"))
    clock.move(seconds=1)
    await store.installations.save(Installed("app", "T1", _OTHER, "3"))
    await store.installations.save(Installed("app", "T2", _GONE, "4"))
    await store.installations.save(Installed("app", "T3", _GONE, "5"))
    await store.installations.save(Installed("another app", "T3", _OTHER, "6"))
    found = await store.forget(_GONE)
    assert (found.rows["installations"], found.kept["installations"]) == (1, 2)
    assert [one.payload for one in await store.installations.listed("app")] == ["2", "3", "4", "5"]
    # What `citedesk forget` advises: somebody else installs it anew, and the command is run again.
    clock.move(seconds=1)
    for tenant_id in ("T2", "T3"):
        await store.installations.save(Installed("app", tenant_id, _OTHER, "7"))
    found = await store.forget(_GONE)
    assert (found.rows["installations"], found.kept["installations"]) == (2, 0)
    assert {one.user_id for one in await store.installations.listed("app")} == {_OTHER}
