"""The bot in the sandbox workspace, over both transports, as its users meet it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from support.models import shared_embedder
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.app import store_file
from bot.sandbox.delivery import signature
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_USER_ID, TEAM_ID
from bot.slack.http import EVENTS_PATH
from bot.store.records import Asked, Conversation
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.words import ENGLISH
from index.builder import BuildRules, build

_ANSWERABLE = "When does the first payment reminder go out?"
_DOUBTFUL = "Can I get my money back?"
_UNKNOWN = "Is there a Linux app?"
_RESTRICTED = "How many months of fees may a support lead refund?"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, articles: Path) -> Path:
    """Return a data directory with the demo knowledge base indexed."""
    folder = tmp_path_factory.mktemp("demo")
    build([articles], folder, shared_embedder(), BuildRules())
    return folder


@pytest.fixture
async def desk(data_dir: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(data_dir, articles) as running:
        yield running
    (data_dir / "citedesk.sqlite").unlink()


@pytest.fixture
async def http_desk(data_dir: Path, articles: Path) -> AsyncIterator[Desk]:
    async with workspace(data_dir, articles, "http") as running:
        yield running
    (data_dir / "citedesk.sqlite").unlink()


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_mention_gets_one_cited_answer_in_its_thread(transport: str, data_dir: Path, articles: Path) -> None:
    async with workspace(data_dir, articles, transport) as desk:
        question = await desk.ask(_ANSWERABLE)
        reply = await desk.exactly_one_reply(question)
    assert "7 days after the due date" in shown(reply)
    assert "https://help.fernpost.example/reminders|Payment reminders" in shown(reply)
    assert reply.metadata is not None
    assert reply.metadata["event_payload"]["request_id"].startswith("r-")


async def test_a_direct_message_and_a_reply_in_its_thread_are_answered_there(desk: Desk) -> None:
    question = await desk.ask(_ANSWERABLE, channel="D0ASKER")
    await desk.exactly_one_reply(question)
    await desk.sandbox.acts.post(ASKER, "D0ASKER", "How long is an invitation valid?", question.ts)
    assert "7 days" in shown(await desk.reply_to(question, 2))


async def test_a_message_that_does_not_address_the_bot_gets_no_answer(desk: Desk) -> None:
    await desk.sandbox.acts.post(ASKER, SUPPORT, _ANSWERABLE, None)
    await desk.exactly_one_reply(await desk.ask(_ANSWERABLE))
    assert len([m for m in desk.messages(SUPPORT) if m.user == BOT_USER_ID]) == 1


async def test_not_enough_info_names_documents_and_hands_over_when_asked(desk: Desk) -> None:
    question = await desk.ask(_UNKNOWN)
    reply = await desk.exactly_one_reply(question)
    assert "Not enough info" in shown(reply)
    assert "help.fernpost.example" in shown(reply)
    await desk.press(ASKER, reply, "Ask a person")
    assert "passed your question to a person" in shown(await desk.reply_to(question, 2))
    card = await desk.card()
    assert _UNKNOWN in shown(card)
    await desk.press(ASKER, reply, "Ask a person")
    await desk.until(lambda: desk.hidden(ASKER), 1)
    await desk.settled()
    assert len(desk.messages(REVIEWS)) == 1
    await desk.press(REVIEWER, card, "Write an answer")
    await desk.submit(REVIEWER, "No, there is none.")
    assert "cites nothing" in str(desk.sandbox.workspace.views[desk.sandbox.workspace.view_of[REVIEWER]])
    await desk.submit(REVIEWER, "No, there is none.", anyway={"anyway_input": ["anyway"]})
    assert "No, there is none." in shown(await desk.reply_to(question, 4))


async def test_a_doubtful_draft_is_approved_and_reaches_the_asker(approval_desk: Desk) -> None:
    question = await approval_desk.ask(_DOUBTFUL)
    assert "A person will check this" in shown(await approval_desk.exactly_one_reply(question))
    card = await approval_desk.card()
    assert "*Draft*" in shown(card)
    await approval_desk.press(REVIEWER, card, "Approve")
    result = await approval_desk.reply_to(question, 2)
    assert f"Approved by <@{REVIEWER}>" in shown(result)
    (decided,) = await approval_desk.until(lambda: [m for m in approval_desk.messages(REVIEWS) if m.edited], 1)
    assert f"Approved by <@{REVIEWER}>" in shown(decided)
    assert "review_approve" not in shown(decided)


async def test_an_edited_draft_reaches_the_asker_and_an_empty_one_is_refused(approval_desk: Desk) -> None:
    question = await approval_desk.ask(_DOUBTFUL)
    card = await approval_desk.card()
    await approval_desk.press(REVIEWER, card, "Edit")
    await approval_desk.submit(REVIEWER, "   ")
    assert list(approval_desk.sandbox.workspace.view_errors.values()) == [
        {"text": "Write an answer, or cancel and reject."}
    ]
    await approval_desk.submit(REVIEWER, "Within 120 days of the payment [1].")
    result = await approval_desk.reply_to(question, 2)
    assert "Within 120 days of the payment [1]." in shown(result)
    assert f"Edited and approved by <@{REVIEWER}>" in shown(result)


async def test_a_rejected_draft_is_said_with_the_reason_and_without_the_draft(approval_desk: Desk) -> None:
    question = await approval_desk.ask(_DOUBTFUL)
    card = await approval_desk.card()
    await approval_desk.press(REVIEWER, card, "Reject")
    await approval_desk.submit(REVIEWER, "Please ask billing.")
    result = await approval_desk.reply_to(question, 2)
    assert "Please ask billing." in shown(result)
    assert "working days" not in shown(result)


async def test_only_reviewers_decide_checked_on_the_server(approval_desk: Desk) -> None:
    question = await approval_desk.ask(_DOUBTFUL)
    card = await approval_desk.card()
    for label in ("Approve", "Edit", "Reject"):
        await approval_desk.press(ADMIN, card, label)
    refusals = await approval_desk.until(lambda: approval_desk.hidden(ADMIN), 3)
    assert all("Only reviewers may decide this" in m.text for m in refusals)
    assert approval_desk.sandbox.workspace.view_of == {}
    assert len(approval_desk.replies(question)) == 1


async def test_a_forged_submission_by_a_non_reviewer_changes_nothing(approval_desk: Desk) -> None:
    question = await approval_desk.ask(_DOUBTFUL)
    card = await approval_desk.card()
    await approval_desk.press(REVIEWER, card, "Edit")
    space = approval_desk.sandbox.workspace
    space.view_of[ADMIN] = await approval_desk.modal(REVIEWER)
    await approval_desk.submit(ADMIN, "All refunds are approved.")
    assert "Only reviewers" in str(space.view_errors)
    assert len(approval_desk.replies(question)) == 1


async def test_of_two_decisions_the_second_is_told_who_won(approval_desk: Desk) -> None:
    await approval_desk.ask(_DOUBTFUL)
    card = await approval_desk.card()
    card_as_posted = list(card.blocks)
    await approval_desk.press(REVIEWER, card, "Approve")
    await approval_desk.until(lambda: [m for m in approval_desk.messages(REVIEWS) if m.edited], 1)
    card.blocks = card_as_posted
    await approval_desk.press(REVIEWER, card, "Approve")
    (told,) = await approval_desk.until(lambda: approval_desk.hidden(REVIEWER), 1)
    assert f"Nothing was changed. Approved by <@{REVIEWER}>." in told.text


async def test_a_restricted_article_is_told_only_in_private_to_those_who_may_read_it(desk: Desk) -> None:
    private = await desk.exactly_one_reply(await desk.ask(_RESTRICTED, REVIEWER, "D0REVIEWER"))
    assert "3 months" in shown(private)
    for user, channel in ((REVIEWER, SUPPORT), (ASKER, SUPPORT), (ASKER, "D0ASKER")):
        reply = await desk.exactly_one_reply(await desk.ask(_RESTRICTED, user, channel))
        assert "3 months" not in shown(reply)
        assert "refund-exceptions" not in shown(reply)
    assert all("3 months" not in shown(card) for card in desk.messages(REVIEWS))


@pytest.mark.parametrize(
    ("text", "words"), [("", "question in words"), ("?", "question in words"), ("x" * 12_500, "12,000 characters")]
)
async def test_an_empty_or_over_long_question_gets_a_plain_sentence(text: str, words: str, desk: Desk) -> None:
    assert words in shown(await desk.exactly_one_reply(await desk.ask(text)))


async def test_a_pasted_log_is_searched_for_by_its_telling_part(desk: Desk) -> None:
    log = "\n".join(f"2026-11-03 08:12:{n % 60:02d} worker{n} heartbeat" for n in range(80))
    reply = shown(await desk.exactly_one_reply(await desk.ask(f"{log}\n{_ANSWERABLE}")))
    assert "Your message is long. I searched for" in reply


async def test_feedback_is_stored_and_thanked(desk: Desk) -> None:
    reply = await desk.exactly_one_reply(await desk.ask(_ANSWERABLE))
    (block,) = [b for b in reply.blocks if b["type"] == "context_actions"]
    button = block["elements"][0]
    action = {"type": "feedback_buttons", "action_id": button["action_id"], "value": button["negative_button"]["value"]}
    await desk.sandbox.acts.press(ASKER, reply.channel, reply.ts, block["block_id"], action)
    space = desk.sandbox.workspace
    assert "What is wrong with it?" in str(space.views[await desk.modal(ASKER)])
    await desk.sandbox.acts.submit(ASKER, space.view_of[ASKER], {"reason": {"reason": "outdated"}})
    store = desk.store
    (said,) = await store.feedback.complaints(block["block_id"].removeprefix("feedback_"))
    assert (said.user_id, said.helpful, said.reason) == (ASKER, False, "outdated")
    assert await store.feedback.counts(1) == (0, 1)
    action["value"] = button["positive_button"]["value"]
    await desk.sandbox.acts.press(ADMIN, reply.channel, reply.ts, block["block_id"], action)
    (thanks,) = await desk.until(lambda: desk.hidden(ADMIN), 1)
    assert thanks.text == "Thanks, noted."


async def test_an_admin_reindexes_and_gets_the_coverage_report(desk: Desk) -> None:
    await desk.command(ADMIN, "/citedesk reindex")
    _, done = await desk.until(lambda: desk.hidden(ADMIN), 2)
    assert "Reindexed: 38 of 38 files" in done.text


async def test_nobody_else_reindexes(desk: Desk) -> None:
    (refusal,) = await desk.command(ASKER, "/citedesk reindex")
    assert "Only admins may do this" in refusal.text


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/citedesk help", "/citedesk status"),
        ("/citedesk", "/citedesk status"),
        ("/citedesk dance", "I do not know `dance`"),
        ("/citedesk status", "38 documents"),
        (f"/citedesk ask {_ANSWERABLE}", "7 days after the due date"),
    ],
)
async def test_every_command_answers_only_to_the_person_who_typed_it(command: str, says: str, desk: Desk) -> None:
    (answer,) = await desk.command(ASKER, command)
    assert says in shown(answer)
    assert desk.messages(SUPPORT) == [answer]


async def test_a_decision_on_a_private_question_arrives_in_a_direct_message(approval_desk: Desk) -> None:
    await approval_desk.command(ASKER, f"/citedesk ask {_DOUBTFUL}")
    await approval_desk.press(REVIEWER, await approval_desk.card(), "Approve")
    (result,) = await approval_desk.until(lambda: approval_desk.messages("D0ASKER"), 1)
    assert "Approved by" in shown(result)


def _event(ts: str, event_id: str = "Ev1") -> str:
    event = {
        "type": "message",
        "user": ASKER,
        "ts": ts,
        "text": _ANSWERABLE,
        "channel": "D0ASKER",
        "channel_type": "im",
    }
    return json.dumps({"team_id": TEAM_ID, "type": "event_callback", "event_id": event_id, "event": event})


async def _deliver(
    desk: Desk, body: str, secret: str, *, age: int = 0, retry: int = 0, kind: str = "application/json"
) -> int:
    headers = signature(secret, body, int(time.time()) - age) | {"Content-Type": kind}
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{desk.bot.url}{EVENTS_PATH}", data=body, headers=headers) as response,
    ):
        return response.status


async def test_slacks_redeliveries_are_acknowledged_and_answered_once(http_desk: Desk) -> None:
    space = http_desk.sandbox.workspace
    question = await http_desk.sandbox.acts.post(ASKER, "D0ASKER", _ANSWERABLE, None)
    secret = http_desk.sandbox.credentials.signing_secret
    body = _event(question.ts, "EvSame")
    statuses = await asyncio.gather(*(_deliver(http_desk, body, secret, retry=n) for n in range(4)))
    statuses += [await _deliver(http_desk, _event(question.ts, "EvOther"), secret)]
    assert statuses == [200] * 5
    await http_desk.exactly_one_reply(question)
    assert len([m for m in space.messages if m.user == BOT_USER_ID]) == 1


@pytest.mark.parametrize("forgery", ["wrong secret", "old timestamp", "no signature"])
async def test_a_forged_or_replayed_request_is_refused_and_changes_nothing(forgery: str, http_desk: Desk) -> None:
    secret = http_desk.sandbox.credentials.signing_secret
    body = _event("1.5")
    if forgery == "no signature":
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{http_desk.bot.url}{EVENTS_PATH}", data=body) as response,
        ):
            status = response.status
    else:
        status = await _deliver(
            http_desk, body, "0" * 32 if forgery == "wrong secret" else secret, age=600 if "old" in forgery else 0
        )
    assert status == 401
    assert (await http_desk.store.inbox.length()).waiting == 0
    assert http_desk.messages("D0ASKER") == []


async def test_a_forged_button_over_http_is_refused(http_desk: Desk) -> None:
    payload = {
        "type": "block_actions",
        "user": {"id": REVIEWER},
        "actions": [{"action_id": "review_approve", "value": "r"}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    assert await _deliver(http_desk, body, "0" * 32, kind="application/x-www-form-urlencoded") == 401


@pytest.mark.parametrize("body", ["", "{", "[1]", "null", "payload=%7B", "x" * 100_000, '{"type": "event_callback"}'])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
async def test_a_malformed_body_is_refused_without_a_traceback(
    body: str, kind: str, http_desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await _deliver(http_desk, body, "0" * 32, kind=kind) == 401
    written = "".join(capfd.readouterr())
    assert "signature_refused" in written
    assert "Traceback" not in written


async def test_without_a_signing_secret_there_is_no_route_for_events(desk: Desk) -> None:
    assert await _deliver(desk, _event("1.6"), "anything") == 404


async def test_a_question_received_before_a_crash_is_answered_after_the_restart(data_dir: Path, articles: Path) -> None:
    async with Sandbox() as sandbox:
        async with workspace(data_dir, articles, sandbox=sandbox) as desk:
            question = await desk.sandbox.acts.post(REVIEWER, REVIEWS, "the crash", None)
            where = Conversation(
                surface="slack", tenant_id=TEAM_ID, user_id=REVIEWER, channel_id=REVIEWS, thread_id=question.ts,
                private=False,
            )  # fmt: skip
            asked = Asked(text=_ANSWERABLE, where=where, message_id=question.ts)
        store = await SqliteStore(store_file(desk.settings)).open()
        await store.inbox.add(["slack:lost"], asked.model_dump_json())
        await store.close()
        async with workspace(data_dir, articles, sandbox=sandbox) as again:
            await again.exactly_one_reply(question)
            assert (await again.store.inbox.length()).waiting == 0
    (data_dir / "citedesk.sqlite").unlink()


async def test_whatever_fails_the_person_who_waits_is_told(approval_desk: Desk) -> None:
    question = await approval_desk.ask(_DOUBTFUL)
    await approval_desk.exactly_one_reply(question)
    card = await approval_desk.card()
    await approval_desk.store.close()
    (told,) = await approval_desk.command(ASKER, "/citedesk status")
    assert "Something went wrong on our side" in told.text
    await approval_desk.press(REVIEWER, card, "Approve")
    (told,) = await approval_desk.until(lambda: approval_desk.hidden(REVIEWER), 1)
    assert "Something went wrong on our side" in told.text


async def test_a_suggested_question_is_asked_once_by_whoever_presses_it_in_the_same_thread(desk: Desk) -> None:
    question = await desk.ask("How long is an invitation valid?")
    reply = await desk.exactly_one_reply(question)
    button = {"type": "button", "action_id": "did_you_mean_1", "value": f"r-1\n{_ANSWERABLE}"}
    for _ in range(3):
        await desk.sandbox.acts.press(ASKER, reply.channel, reply.ts, "b", button)
    await desk.settled()
    _, answer = [message for message in desk.replies(question) if not message.visible_to]
    assert f"You asked: “{_ANSWERABLE}”" in shown(answer)
    assert "7 days after the due date" in shown(answer)
    told = await desk.until(lambda: desk.hidden(ASKER), 2)
    assert {message.text for message in told} == {ENGLISH("asked-already")}


async def test_metrics_count_what_was_answered_and_name_nobody(desk: Desk) -> None:
    await desk.exactly_one_reply(await desk.ask(_ANSWERABLE))
    async with aiohttp.ClientSession() as session, session.get(f"{desk.bot.metrics_url}/metrics") as response:
        told = await response.text()
    assert 'citedesk_requests_total{outcome="answered",route="slack",verdict="OK"} 1.0' in told
    assert ASKER not in told


_HEALTHY = dict.fromkeys(("index", "store", "queue", "workers", "socket", "serving"), True)


async def test_health_says_whether_the_index_is_served(desk: Desk) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{desk.bot.url}/healthz") as response:
        assert await response.json() == _HEALTHY


async def test_health_is_bad_once_the_store_no_longer_answers(desk: Desk) -> None:
    await desk.bot.use_cases.questions.store.close()
    await desk.bot.readiness.look()
    async with aiohttp.ClientSession() as session, session.get(f"{desk.bot.url}/healthz") as response:
        assert response.status == 503
        state = await response.json()
        assert (state["index"], state["store"], state["socket"]) == (True, False, True)


async def test_health_without_an_index_says_so_and_is_good(tmp_path: Path, articles: Path) -> None:
    async with (
        workspace(tmp_path, articles) as desk,
        aiohttp.ClientSession() as session,
        session.get(f"{desk.bot.url}/healthz") as response,
    ):
        assert response.status == 200
        assert await response.json() == {**_HEALTHY, "index": False}


async def test_without_an_index_the_asker_is_told_and_offered_another_try(tmp_path: Path, articles: Path) -> None:
    async with workspace(tmp_path, articles) as desk:
        question = await desk.ask(_ANSWERABLE)
        reply = await desk.exactly_one_reply(question)
        assert "I cannot answer right now" in shown(reply)
        build([articles], tmp_path, shared_embedder(), BuildRules())
        await desk.press(ASKER, reply, "Try again")
        assert "7 days" in shown(await desk.reply_to(question, 2))


async def test_no_text_and_no_token_reaches_the_log(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    await desk.exactly_one_reply(await desk.ask("When does Zaphod get the first payment reminder?"))
    written = "".join(capfd.readouterr())
    assert "Zaphod" not in written
    assert desk.sandbox.credentials.bot_token not in written
    assert desk.sandbox.credentials.app_token not in written
