"""Threads between people: the bot answers what is meant for it, and keeps nothing of the rest."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.scripted_llm import Step, scripted_llm
from support.teams import FakeConnector, connector
from support.waiting import settled, until
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.app import store_file
from bot.sandbox.acts import _event_body, _events
from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import BOT_USER_ID, Message, Person
from bot.store.records import Conversation

PRIYA, JO = "U0PRIYA", "U0JO"
_REMINDER = "When does the first payment reminder go out?"
_FEES = "How high can a late fee be?"
_PERSONS = {"sam": ASKER, "robin": REVIEWER, "alex": ADMIN, "priya": PRIYA, "jo": JO}

# Who says what after Sam's question; a message that begins with "@Citedesk" is meant for the bot.
_BUSY = """
sam: thanks!
priya: oh nice, I always forget that
sam: Sure, lunch at 12?
jo: 12:30 works better, I have a call until then
sam: ok 12:30
robin: count me in. Is the new place any good?
sam: they say the soup is great
sam: can we book a table for five
alex: I will call them
priya: do they take cards?
sam: No, I will ask Robin tomorrow
robin: ask me what?
sam: where the reminder texts live
robin: those are in the settings, under reminders
priya: back to the customer: he says he got a letter on day 3
sam: how could that happen?
jo: @Alex did somebody change the days?
alex: not me
sam: @Robin was it you?
robin: no
priya: @Citedesk How high can a late fee be?
priya: so at most five percent, as I said
sam: is that of the net amount or of the total
jo: the total
sam: ok and what does the customer want now?
priya: his money back, of course
sam: how do we refund a payment?
robin: finance does that
sam: who in finance
robin: Dana, usually
sam: can you tell me her number?
robin: in the directory
jo: when does the export run tonight?
alex: at 2
sam: show me the ticket please
priya: it is 2231
sam: and for the other customer?
jo: @Citedesk How long does a customer have to pay after the third reminder?
sam: what about Monday then
alex: Monday is fine
""".strip().splitlines()

# An incident channel: two askers, quotes of the bot, thanks, questions with and without a question mark, edits.
_INCIDENT = """
alex: Web hooks fail for three customers since 9:10. Who is on it?
robin: I am. Looking.
sam: @Citedesk How often is a failed webhook tried again?
sam: thank you
sam: > tried again
sam: that means they will come through once we are up, right?
alex: yes
sam: does somebody know whether the queue is persistent
priya: it is
sam: Robin, how far are you?
robin: two more minutes
jo: @Citedesk Which browsers are supported?
jo: not related, but customers ask
jo: is Safari on that list
alex: jo, new thread please
jo: sorry
sam: how many are affected now
robin: three, still
priya: @Sam can you write to them
sam: what should I write?
priya: that we are on it
sam: when will it be fixed
robin: now. Deployed
alex: great work everybody
sam: are the retries running?
robin: yes
sam: can I close the incident
alex: please do
""".strip().splitlines()


@asynccontextmanager
async def _busy_workspace(data: Path, articles: Path, **settings: Any) -> AsyncIterator[Desk]:  # noqa: ANN401
    """Run a workspace with two more people in it."""
    async with workspace(data, articles, **settings) as desk:
        space = desk.sandbox.workspace
        for user, name in ((PRIYA, "Priya"), (JO, "Jo")):
            space.people[user] = Person(user, name, "asker", "Support")
        support = space.channels[SUPPORT]
        space.channels[SUPPORT] = replace(support, members=support.members | {PRIYA, JO})
        yield desk


@dataclass
class _Said:
    root: Message
    messages: list[Message]


async def _play(desk: Desk, lines: Sequence[str], root: Message | None = None) -> _Said:
    """Post the lines one after the other, each once the bot has dealt with the one before."""
    said: list[Message] = []
    for line in lines:
        who, _, text = line.partition(": ")
        thread = root.ts if root else None
        message = await desk.sandbox.acts.post(_PERSONS[who], SUPPORT, text, thread)
        await desk.settled()
        root = root or message
        said.append(message)
    assert root is not None
    return _Said(root, said)


def _stored(desk: Desk) -> str:
    """Return the bytes of the store, with what its journal holds."""
    file = store_file(desk.settings)
    files = [file, file.with_name(f"{file.name}-wal")]
    return "".join(each.read_bytes().decode("utf-8", "replace") for each in files if each.exists())


def _long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


async def _nothing_kept_of(desk: Desk, lines: Sequence[str], log: str) -> None:
    store, others = desk.store, [line.partition(": ")[2] for line in lines if "@Citedesk" not in line]
    assert await store.reviews.open_in("T0SANDBOX") == []
    gaps = await store.gaps.since("T0SANDBOX", desk.bot.use_cases.questions.embedder.name, 1)
    assert not {gap.question for gap, _ in gaps} & set(others)
    long_enough = [text for text in others if len(text) > 12]
    stored = _stored(desk)
    assert [text for text in long_enough if text in stored or text in log] == []


async def test_in_a_busy_thread_of_five_people_only_the_three_mentions_are_answered(
    own_data: Path, articles: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with _busy_workspace(own_data, articles) as desk:
        root = await desk.ask(_REMINDER)
        await desk.settled()
        capfd.readouterr()
        said = await _play(desk, _BUSY, root)
        assert len(said.messages) == 40
        assert len(desk.replies(root)) == 3
        assert desk.messages(REVIEWS) == []
        out, log = capfd.readouterr()
        await _nothing_kept_of(desk, _BUSY, out + log)
        unmeant = [m for m in said.messages if "U0CITEDESK" not in m.text]
        assert [m.ts for m in unmeant if m.ts in out + log] == []
        assert [user for user in (ADMIN, REVIEWER) if user in out + log] == []
        assert len(await desk.store.requests.since(_long_ago())) == 3


async def test_in_an_incident_that_somebody_else_began_only_mentions_are_answered(
    own_data: Path, articles: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with _busy_workspace(own_data, articles) as desk:
        said = await _play(desk, _INCIDENT)
        assert len(desk.replies(said.root)) == 2
        edited = next(m for m in said.messages if m.text.startswith("what should I write"))
        await desk.sandbox.acts.edit(ASKER, SUPPORT, edited.ts, "what should I write to the customers?")
        await desk.settled()
        assert len(desk.replies(said.root)) == 2
        assert desk.messages(REVIEWS) == []
        out, log = capfd.readouterr()
        await _nothing_kept_of(desk, _INCIDENT, out + log)
        assert len(await desk.store.requests.since(_long_ago())) == 2


async def _own_thread(desk: Desk) -> Message:
    """Return Sam's question, once it is answered."""
    root = await desk.ask(_REMINDER)
    await desk.exactly_one_reply(root)
    return root


async def test_a_follow_up_in_a_thread_of_the_asker_and_the_bot_is_answered(own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    for count, text in enumerate(("how high can a late fee be", "And how do I refund a payment?"), 2):
        await own_desk.sandbox.acts.post(ASKER, SUPPORT, text, root.ts)
        await own_desk.reply_to(root, count)


@pytest.mark.parametrize(
    "text",
    [
        "@Alex how high can a late fee be?",
        "Robin, how high can a late fee be?",
        "hey Alex can you tell me how high a late fee can be?",
        "I will ask how high a late fee can be",
        "> how high can a late fee be?",
        "is there a Linux app?",
    ],
)
async def test_what_is_said_to_others_or_has_no_answer_gets_none_there(text: str, own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    await own_desk.sandbox.acts.post(ASKER, SUPPORT, text, root.ts)
    await own_desk.settled()
    assert len(own_desk.replies(root)) == 1
    assert len(await own_desk.store.requests.since(_long_ago())) == 1
    assert await own_desk.store.gaps.since("T0SANDBOX", own_desk.bot.use_cases.questions.embedder.name, 1) == []
    # Nobody saw the bot at work on it.
    shown_at_work = [fields for method, fields in own_desk.sandbox.api.calls if method == "agents.sessions.setStatus"]
    assert [fields["status"] for fields in shown_at_work] == ["processing", "active"]


async def test_a_model_at_work_on_a_follow_up_is_shown(own_data: Path, articles: Path) -> None:
    no = json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
    held = asyncio.Event()
    async with (
        scripted_llm(Step(no), Step(no, held=held)) as server,
        workspace(
            own_data,
            articles,
            llm={"provider": "openai", "model": "m", "base_url": server.url},
            slack_extra={"progress_after_s": 0.05},
        ) as desk,
    ):
        root = await _own_thread(desk)
        await desk.sandbox.acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
        await desk.progress_of(root)
        held.set()
        # The documents speak of it, so the asker is told that there is no answer.
        assert "Not enough info" in shown(await desk.reply_to(root, 2))


@pytest.mark.parametrize("is_known", [True, False])
async def test_once_another_person_has_spoken_even_a_question_is_not_answered_although_the_event_was_lost(
    own_desk: Desk, *, is_known: bool
) -> None:
    root = await _own_thread(own_desk)
    acts, space = own_desk.sandbox.acts, own_desk.sandbox.workspace
    if is_known:
        await acts.post(ADMIN, SUPPORT, "good to know", root.ts)
    else:
        space.add(Message(space.new_ts(), SUPPORT, ADMIN, "good to know", [], root.ts))
    for _ in range(2):
        await acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
        await own_desk.settled()
        assert len(own_desk.replies(root)) == 1
    await acts.post(ASKER, SUPPORT, "@Citedesk how high can a late fee be?", root.ts)
    await own_desk.reply_to(root, 2)
    where = _conversation(root)
    assert not await own_desk.store.threads.owns(where)


async def test_what_another_app_posts_does_not_end_the_talk(own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    space = own_desk.sandbox.workspace
    alert = Message(space.new_ts(), SUPPORT, BOT_USER_ID, "Ticket 2231 was opened", [], root.ts)
    space.add(alert)
    await own_desk.sandbox.acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
    await until(lambda: "5%" in "".join(shown(m) for m in own_desk.replies(root)))


async def test_a_thread_that_cannot_be_read_gets_no_answer_without_a_mention(own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    own_desk.sandbox.api.fault = lambda method: Fault(status=500) if method == "conversations.replies" else None
    await own_desk.sandbox.acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
    await own_desk.settled()
    assert len(own_desk.replies(root)) == 1


async def test_an_untagged_question_that_is_delivered_again_is_answered_once(own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    message = await own_desk.sandbox.acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
    await own_desk.reply_to(root, 2)
    (event,) = _events(own_desk.sandbox.workspace.channels[SUPPORT], message)
    for _ in range(3):
        await own_desk.sandbox.acts._deliver("events_api", _event_body(event))
    await own_desk.settled()
    assert len(own_desk.replies(root)) == 2


async def test_what_was_not_for_the_bot_is_not_for_it_when_delivered_again_either(own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    acts = own_desk.sandbox.acts
    await acts.post(ADMIN, SUPPORT, "good to know", root.ts)
    message = await acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
    (event,) = _events(own_desk.sandbox.workspace.channels[SUPPORT], message)
    for _ in range(2):
        await acts._deliver("events_api", _event_body(event))
    await own_desk.settled()
    assert len(own_desk.replies(root)) == 1


@pytest.mark.parametrize("text", ["Robin, how high can a late fee be?", "@Robin how high can a late fee be?"])
async def test_an_edit_that_turns_to_a_colleague_is_not_answered(text: str, own_data: Path, articles: Path) -> None:
    no = json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
    llm = {"provider": "openai", "model": "m"}
    async with (
        scripted_llm(Step(no), Step(no, held=asyncio.Event())) as server,
        workspace(own_data, articles, llm={**llm, "base_url": server.url}) as desk,
    ):
        root = await _own_thread(desk)
        message = await desk.sandbox.acts.post(ASKER, SUPPORT, "how high can a late fee be?", root.ts)
        await until(lambda: len(server.requests) == 2)
        await desk.sandbox.acts.edit(ASKER, SUPPORT, message.ts, text)
        await desk.settled()
        assert len(desk.replies(root)) == 1


async def test_a_reviewer_who_asks_back_gets_an_answer_without_a_question(approval_desk: Desk) -> None:
    desk = approval_desk
    root = await desk.ask(_REMINDER)
    await desk.press(REVIEWER, await desk.card(), "Ask back")
    await desk.submit(REVIEWER, "Which plan?")
    await desk.reply_to(root, 2)
    await desk.sandbox.acts.post(ASKER, SUPPORT, "the yearly one", root.ts)
    assert "passed that on" in shown(await desk.reply_to(root, 3))


async def test_thanks_that_mention_the_bot_get_a_word_and_an_ok_none(own_desk: Desk) -> None:
    root = await _own_thread(own_desk)
    await own_desk.sandbox.acts.post(ASKER, SUPPORT, "@Citedesk ok", root.ts)
    await own_desk.settled()
    assert len(own_desk.replies(root)) == 1
    await own_desk.sandbox.acts.post(ASKER, SUPPORT, "@Citedesk thanks a lot!", root.ts)
    assert "welcome" in shown(await own_desk.reply_to(root, 2))
    assert len(await own_desk.store.requests.since(_long_ago())) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [("hi", "For example"), ("help", "For example"), ("what can you do?", "For example"), ("thanks", "welcome")],
)
async def test_a_first_word_gets_a_friendly_line_and_is_no_request(text: str, says: str, own_desk: Desk) -> None:
    for channel in ("D0ASKER", SUPPORT):
        reply = shown(await own_desk.exactly_one_reply(await own_desk.ask(text, channel=channel)))
        assert says in reply
        assert "Not enough info" not in reply
    assert await own_desk.store.requests.since(_long_ago()) == []
    assert await own_desk.store.gaps.since("T0SANDBOX", own_desk.bot.use_cases.questions.embedder.name, 1) == []
    assert (await own_desk.store.counts()).outcomes == {}


async def test_a_greeting_before_a_question_is_no_part_of_it(own_data: Path, articles: Path) -> None:
    no = json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
    async with (
        scripted_llm(*[Step(no)] * 3) as server,
        workspace(own_data, articles, llm={"provider": "openai", "base_url": server.url, "model": "m"}) as desk,
    ):
        hello = await desk.ask("hi", channel="D0ASKER")
        await desk.exactly_one_reply(hello)
        await desk.sandbox.acts.post(ASKER, "D0ASKER", "and how high can a late fee be?", hello.ts)
        reply = shown(await desk.reply_to(hello, 2))
        assert "Understood as" not in reply
    (asked,) = server.requests
    assert asked["messages"][1]["content"].rstrip().endswith("how high can a late fee be?")
    assert "For example" not in str(asked)


async def test_a_question_with_a_greeting_in_it_is_a_question(own_desk: Desk) -> None:
    question = await own_desk.ask(f"hi, {_REMINDER[0].lower()}{_REMINDER[1:]}", channel="D0ASKER")
    assert "7 days" in shown(await own_desk.exactly_one_reply(question))


def _conversation(root: Message) -> Conversation:
    return Conversation(
        surface="slack", tenant_id="T0SANDBOX", user_id=ASKER, channel_id=SUPPORT, thread_id=root.ts, private=False
    )


# --- Teams

_CHANNEL, _THREAD = "19:team@thread.tacv2", "19:team@thread.tacv2;messageid=1"


@asynccontextmanager
async def _teams(data: Path, articles: Path) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with (
        connector() as fake,
        workspace(data, articles, teams={"anonymous": True}, access={"reviewers": ["reviewer"]}) as desk,
    ):
        fake.talk_to(desk.bot)
        yield fake, desk


def _teams_message(fake: FakeConnector, who: str, text: str) -> dict[str, Any]:
    """Return a message of the thread, as an app with permission to read every message gets it."""
    if text.startswith("@Citedesk "):
        return fake.question(text.removeprefix("@Citedesk "), who, _THREAD)
    return fake.activity("message", who, _THREAD, text=text)


@pytest.mark.parametrize(("lines", "replies"), [(_BUSY, 3), (_INCIDENT, 2)])
async def test_in_a_busy_thread_of_a_teams_channel_only_mentions_are_answered(
    lines: list[str], replies: int, own_data: Path, articles: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with _teams(own_data, articles) as (fake, desk):
        if lines is _BUSY:
            await fake.reply(_teams_message(fake, "sam", f"@Citedesk {_REMINDER}"))
        capfd.readouterr()
        said = [(who, text) for who, _, text in (line.partition(": ") for line in lines)]
        sent = []
        for who, text in said:
            activity = _teams_message(fake, who, text)
            sent.append(activity)
            assert (await fake.send(activity))[0] == 202
            await settled(desk.store)
        await fake.exactly(_THREAD, replies)
        out, log = capfd.readouterr()
        await _nothing_kept_of(desk, lines, out + log)
        assert [a["id"] for a in sent if "entities" not in a and f'"{a["id"]}"' in out + log] == []
        asked = {who for who, text in said if "@Citedesk" in text} | {"sam"}
        names = await desk.store.people.names([who for who, _ in said])
        assert set(names) <= asked
        assert len(await desk.store.requests.since(_long_ago())) == replies
