"""Threads between people: the bot answers what is meant for it, and keeps nothing of the rest."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.teams import FakeConnector, connector
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.app import store_file
from bot.sandbox.acts import _event_body, _events
from bot.sandbox.workspace import Message, Person
from bot.slack.blocks import section  # noqa: F401 - fails early where the surface cannot be imported

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


def _meant(lines: Sequence[str]) -> list[str]:
    return [line.partition(": ")[2] for line in lines if "@Citedesk" in line]


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
        # The first word of thanks came before anybody else spoke, so it alone may be known; it left no trace either.
        assert [m.ts for m in unmeant if m.ts in out + log] == []
        assert [user for user in (PRIYA, JO, ADMIN, REVIEWER) if user in out + log and user not in {PRIYA, JO}] == []
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
