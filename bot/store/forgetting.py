"""Take a person out of a store: the same statements in every store, in one transaction.

| table | what is done |
| --- | --- |
| inbox, outbox, builds | waiting jobs of the person, and jobs whose key holds the id, are deleted |
| reviews | what the person asked goes: who joined keeps the review, and one of nobody else loses its texts |
| requests, review_events | another id takes the place of the person's |
| feedback, gaps, turns, people, threads | rows of the person are deleted |
| posted | rows of the person's requests are deleted |
| curated_answers | remembered ones are deleted; approved ones lose the asker's own words |
| installations | deleted where somebody else has installed the app later; others are kept, because the app needs them |

What the person decided as a reviewer stays, with another id.
"""

import json
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.store.port import StoreError
from bot.store.records import Conversation, CuratedAnswer, Forgotten, JoinedAsker, Review
from pipeline.types import Trace

# What takes the place of an id. No product has such a user.
NOBODY = "forgotten"
R = TypeVar("R", Review, CuratedAnswer)
_QUEUES = ("inbox", "outbox", "builds")
_REPLACED = (
    "DELETE FROM installations WHERE user_id = ? AND EXISTS (SELECT 1 FROM installations AS later "
    "WHERE later.app = installations.app AND later.tenant_id = installations.tenant_id "
    "AND later.user_id <> installations.user_id AND later.at > installations.at)"
)


class Statements(Protocol):
    """Runs statements with `?` for values, all in one transaction. `locked` ends a SELECT whose rows will change."""

    @property
    def locked(self) -> str:
        """What keeps others from changing the rows of a SELECT meanwhile."""

    async def rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Return all rows of a statement."""

    async def write(self, sql: str, values: Sequence[Any]) -> int:
        """Run a statement; return how many rows it changed."""


class UndoneError(Exception):
    """Raised to roll a transaction back once it is known what it would change."""

    def __init__(self, found: Forgotten) -> None:
        super().__init__()
        self.found = found


SaveReview = Callable[[Review], Awaitable[None]]


async def forget_person(run: Statements, user_id: str, save: SaveReview, *, approved: bool, dry_run: bool) -> Forgotten:
    """Delete or replace everything of a person. `save` stores a changed review without a line in its history.

    With `approved`, answers that reviewers approved to what the person alone has asked are deleted, too. With `dry_run`
    UndoneError is raised at the end, so that the transaction is rolled back. Raises StoreError for no id.
    """
    if user_id in {"", NOBODY}:
        raise StoreError("this is the id of no person")
    traced, places = await _requests(run, user_id)
    asked = await _reviews(run, user_id, save)
    curated, left = await _curated(run, user_id, asked, approved=approved)
    rows = {
        "requests": len(traced),
        "reviews": asked.changed,
        "review_events": await run.write("UPDATE review_events SET user_id = ? WHERE user_id = ?", (NOBODY, user_id)),
        "curated_answers": curated,
    }
    for table in ("gaps", "turns", "threads", "feedback"):
        rows[table] = await run.write(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))  # noqa: S608
    # Of a tenant with documents of its own, an id is stored behind its name: `bot.store.scoped.own_id`.
    rows["people"] = await run.write(
        "DELETE FROM people WHERE user_id = ? OR user_id LIKE ? ESCAPE '!'", (user_id, f"%/{_escaped(user_id)}")
    )
    own = {*traced, *asked.requests}
    rows["posted"] = sum([await run.write("DELETE FROM posted WHERE request_id = ?", (one,)) for one in sorted(own)])
    for queue in _QUEUES:
        rows[queue] = await _jobs(run, queue, user_id, own, {user_id, *places, *asked.places})
    rows["installations"] = await run.write(_REPLACED, (user_id,))
    installed = await run.rows("SELECT count(*) FROM installations WHERE user_id = ?", (user_id,))
    found = Forgotten(rows, {"curated_answers": left, "installations": int(installed[0][0])})
    if dry_run:
        raise UndoneError(found)
    return found


async def _requests(run: Statements, user_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """Replace the person in traces. Return the ids of their requests, and the channels in which nobody else asked.

    Such a channel, a direct message above all, tells who they are.
    """
    found = await run.rows("SELECT request_id, trace FROM requests WHERE user_id = ?", (user_id,))
    channels = set[str]()
    for request_id, text in found:
        trace = Trace.model_validate_json(text)
        channels.add(trace.channel_id)
        trace = trace.model_copy(update={"user_id": NOBODY, "channel_id": NOBODY})
        await run.write(
            "UPDATE requests SET user_id = ?, trace = ? WHERE request_id = ?",
            (NOBODY, trace.model_dump_json(), request_id),
        )
    own = frozenset([channel for channel in channels - {""} if not await _is_shared(run, channel)])
    return frozenset(str(request_id) for request_id, _ in found), own


async def _is_shared(run: Statements, channel_id: str) -> bool:
    named = f"%{_escaped(json.dumps(channel_id))}%"
    return bool(await run.rows("SELECT 1 FROM requests WHERE trace LIKE ? ESCAPE '!' LIMIT 1", (named,)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many reviews were changed; of what the person asked: requests, private conversations, reviews.

    `first` are those that the person asked first, `alone` those that nobody else has joined.
    """

    changed: int
    requests: frozenset[str]
    places: frozenset[str]
    first: frozenset[str]
    alone: frozenset[str]


async def _reviews(run: Statements, user_id: str, save: SaveReview) -> _Asked:
    changed, theirs = 0, list[JoinedAsker]()
    first, alone = set[str](), set[str]()
    naming = "SELECT review_id FROM reviews WHERE review LIKE ? ESCAPE '!'"
    for (review_id,) in await run.rows(naming, (f"%{_escaped(user_id)}%",)):
        ((text,),) = await run.rows(f"SELECT review FROM reviews WHERE review_id = ?{run.locked}", (review_id,))  # noqa: S608
        review = Review.model_validate_json(text)
        theirs += [ask for ask in review.asks if ask.conversation.user_id == user_id]
        first |= {review_id} if review.conversation.user_id == user_id else set()
        alone |= {review_id} if review.askers == (user_id,) else set()
        without = review_without(review, user_id)
        if without != review:
            await save(without)
            changed += 1
    places = frozenset(ask.conversation.channel_id for ask in theirs if ask.conversation.private)
    return _Asked(changed, frozenset(ask.request_id for ask in theirs), places, frozenset(first), frozenset(alone))


async def _curated(run: Statements, user_id: str, asked: _Asked, *, approved: bool) -> tuple[int, int]:
    """Return how many answers were changed or deleted, and how many to the person's questions were kept."""
    changed, kept = 0, 0
    found = await run.rows(f"SELECT curated_id, answer FROM curated_answers{run.locked}", ())  # noqa: S608
    for curated_id, text in found:
        answer = CuratedAnswer.model_validate_json(text)
        is_remembered = answer.asked_in is not None and answer.asked_in.user_id == user_id
        if is_remembered or (approved and curated_id in asked.alone):
            changed += await run.write("DELETE FROM curated_answers WHERE curated_id = ?", (curated_id,))
            continue
        is_theirs = curated_id in asked.first
        kept += is_theirs
        without = _named_no_more(answer.model_copy(update={"own_words": ""}) if is_theirs else answer, user_id)
        if without != answer:
            changed += await run.write(
                "UPDATE curated_answers SET answer = ? WHERE curated_id = ?", (without.model_dump_json(), curated_id)
            )
    return changed, kept


async def _jobs(run: Statements, queue: str, user_id: str, requests: Collection[str], named: Collection[str]) -> int:
    """Delete jobs of the person. An ended one has no text, but its key may hold the id, or their direct message's."""
    keys = {
        str(key)
        for name in named
        for (key,) in await run.rows(
            f"SELECT key FROM {queue} WHERE key LIKE ? ESCAPE '!'",  # noqa: S608
            (f"%{_escaped(name)}%",),
        )
        if re.search(f"(?:^|[:/]){re.escape(name)}(?:$|[:/])", key)
    }
    for key, payload in await run.rows(f"SELECT key, payload FROM {queue} WHERE state = 'waiting'", ()):  # noqa: S608
        if _is_of(json.loads(payload), user_id, requests):
            keys.add(key)
    return sum([await run.write(f"DELETE FROM {queue} WHERE key = ?", (key,)) for key in sorted(keys)])  # noqa: S608


def _is_of(payload: Mapping[str, Any], user_id: str, requests: Collection[str]) -> bool:
    where = payload.get("where") or {}
    ids = {payload.get("request_id"), payload.get("card_of"), payload.get("decides")}
    return user_id in {where.get("user_id"), payload.get("channel_id")} or bool(ids & {*requests})


def review_without(review: Review, user_id: str) -> Review:
    """Return a review without a person (pure).

    What they asked goes; who asked the same keeps the review. If nobody else did, its texts are emptied, and an open
    one is withdrawn. What they decided stays, without their name.
    """
    return _without_reviewer(_without_asker(review, user_id), user_id)


def _without_asker(review: Review, user_id: str) -> Review:
    left = [ask for ask in review.asks if ask.conversation.user_id != user_id]
    if len(left) == len(review.asks):
        return review
    if not left:
        return _emptied(review)
    first, *others = left
    is_first = first.request_id == review.request_id
    question = review.question if is_first else first.question or review.question
    changes = {
        "conversation": first.conversation,
        "first_request_id": review.first_request_id if is_first else first.request_id,
        "question": question,
        "own_words": review.own_words if is_first else "",
        "joined": tuple(others),
        "exchange": review.exchange if is_first else (),
        "awaits_asker": review.awaits_asker and is_first,
    }
    return review.model_copy(update=changes)


def _without_reviewer(review: Review, user_id: str) -> Review:
    changes = {
        "claimed_by": None if review.claimed_by == user_id else review.claimed_by,
        "exchange": tuple(turn for turn in review.exchange if turn.user_id != user_id),
    }
    return _named_no_more(review.model_copy(update=changes), user_id)


def _named_no_more(record: R, user_id: str) -> R:
    """Return a record in which another id takes the place of this one, wherever it stands."""
    text = record.model_dump_json().replace(json.dumps(user_id), json.dumps(NOBODY))
    return type(record).model_validate_json(text)


def _emptied(review: Review) -> Review:
    case = review.case.model_copy(update={"draft": None, "findings": (), "meanwhile": None})
    nobody = nowhere(review.conversation)
    texts = {"question": "", "own_words": "", "answer": "", "note": "", "exchange": (), "rejected_before": None}
    joined = tuple(JoinedAsker(request_id=ask.request_id, conversation=nobody) for ask in review.joined)
    state = "withdrawn" if review.state == "open" else review.state
    ended = {"state": state, "awaits_asker": False, "claimed_by": None}
    return review.model_copy(update={**texts, **ended, "case": case, "conversation": nobody, "joined": joined})


def _escaped(text: str) -> str:
    return re.sub("([!%_])", r"!\1", text)


def nowhere(where: Conversation) -> Conversation:
    """Return a conversation that tells only of which product and tenant it was (pure)."""
    return Conversation(
        surface=where.surface, tenant_id=where.tenant_id, user_id=NOBODY, channel_id=NOBODY, thread_id="",
        private=where.private,
    )  # fmt: skip
