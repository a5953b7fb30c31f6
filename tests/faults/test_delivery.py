"""One reply, whatever the Web API does: times out after posting, limits, fails, hangs up."""

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from support.size import sized
from support.workspace import APPROVAL, ASKER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import TEAM_ID
from bot.store.port import Tables

_QUESTIONS = ("When does the first payment reminder go out?", "Can I get my money back?", "Is there a Linux app?", "?")
_ASKED = sized(60, 24)
_PATIENCE_S = 60.0
_QUICK = {"lease_s": 5.0, "backoff_base_s": 0.1, "backoff_cap_s": 0.3, "attempts": 12}
_MANY = {"per_user": "100000/minute"}
_FAULTS = {
    "times out after posting": Fault(after=True, stall_s=1.6),
    "hangs up after posting": Fault(after=True, drop=True),
    "500 after posting": Fault(after=True, status=500),
    "times out before posting": Fault(stall_s=1.6),
    "hangs up": Fault(drop=True),
    "500": Fault(status=500),
    "429": Fault(status=429, retry_after=1),
}
_POSTING = frozenset({"chat.postMessage", "chat.stopStream", "chat.update"})


@pytest.mark.parametrize("name", list(_FAULTS))
async def test_a_reply_is_posted_once_when_the_first_try_goes_wrong(name: str, own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, slack_extra={"timeout_s": 1}, delivery=_QUICK) as desk:
        once = [_FAULTS[name]]
        desk.sandbox.api.fault = lambda method: once.pop() if once and method in _POSTING else None
        question = await desk.ask(_QUESTIONS[0])
        assert "7 days" in shown(await desk.reply_to(question))
        await desk.settled()
        assert once == []
        assert len(desk.replies(question)) == 1


async def test_with_a_third_of_all_posts_going_wrong_every_question_has_one_reply_and_every_review_one_card(
    own_data: Path, articles: Path
) -> None:
    dice = random.Random(7)
    async with workspace(
        own_data, articles, slack_extra={"timeout_s": 1}, delivery=_QUICK, limits=_MANY, channels=APPROVAL
    ) as desk:
        faults = list(_FAULTS.values())
        desk.sandbox.api.fault = lambda m: dice.choice(faults) if m in _POSTING and dice.random() < 0.33 else None
        asked = [await desk.ask(_QUESTIONS[n % len(_QUESTIONS)]) for n in range(_ASKED)]
        for question in asked:
            await desk.reply_to(question)
        await desk.settled(_PATIENCE_S)
        assert {len(desk.replies(question)) for question in asked} == {1}
        cards = [str(m.metadata) for m in desk.messages(REVIEWS)]
        # Whoever asks the same again joins the open review.
        assert len(cards) == len(set(cards)) == len(await desk.store.reviews.open_in(TEAM_ID))


async def test_where_the_bot_may_not_post_the_asker_is_told_directly_and_operators_see_it(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, delivery=_QUICK) as desk:
        space = desk.sandbox.workspace
        support = space.channels.pop(SUPPORT)
        await desk.sandbox.socket.send("events_api", _mention(), 0, "")
        (told,) = await desk.until(lambda: desk.messages("D0ASKER"), 1)
        assert "could not post it where you asked (channel_not_found)" in told.text
        space.channels[SUPPORT] = support
        (status,) = await desk.command(ASKER, "/citedesk status")
        assert "1 message was given up in" in shown(status)


async def test_a_question_that_fails_again_and_again_ends_in_an_apology(own_data: Path, articles: Path) -> None:
    # A look at the store would take a failure that is meant for the question.
    seldom = {"port": 0, "look_s": 3600.0}
    async with workspace(own_data, articles, delivery={**_QUICK, "attempts": 2}, server=seldom) as desk:
        object.__setattr__(desk.bot.use_cases.questions.store, "transaction", _failing_twice(desk))
        question = await desk.ask(_QUESTIONS[0])
        reply = await desk.reply_to(question)
        assert "Something went wrong several times" in reply.text
        assert len(desk.replies(question)) == 1
        assert (await desk.bot.use_cases.questions.store.inbox.length()).dead == 1


def _failing_twice(desk: Desk) -> Callable[[], AbstractAsyncContextManager[Tables]]:
    # The first two transactions are those that would end the question.
    real, left = desk.bot.use_cases.questions.store.transaction, [None, None]

    def transaction() -> AbstractAsyncContextManager[Tables]:
        if left:
            left.pop()
            raise RuntimeError("not now")
        return real()

    return transaction


def _mention() -> dict[str, object]:
    event = {"type": "app_mention", "user": ASKER, "ts": "1.1", "text": _QUESTIONS[0], "channel": SUPPORT}
    return {"team_id": "T0SANDBOX", "type": "event_callback", "event_id": "Ev9", "event": event}
