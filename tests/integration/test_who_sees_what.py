"""The table "Who sees what" of docs/documents.md, row by row, in a running workspace."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from support.relabelling import (
    FEES,
    LEAD,
    LEADS_QUESTION,
    LEADS_TEXT,
    OPEN_QUESTION,
    OPEN_TEXT,
    REMINDERS,
    World,
    world,
)
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, shown

from bot.cli import review_export
from bot.sandbox.workspace import Message
from bot.store.records import Gap
from index.retrieval import LastBuild, NotSeen
from index.snapshot import SnapshotFolder

_PAGE = Path(__file__).parents[2] / "docs" / "documents.md"
_PEOPLE = (LEAD, ASKER, None, REVIEWER, ADMIN)
# The columns: a lead and another asker alone with the bot, the lead where everybody reads along, and two reviewers.
_PLACES = ((LEAD, "D0LEAD"), (ASKER, "D0ASKER"), (LEAD, SUPPORT), (REVIEWER, "D0REVIEWER"), (ADMIN, "D0ADMIN"))
_ABOUT_SUNDAYS = "Is a payment reminder sent on a Sunday?"
_NOWHERE, _NOTHING, _TEXT, _PRIVATE, _MARKED, _TITLE = "—", "nothing", "text", "in private", "text, marked", "title"
_FEES_TITLE = "Refunds of our own fees"
Cells = tuple[str, ...]


def _told(text: str, secret: str) -> str:
    return _TEXT if secret in text else _NOTHING


async def _replies(desk: World, question: str, secret: str) -> list[str]:
    """Ask in every place, one after the other; return what each reply tells."""
    cells = []
    for user, channel in _PLACES:
        asked = await desk.ask(question, user, channel)
        await desk.settled()
        cells.append(_told("".join(map(shown, desk.replies(asked))), secret))
    return cells


async def _on_card(desk: World, user: str, card: Message, secret: str) -> str:
    """Return what a reviewer sees of a card, if need be after pressing its button."""
    if secret in shown(card):
        return _MARKED if "has changed or is gone" in shown(card) else _TEXT
    refusals = len(desk.hidden(user))
    await desk.press(user, card, "Show in private")
    space = desk.sandbox.workspace
    while user not in space.view_of and len(desk.hidden(user)) == refusals:
        await space.wait_for_change(space.version, 0.5)
    return _PRIVATE if secret in json.dumps(space.views.get(space.view_of.get(user, ""), {})) else _NOTHING


async def _both_reviewers(desk: World, card: Message, secret: str) -> Cells:
    return tuple([await _on_card(desk, user, card, secret) for user in (REVIEWER, ADMIN)])


async def _answer(desk: World) -> Cells:
    return tuple(await _replies(desk, LEADS_QUESTION, LEADS_TEXT))


async def _card(desk: World) -> Cells:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    return (_NOWHERE, _NOWHERE, _NOWHERE, *await _both_reviewers(desk, card, LEADS_TEXT))


async def _home(desk: World) -> Cells:
    await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    cells = []
    for user in _PEOPLE:
        if user:
            await desk.open_home(user)
            home = await desk.home(user, "I answer from your team")
        cells.append(_told(json.dumps(home), LEADS_TEXT) if user else _NOWHERE)
    return tuple(cells)


async def _thread(desk: World) -> Cells:
    asked = [await desk.ask(LEADS_QUESTION, user, place) for user, place in _PLACES[:3]]
    await desk.settled()
    for card in desk.cards():
        await desk.approve(card)
    await desk.settled()
    cells = [_told("".join(map(shown, desk.replies(question))), LEADS_TEXT) for question in asked]
    return (*cells, *[_told("".join(map(shown, desk.messages(REVIEWS))), LEADS_TEXT)] * 2)


async def _reminder(desk: World) -> Cells:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    desk.clock.move(hours=5)
    await desk.bot.maintenance.sweep()
    (reminder,) = await desk.until(lambda: [m for m in desk.messages(REVIEWS) if m.thread_ts == card.ts], 1)
    return (_NOWHERE, _NOWHERE, _NOWHERE, *[_told(shown(reminder), LEADS_TEXT)] * 2)


async def _why(desk: World) -> Cells:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    assert card.metadata is not None
    request_id = card.metadata["event_payload"]["request_id"]
    told = {user: await desk.command(user, f"/citedesk why {request_id}") for user in _PEOPLE if user}
    assert not any(LEADS_TEXT in shown(answers[0]) for answers in told.values())
    titled = {user: _TITLE if _FEES_TITLE in shown(told[user][0]) else _NOTHING for user in told}
    return tuple(titled[user] if user else _NOWHERE for user in _PEOPLE)


async def _digest(desk: World) -> Cells:
    """Post the digest where reviewers read: a gap and a document not seen lately name the page."""
    for user in (LEAD, ASKER):
        await _put_gap(desk, f"r-{user}", user)
    SnapshotFolder(desk.settings.data_dir).note(
        LastBuild(at="2026-11-01T00:00:00", not_seen=(NotSeen(document_id=FEES, since="2026-10-01", has_copy=True),))
    )
    desk.clock.move(days=1, hours=9)
    await desk.bot.maintenance.sweep()
    (digest,) = await desk.until(lambda: [m for m in desk.messages(REVIEWS) if "in the last 7 days" in m.text], 1)
    assert "Top gaps" in shown(digest)
    told = _TITLE if _FEES_TITLE in shown(digest) else _told(shown(digest), "Which fees?")
    return (_NOWHERE, _NOWHERE, _NOWHERE, told, told)


async def _put_gap(desk: World, request_id: str, user: str) -> None:
    embedder = desk.bot.use_cases.questions.embedder
    gap = Gap(
        request_id=request_id, tenant_id="T0SANDBOX", user_id=user, question="Which fees?", reason="x", nearest=(FEES,)
    )
    await desk.store.gaps.put(gap, embedder.name, (await asyncio.to_thread(embedder.embed, ["fees"])).tobytes())


async def _gaps(desk: World) -> Cells:
    await _put_gap(desk, "r-gap", LEAD)
    told = {user: shown((await desk.command(user, "/citedesk gaps"))[0]) for user in _PEOPLE if user}
    titled = {user: _TITLE if _FEES_TITLE in told[user] else _NOTHING for user in told}
    return tuple(titled[user] if user else _NOWHERE for user in _PEOPLE)


async def _curated(desk: World) -> Cells:
    _, card = await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")
    await desk.approve(card)
    assert await desk.store.curated.counts() == {"live": 1}
    return tuple(await _replies(desk, LEADS_QUESTION, LEADS_TEXT))


async def _remembered(desk: World) -> Cells:
    """Let a reviewer answer a lead's question in words of their own, for others, too; ask it in every place."""
    question, words = "Is there a Linux app?", "No, and none is planned."
    asked = await desk.ask(question, LEAD, "D0LEAD")
    await desk.press(LEAD, await desk.exactly_one_reply(asked), "Ask a person")
    card = (await desk.until(desk.cards, 1))[-1]
    await desk.press(REVIEWER, card, "Write an answer")
    await desk.submit(REVIEWER, words)
    boxes = {"anyway": {"anyway_input": ["anyway"]}, "remember": {"remember_input": ["remember"]}}
    await desk.submit(REVIEWER, words, **boxes)
    await desk.card_with(card, "by <@")
    await desk.settled()
    return tuple(await _replies(desk, question, words))


async def _cached(desk: World) -> Cells:
    await desk.exactly_one_reply(await desk.ask(LEADS_QUESTION, LEAD, "D0LEAD"))
    cells = tuple(await _replies(desk, LEADS_QUESTION, LEADS_TEXT))
    assert any("asked before, same documents" in shown(m) for m in desk.messages("D0LEAD"))
    return cells


async def _export(desk: World) -> Cells:
    await desk.waiting(LEADS_QUESTION, REVIEWER, "D0REVIEWER")

    async def exported(groups: frozenset[str]) -> str:
        found = await review_export.stored_reviews(desk.settings, review_export.ALL, groups)
        return _told(review_export.as_jsonl(found), LEADS_TEXT)

    readers = [await exported(frozenset({"leads"})), await exported(frozenset())]
    return (_NOWHERE, _NOWHERE, _NOWHERE, *readers)


async def _after(desk: World, change: Callable[[], Awaitable[object]]) -> Cells:
    """Approve an answer and leave another question open, then change the documents."""
    _, approved = await desk.waiting(OPEN_QUESTION, REVIEWER, "D0REVIEWER")
    await desk.approve(approved)
    _, card = await desk.waiting(_ABOUT_SUNDAYS, REVIEWER, "D0REVIEWER")
    assert OPEN_TEXT in shown(card)
    before = (await _replies(desk, OPEN_QUESTION, OPEN_TEXT))[:3]
    assert before == [_TEXT] * 3
    await change()
    await desk.bot.maintenance.sweep()
    return (*(await _replies(desk, OPEN_QUESTION, OPEN_TEXT))[:3], *await _both_reviewers(desk, card, OPEN_TEXT))


async def _relabelled(desk: World) -> Cells:
    return await _after(desk, lambda: desk.relabel(REMINDERS, restricted=True))


async def _reindexed(desk: World) -> Cells:
    return await _after(desk, lambda: desk.rewrite(REMINDERS, "7 days after", "19 days after"))


async def _rolled_back(desk: World) -> Cells:
    await desk.relabel(REMINDERS, restricted=True)
    await desk.relabel(REMINDERS, restricted=False)
    return await _after(desk, lambda: desk.bot.use_cases.operations.rollback(ADMIN))


_ROWS: Mapping[str, Callable[[World], Awaitable[Cells]]] = {
    "answer": _answer,
    "card": _card,
    "Home": _home,
    "thread": _thread,
    "reminder": _reminder,
    "digest": _digest,
    "`why`": _why,
    "`gaps`": _gaps,
    "approved answer": _curated,
    "answer without a document": _remembered,
    "answer cache": _cached,
    "export": _export,
    "after a page became restricted": _relabelled,
    "after its text changed": _reindexed,
    "after a rollback to where it is restricted": _rolled_back,
}
_ALL_WAIT = {place: {"auto_answer": False} for place in (SUPPORT, "D0ASKER", "D0LEAD")}
_SETTINGS = {"thread": _ALL_WAIT}
_AS_BY_DEFAULT = {"answer", "answer without a document", "answer cache"}


def _documented() -> dict[str, Cells]:
    section = _PAGE.read_text(encoding="utf-8").split("\n## Who sees what\n", 1)[1].split("\n## ", 1)[0]
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in section.splitlines() if line.startswith("|")]
    return {name: tuple(cells) for name, *cells in rows[2:]}


def test_every_row_of_the_table_is_tried() -> None:
    assert list(_documented()) == list(_ROWS)


@pytest.mark.parametrize("row", _ROWS)
async def test_everybody_sees_what_the_table_says(row: str, own_data: Path, articles: Path, tmp_path: Path) -> None:
    waits = {"D0REVIEWER": {"auto_answer": False}} if row not in _AS_BY_DEFAULT else {}
    channels = _SETTINGS.get(row, waits)
    extra = {"digest_channel": REVIEWS}
    async with world(own_data, articles, tmp_path, channels=channels, slack_extra=extra) as desk:
        assert await _ROWS[row](desk) == _documented()[row]
