"""Slack in two languages: what one person asks, decides or commands is said in the language of whoever reads it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.webapi import Fault
from bot.store.records import Asked, Conversation
from bot.surfaces.words import ENGLISH, words_in

_ANSWERABLE = "When does the first payment reminder go out?"
_UNKNOWN = "Is there a Linux app?"
_GERMAN = words_in("de")


def _speaks(desk: Desk, user: str, locale: str) -> None:
    people = desk.sandbox.workspace.people
    people[user] = replace(people[user], locale=locale)


def _lookups(desk: Desk, user: str) -> list[dict[str, Any]]:
    return [arguments for method, arguments in desk.sandbox.api.calls if method == "users.info"
            and arguments["user"] == user]  # fmt: skip


async def test_an_asker_reads_german_from_the_reply_to_the_decision_and_reviewers_read_english(own_desk: Desk) -> None:
    _speaks(own_desk, ASKER, "de-AT")
    question = await own_desk.ask(_UNKNOWN)
    reply = await own_desk.exactly_one_reply(question)
    assert _GERMAN("not-enough-head") in shown(reply)
    await own_desk.press(ASKER, reply, "Einen Menschen fragen")
    assert _GERMAN("escalated") in shown(await own_desk.reply_to(question, 2))
    card = await own_desk.card()
    assert "Review needed" in shown(card)
    await own_desk.press(REVIEWER, card, "Ask back")
    await own_desk.submit(REVIEWER, "Which version?")
    assert "sieht sich deine Frage an" in shown(await own_desk.reply_to(question, 3))
    await own_desk.press(REVIEWER, card, "Reject")
    await own_desk.submit(REVIEWER, "There is none.")
    assert _GERMAN("not-confirmed") in shown(await own_desk.reply_to(question, 4))
    await own_desk.settled()
    assert len(_lookups(own_desk, ASKER)) == 1


@pytest.mark.parametrize("speaks_german", [ASKER, ADMIN])
async def test_the_asker_reads_their_own_language_whoever_presses_for_a_person(
    speaks_german: str, own_desk: Desk
) -> None:
    _speaks(own_desk, speaks_german, "de-DE")
    question = await own_desk.ask(_UNKNOWN)
    words = _GERMAN if speaks_german == ASKER else ENGLISH
    await own_desk.press(ADMIN, await own_desk.exactly_one_reply(question), words("button-ask-a-person"))
    assert words("escalated") in shown(await own_desk.reply_to(question, 2))
    assert own_desk.hidden(ADMIN) == []


async def test_without_a_way_to_look_it_up_the_language_of_another_person_is_not_taken(own_desk: Desk) -> None:
    await own_desk.exactly_one_reply(await own_desk.ask(_UNKNOWN))
    (trace,) = await own_desk.store.requests.since(datetime.now(UTC) - timedelta(days=1))
    where = Conversation(
        surface="slack", tenant_id="T0SANDBOX", user_id=ADMIN, channel_id=SUPPORT, thread_id="1", private=False
    )
    questions = own_desk.bot.use_cases.questions
    for user, kept in ((ADMIN, ""), (ASKER, "de-DE")):
        pressed = Asked(text=_UNKNOWN, where=where.model_copy(update={"user_id": user, "language": "de-DE"}))
        found = (await questions.by_its_asker(trace.request_id, pressed)).where
        assert (found.user_id, found.language) == (ASKER, kept)


async def test_a_reviewer_reads_modals_home_and_replies_to_commands_in_german(own_desk: Desk) -> None:
    _speaks(own_desk, REVIEWER, "de-DE")
    reply = await own_desk.exactly_one_reply(await own_desk.ask(_UNKNOWN))
    await own_desk.press(ASKER, reply, "Ask a person")
    await own_desk.press(REVIEWER, await own_desk.card(), "Write an answer")
    assert "Antwort schreiben" in str(own_desk.sandbox.workspace.views[await own_desk.modal(REVIEWER)])
    await own_desk.open_home(REVIEWER)
    await own_desk.home(REVIEWER, "Offene Prüfungen: 1")
    (helped,) = await own_desk.command(REVIEWER, "/citedesk help")
    assert "`/citedesk status` zeigt, was ich eingelesen habe" in helped.text
    (refused,) = await own_desk.command(REVIEWER, "/citedesk reindex")
    assert refused.text == _GERMAN("error-not-admin")


async def test_a_modal_opens_in_english_while_slack_does_not_tell_the_language(own_desk: Desk) -> None:
    reply = await own_desk.exactly_one_reply(await own_desk.ask(_UNKNOWN))
    await own_desk.press(ASKER, reply, "Ask a person")
    card = await own_desk.card()
    own_desk.sandbox.api.fault = lambda method: Fault(stall_s=10.0) if method == "users.info" else None
    await own_desk.press(REVIEWER, card, "Write an answer")
    assert "Write an answer" in str(own_desk.sandbox.workspace.views[await own_desk.modal(REVIEWER)])


@pytest.mark.parametrize(
    ("setting", "card"), [("de", "Bitte prüfen"), ("en", "Review needed"), ("auto", "Review needed")]
)
async def test_the_setting_decides_for_everybody_and_in_channels(
    setting: str, card: str, own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, language=setting) as desk:
        reply = await desk.exactly_one_reply(await desk.ask(_UNKNOWN))
        words = _GERMAN if setting == "de" else ENGLISH
        assert words("not-enough-head") in shown(reply)
        await desk.press(ASKER, reply, words("button-ask-a-person"))
        assert card in shown(await desk.card())


async def test_a_question_typed_as_a_command_is_answered_and_only_an_unknown_single_word_gets_the_help(
    own_desk: Desk,
) -> None:
    for text in (_ANSWERABLE, f"ask {_ANSWERABLE}", "Reminders: when does the first one go out?"):
        (answer,) = await own_desk.command(ASKER, f"/citedesk {text}")
        assert "7 days after the due date" in shown(answer), text
    (helped,) = await own_desk.command(ASKER, "/citedesk remind")
    assert "I do not know `remind`." in helped.text
    (status,) = await own_desk.command(ADMIN, "/citedesk STATUS")
    assert "*Documents*: 38 documents, read" in shown(status)


async def test_a_person_who_has_the_question_already_is_said_to_have_it(own_desk: Desk) -> None:
    reply = await own_desk.exactly_one_reply(await own_desk.ask(_UNKNOWN))
    await own_desk.press(ASKER, reply, "Ask a person")
    await own_desk.card()
    await own_desk.press(ASKER, reply, "Ask a person")
    (told,) = await own_desk.until(lambda: own_desk.hidden(ASKER), 1)
    assert told.text == ENGLISH("escalated-before")
    assert len(own_desk.messages(REVIEWS)) == 1


async def test_a_complaint_is_thanked_for_and_praise_opens_no_form(own_desk: Desk) -> None:
    reply = await own_desk.exactly_one_reply(await own_desk.ask(_ANSWERABLE))
    (block,) = [b for b in reply.blocks if b["type"] == "context_actions"]
    (buttons,) = block["elements"]
    space = own_desk.sandbox.workspace
    for user, which in ((ADMIN, "positive_button"), (ASKER, "negative_button")):
        action = {"type": "feedback_buttons", "action_id": buttons["action_id"], "value": buttons[which]["value"]}
        await own_desk.sandbox.acts.press(user, reply.channel, reply.ts, block["block_id"], action)
    await own_desk.sandbox.acts.submit(ASKER, await own_desk.modal(ASKER), {"reason": {"reason": "outdated"}})
    assert ENGLISH("feedback-thanks-for-reason") in str(space.views[space.view_of[ASKER]])
    (thanks,) = await own_desk.until(lambda: own_desk.hidden(ADMIN), 1)
    assert thanks.text == ENGLISH("feedback-thanks")
    assert ADMIN not in space.view_of
