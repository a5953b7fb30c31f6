"""Take a person out of a store: the same statements in every store, in one transaction.

| table | of the person | as a reviewer |
| --- | --- | --- |
| inbox, outbox, builds | waiting jobs and keys with the id are deleted | |
| reviews | texts emptied, id replaced; others who joined keep the review | id replaced, what they wrote to askers kept |
| review_events, requests | id replaced | id replaced |
| feedback, gaps, turns, people, threads | deleted | |
| posted | deleted for the person's requests | |
| curated_answers | remembered ones deleted; approved ones lose the asker's own words, and go if that is asked for | id replaced |
| installations | kept: the app needs them | |
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.store.records import Conversation, CuratedAnswer, JoinedAsker, Review
from pipeline.types import Trace

# What takes the place of an id. No product has such a user.
NOBODY = "forgotten"
_QUEUES = ("inbox", "outbox", "builds")
# Of a tenant with documents of its own, ids are stored behind its name: `bot.store.scoped.own_id`.
_OWN = "%/"


class Statements(Protocol):
    """Runs statements with `?` for values, all in one transaction."""

    async def rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Return all rows of a statement."""

    async def write(self, sql: str, values: Sequence[Any]) -> int:
        """Run a statement; return how many rows it changed."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows were changed or deleted, by table, and how many that name the person were kept."""

    rows: Mapping[str, int]
    kept: Mapping[str, int]


SaveReview = Callable[[Review], Awaitable[None]]


async def forget_person(run: Statements, user_id: str, save: SaveReview, *, approved: bool) -> Forgotten:
    """Delete or replace everything of a person. `save` stores a changed review without a line in its history.

    With `approved`, answers that reviewers approved to the person's questions are deleted, too.
    """
    requests = await _requests(run, user_id)
    asked = await _reviews(run, user_id, save)
    rows = {
        "requests": len(requests),
        "reviews": asked.changed,
        "review_events": await run.write("UPDATE review_events SET user_id = ? WHERE user_id = ?", (NOBODY, user_id)),
        "curated_answers": await _curated(run, user_id, asked.own, approved=approved),
    }
    for table in ("gaps", "turns", "threads", "feedback"):
        rows[table] = await run.write(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))  # noqa: S608
    rows["people"] = await run.write(
        "DELETE FROM people WHERE user_id = ? OR user_id LIKE ?", (user_id, f"{_OWN}{user_id}")
    )
    own = {*requests, *asked.own}
    rows["posted"] = sum([await run.write("DELETE FROM posted WHERE request_id = ?", (one,)) for one in sorted(own)])
    for queue in _QUEUES:
        rows[queue] = await _jobs(run, queue, user_id, own)
    kept = await run.rows("SELECT count(*) FROM installations WHERE user_id = ?", (user_id,))
    return Forgotten(rows, {"installations": int(kept[0][0])})


async def _requests(run: Statements, user_id: str) -> frozenset[str]:
    """Replace the person in traces; return the ids of their requests. Where they asked tells who they are, too."""
    found = await run.rows("SELECT request_id, trace FROM requests WHERE user_id = ?", (user_id,))
    for request_id, text in found:
        trace = Trace.model_validate_json(text).model_copy(update={"user_id": NOBODY, "channel_id": NOBODY})
        await run.write(
            "UPDATE requests SET user_id = ?, trace = ? WHERE request_id = ?",
            (NOBODY, trace.model_dump_json(), request_id),
        )
    return frozenset(str(request_id) for request_id, _ in found)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many reviews were changed, and the ids of those that the person alone asked for, and of their requests."""

    changed: int
    own: frozenset[str]


async def _reviews(run: Statements, user_id: str, save: SaveReview) -> _Asked:
    changed, own = 0, set[str]()
    for review_id in await run.rows("SELECT review_id FROM reviews WHERE review LIKE ?", (f"%{user_id}%",)):
        ((text,),) = await run.rows("SELECT review FROM reviews WHERE review_id = ?", review_id)
        review = Review.model_validate_json(text)
        own |= {ask.request_id for ask in review.asks if ask.conversation.user_id == user_id}
        without = review_without(review, user_id)
        if without != review:
            await save(without)
            changed += 1
    return _Asked(changed, frozenset(own))


async def _curated(run: Statements, user_id: str, own: Collection[str], *, approved: bool) -> int:
    changed = 0
    for curated_id, text in await run.rows("SELECT curated_id, answer FROM curated_answers", ()):
        answer = CuratedAnswer.model_validate_json(text)
        is_theirs = curated_id in own
        is_remembered = answer.asked_in is not None and answer.asked_in.user_id == user_id
        if is_remembered or (is_theirs and approved):
            changed += await run.write("DELETE FROM curated_answers WHERE curated_id = ?", (curated_id,))
            continue
        without = _curated_without(answer, user_id, is_theirs=is_theirs)
        if without != answer:
            changed += await run.write(
                "UPDATE curated_answers SET answer = ? WHERE curated_id = ?", (without.model_dump_json(), curated_id)
            )
    return changed


async def _jobs(run: Statements, queue: str, user_id: str, requests: Collection[str]) -> int:
    """Delete jobs of the person. An ended one has no text, but its key may hold the id."""
    changed = await run.write(f"DELETE FROM {queue} WHERE key LIKE ? AND state != 'waiting'", (f"%{user_id}%",))  # noqa: S608
    waiting = await run.rows(f"SELECT key, payload FROM {queue} WHERE state = 'waiting'", ())  # noqa: S608
    for key, payload in waiting:
        if user_id in key or _is_of(json.loads(payload), user_id, requests):
            changed += await run.write(f"DELETE FROM {queue} WHERE key = ?", (key,))  # noqa: S608
    return changed


def _is_of(payload: Mapping[str, Any], user_id: str, requests: Collection[str]) -> bool:
    where = payload.get("where") or {}
    ids = {payload.get("request_id"), payload.get("card_of"), payload.get("decides")}
    return user_id in {where.get("user_id"), payload.get("channel_id")} or bool(ids & {*requests})


def review_without(review: Review, user_id: str) -> Review:
    """Return a review without a person (pure).

    What they asked goes; who asked the same keeps the review. If nobody else did, its texts are emptied, and an open
    one is withdrawn. What they decided stays, without their name.
    """
    review = _without_reviewer(review, user_id)
    left = [ask for ask in review.asks if ask.conversation.user_id != user_id]
    if len(left) == len(review.asks):
        return review
    if not left:
        return _emptied(review)
    first, *others = left
    is_first = first.request_id == review.request_id
    question = review.question if is_first else first.question or review.question
    exchange = tuple(turn for turn in review.exchange if turn.user_id != user_id)
    changes = {
        "conversation": first.conversation,
        "first_request_id": review.first_request_id if is_first else first.request_id,
        "question": question,
        "own_words": review.own_words if is_first else "",
        "joined": tuple(others),
        "exchange": exchange if is_first else (),
        "awaits_asker": review.awaits_asker and is_first,
    }
    return review.model_copy(update=changes)


def _without_reviewer(review: Review, user_id: str) -> Review:
    def shown(an_id: str | None) -> str | None:
        return NOBODY if an_id == user_id else an_id

    before = review.rejected_before
    changes = {
        "decided_by": shown(review.decided_by),
        "claimed_by": None if review.claimed_by == user_id else review.claimed_by,
        "exchange": tuple(turn for turn in review.exchange if turn.user_id != user_id),
        "rejected_before": before and before.model_copy(update={"by": shown(before.by)}),
    }
    return review.model_copy(update=changes)


def _emptied(review: Review) -> Review:
    case = review.case.model_copy(update={"draft": None, "findings": (), "meanwhile": None})
    nobody = nowhere(review.conversation)
    texts = {"question": "", "own_words": "", "answer": "", "note": "", "exchange": (), "rejected_before": None}
    joined = tuple(JoinedAsker(request_id=ask.request_id, conversation=nobody) for ask in review.joined)
    state = "withdrawn" if review.state == "open" else review.state
    ended = {"state": state, "awaits_asker": False, "claimed_by": None}
    return review.model_copy(update={**texts, **ended, "case": case, "conversation": nobody, "joined": joined})


def _curated_without(answer: CuratedAnswer, user_id: str, *, is_theirs: bool) -> CuratedAnswer:
    changes: dict[str, str] = {}
    if answer.approved_by == user_id:
        changes["approved_by"] = NOBODY
    if is_theirs and answer.own_words:
        changes["own_words"] = ""
    return answer.model_copy(update=changes)


def nowhere(where: Conversation) -> Conversation:
    """Return a conversation that tells only of which product and tenant it was (pure)."""
    return Conversation(
        surface=where.surface, tenant_id=where.tenant_id, user_id=NOBODY, channel_id=NOBODY, thread_id="",
        private=where.private,
    )  # fmt: skip
