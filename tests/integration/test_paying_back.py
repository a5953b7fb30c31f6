"""Approved answers are served again, go stale with their sources, and bad ones come back; gaps become a list."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.workspace import ADMIN, APPROVAL, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import Message

_DOUBTFUL = "Can I get my money back?"
_RESTRICTED = "How many months of fees may a support lead refund?"


async def _approved(desk: Desk, user: str = ASKER, channel: str = SUPPORT, text: str = _DOUBTFUL) -> Message:
    """Ask, approve, and return the card."""
    question = await desk.ask(text, user, channel)
    await desk.reply_to(question)
    card = (await desk.until(lambda: _cards(desk), len(_cards(desk)) or 1))[-1]
    await desk.press(REVIEWER, card, "Approve")
    await desk.until(lambda: [m for m in desk.replies(question) if "Approved by" in shown(m)], 1)
    # The card is changed last: the answer is stored by then.
    await desk.until(lambda: [m for m in [card] if "Approved by" in shown(m)], 1)
    assert await desk.store.curated.live(), "nothing was remembered"
    return card


def _cards(desk: Desk) -> list[Message]:
    return [m for m in desk.messages(REVIEWS) if not m.thread_ts]


@pytest.mark.parametrize("again", [_DOUBTFUL, "can i get my money back", "Could I get my money back?"])
async def test_an_approved_answer_is_served_at_once_and_says_who_approved_it(again: str, approval_desk: Desk) -> None:
    await _approved(approval_desk)
    reply = shown(await approval_desk.exactly_one_reply(await approval_desk.ask(again, ADMIN)))
    assert f"Approved by <@{REVIEWER}> on " in reply
    assert len(_cards(approval_desk)) == 1


async def test_an_approved_answer_outlives_another_embedding_model(approval_desk: Desk) -> None:
    await _approved(approval_desk)
    store, embedder = approval_desk.store, approval_desk.bot.use_cases.questions.embedder
    (answer,) = await store.curated.live()
    await store.curated.set_vector(answer.curated_id, "an-older-model", np.zeros(384, dtype=np.float32).tobytes())
    assert not await store.curated.vectors(answer.tenant_id, embedder.name)
    await approval_desk.bot.maintenance.sweep()
    reply = shown(await approval_desk.exactly_one_reply(await approval_desk.ask(_DOUBTFUL, ADMIN)))
    assert f"Approved by <@{REVIEWER}> on " in reply


@pytest.mark.parametrize(
    ("other", "own_answer"),
    [
        ("Can I not get my money back?", "A person will check this"),
        ("When can I get my money back?", "A person will check this"),
        ("Can I pay by card?", "A person will check this"),
    ],
)
async def test_another_question_does_not_get_it(other: str, own_answer: str, approval_desk: Desk) -> None:
    await _approved(approval_desk)
    reply = shown(await approval_desk.exactly_one_reply(await approval_desk.ask(other)))
    assert own_answer in reply
    assert "Approved by" not in reply


async def test_an_approved_answer_over_a_restricted_article_is_served_only_to_those_who_may_read_it(
    own_data: Path, articles: Path
) -> None:
    direct = {"D0REVIEWER": {"auto_answer": False}}
    async with workspace(own_data, articles, channels=direct) as desk:
        question = await desk.ask(_RESTRICTED, REVIEWER, "D0REVIEWER")
        await desk.reply_to(question)
        card = await desk.card()
        await desk.press(REVIEWER, card, "Show in private")
        await desk.sandbox.acts.submit(REVIEWER, await desk.modal(REVIEWER), {})
        assert "3 months" in shown(await desk.reply_to(question, 2))
        for user, channel in ((ASKER, SUPPORT), (ASKER, "D0ASKER"), (REVIEWER, SUPPORT)):
            assert "3 months" not in shown(await desk.exactly_one_reply(await desk.ask(_RESTRICTED, user, channel)))
        own = await desk.exactly_one_reply(await desk.ask(_RESTRICTED, REVIEWER, "D0REVIEWER"))
        assert "3 months" in shown(own)
        assert "Approved by" in shown(own)


async def test_when_a_cited_chunk_changes_the_answer_goes_back_to_the_reviewers_and_is_served_again_once_approved(
    own_data: Path, articles: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(articles, tmp_path / "articles"))
    async with workspace(own_data, folder, channels=APPROVAL) as desk:
        await _approved(desk)
        (answer,) = await desk.store.curated.live()
        for document in {source.document_id for source in answer.sources}:
            page = folder / document
            page.write_text(page.read_text() + "\nRefunds are also listed in the yearly statement.\n")
            page.write_text(page.read_text().replace("refund", "reimbursement"))
        await desk.command(ADMIN, "/citedesk reindex")
        await desk.until(lambda: [m for m in desk.hidden(ADMIN) if "Reindexed" in m.text], 1)
        # Not even before anybody looked: the answer's chunks are not those of the index any more.
        reply = await desk.exactly_one_reply(await desk.ask(_DOUBTFUL, ADMIN))
        assert "A person will check this" in shown(reply)
        await desk.bot.maintenance.sweep()
        cards = await desk.until(lambda: [c for c in _cards(desk) if "has changed since" in shown(c)], 1)
        assert await desk.store.curated.counts() == {"stale": 1}
        await desk.bot.maintenance.sweep()
        assert len([c for c in _cards(desk) if "has changed since" in shown(c)]) == 1
        # What it quotes is gone, so it cannot be approved as it is.
        await desk.press(REVIEWER, cards[0], "Draft again")
        await desk.until(lambda: [c for c in cards if "review_approve" in shown(c)], 1)
        await desk.press(REVIEWER, cards[0], "Approve")
        await desk.until(lambda: [c for c in cards if "Approved by" in shown(c)], 1)
        again = await desk.exactly_one_reply(await desk.ask(_DOUBTFUL, REVIEWER))
        assert f"Approved by <@{REVIEWER}> on " in shown(again)


async def _find_bad(desk: Desk, reply: Message, users: tuple[str, ...]) -> None:
    (block,) = [b for b in reply.blocks if b["type"] == "context_actions"]
    button = block["elements"][0]
    action = {"type": "feedback_buttons", "action_id": button["action_id"], "value": button["negative_button"]["value"]}
    for user in users:
        await desk.sandbox.acts.press(user, reply.channel, reply.ts, block["block_id"], action)


async def test_an_answer_that_several_people_find_bad_opens_a_review_once(own_desk: Desk) -> None:
    reply = await own_desk.exactly_one_reply(await own_desk.ask("When does the first payment reminder go out?"))
    await _find_bad(own_desk, reply, (ASKER, ASKER))
    assert _cards(own_desk) == []
    await _find_bad(own_desk, reply, (ADMIN, REVIEWER))
    (card,) = await own_desk.until(lambda: _cards(own_desk), 1)
    assert "The answer to this was rated bad" in shown(card)
    assert "When does the first payment reminder go out?" in shown(card)
    assert "7 days after the due date" in shown(card)
    values = {"reason": {"reason": "outdated"}, "note": {"note": "There are four reminders now."}}
    await own_desk.sandbox.acts.submit(ADMIN, await own_desk.modal(ADMIN), values)
    await own_desk.until(lambda: [c for c in [card] if "outdated: There are four reminders now." in shown(c)], 1)


async def test_an_approved_answer_that_several_people_find_bad_is_no_longer_served(approval_desk: Desk) -> None:
    await _approved(approval_desk)
    reply = await approval_desk.exactly_one_reply(await approval_desk.ask(_DOUBTFUL, ADMIN))
    await _find_bad(approval_desk, reply, (ASKER, ADMIN))
    await approval_desk.until(lambda: [c for c in _cards(approval_desk) if "was rated bad" in shown(c)], 1)
    assert await approval_desk.store.curated.counts() == {"stale": 1}
    again = await approval_desk.exactly_one_reply(await approval_desk.ask(_DOUBTFUL, REVIEWER))
    assert "A person will check this" in shown(again)


async def test_gaps_are_listed_in_clusters_for_admins_only(own_desk: Desk) -> None:
    for user, text in (
        (ASKER, "Is there a Linux app?"),
        (ADMIN, "Do you have an app for Linux?"),
        (ASKER, "Is there a Linux app?"),
    ):
        assert "Not enough info" in shown(await own_desk.exactly_one_reply(await own_desk.ask(text, user)))
    await own_desk.exactly_one_reply(await own_desk.ask("Who won the football match yesterday?"))
    (refusal,) = await own_desk.command(ASKER, "/citedesk gaps")
    assert "Only admins" in refusal.text
    (answer,) = await own_desk.command(ADMIN, "/citedesk gaps")
    sections = [b["text"]["text"] for b in answer.blocks if b["type"] == "section"]
    assert "Linux" in sections[1]
    assert "3 times, 2 people" in sections[1]
    assert "football" in json.dumps(sections[2:])


async def test_without_retention_no_question_is_kept(own_data: Path, articles: Path) -> None:
    off: dict[str, Any] = {"store": {"gap_text_days": 0}}
    async with workspace(own_data, articles, **off) as desk:
        await desk.exactly_one_reply(await desk.ask("Is there a Linux app?"))
        (answer,) = await desk.command(ADMIN, "/citedesk gaps")
        assert "No gaps" in shown(answer)
    assert b"Linux app" not in (own_data / "citedesk.sqlite").read_bytes()
