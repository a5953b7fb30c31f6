"""A reviewers' channel that takes no card: who gets the card, what admins, health, doctor and the asker are told."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.teams import REVIEWS as TEAMS_REVIEWS
from support.teams import connector
from support.waiting import until
from support.workspace import APPROVAL, ASKER, REVIEWER, REVIEWS, Desk, shown, workspace

from bot.cli.demo import demo_settings
from bot.cli.doctor import diagnose
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import TEAM_ID, Message
from bot.store.records import Conversation, Review
from bot.surfaces.card_placing import CardPlacing, UnplacedCards
from pipeline.types import Failure, NeedsReview

_ANSWERABLE = "When does the first payment reminder go out?"
_OTHER = "Can I get my money back?"
_MORE = ("How do I switch on two-step login?", "How do I reset my password?")
_UNREACHED = "I could not reach any reviewer"
_REFUSED = "I cannot post review cards in <#C0REVIEWS> (C0REVIEWS): "
_WHY = {
    "channel_not_found": "there is no such channel, or it is private and I am not in it.",
    "not_in_channel": "I am not in that channel.",
    "is_archived": "the channel is archived.",
}
_WAYS: dict[str, dict[str, Any]] = {
    "channel_not_found": {"members": frozenset({REVIEWER})},
    "not_in_channel": {"members": frozenset({REVIEWER}), "is_private": False},
    "is_archived": {"is_archived": True},
}


def _change(sandbox: Sandbox, **fields: Any) -> None:  # noqa: ANN401 - fields of a channel
    channels = sandbox.workspace.channels
    channels[REVIEWS] = replace(channels[REVIEWS], **fields)


def _said(desk: Desk, channel: str, words: str) -> list[Message]:
    return [m for m in desk.messages(channel) if words in shown(m)]


async def _health(desk: Desk) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{desk.bot.url}/healthz") as response:
        return response.status, await response.json()


@pytest.mark.parametrize("reason", _WAYS)
async def test_reviewers_get_the_card_directly_and_admins_are_told_once(
    reason: str, own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, channels=APPROVAL) as desk:
        _change(desk.sandbox, **_WAYS[reason])
        for number, text in enumerate((_ANSWERABLE, _OTHER), 1):
            question = await desk.ask(text)
            await until(lambda n=number: len(_said(desk, "D0REVIEWER", "Review needed")) == n)  # type: ignore[misc]
            await desk.settled()
            assert _UNREACHED not in " ".join(map(shown, desk.replies(question)))
        (notice,) = _said(desk, "D0ADMIN", _REFUSED)
        assert notice.text == (
            f"{_REFUSED}{_WHY[reason]} Until that is fixed, each reviewer gets the cards as direct messages. "
            "Run “citedesk doctor”: it says what to do."
        )
        assert await _health(desk) == (
            200,
            {**dict.fromkeys(("index", "store", "queue", "workers", "socket", "serving"), True), "cards": False},
        )


async def test_a_review_is_decided_on_the_direct_card(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, channels=APPROVAL) as desk:
        _change(desk.sandbox, is_archived=True)
        question = await desk.ask(_ANSWERABLE)
        (card,) = await until(lambda: _said(desk, "D0REVIEWER", "Review needed"))
        await desk.press(REVIEWER, card, "Approve")
        assert "7 days" in shown(await desk.reply_to(question, 2))
        await until(lambda: not _said(desk, "D0REVIEWER", "Review needed"))


async def test_the_next_card_that_is_posted_ends_the_trouble_and_new_trouble_is_told_again(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, channels=APPROVAL) as desk:
        for number, (refused, posted) in enumerate(((_ANSWERABLE, _OTHER), _MORE), 1):
            _change(desk.sandbox, is_archived=True)
            await desk.ask(refused)
            await until(lambda n=number: len(_said(desk, "D0ADMIN", _REFUSED)) == n)  # type: ignore[misc]
            _change(desk.sandbox, is_archived=False)
            await desk.ask(posted)
            await until(lambda n=number: len(_said(desk, REVIEWS, "Review needed")) == n)  # type: ignore[misc]
            await desk.settled()
            assert "cards" not in (await _health(desk))[1]


async def test_where_nobody_can_be_reached_the_asker_is_told_so_and_the_review_stays_open(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, channels=APPROVAL) as desk:
        _change(desk.sandbox, is_archived=True)
        del desk.sandbox.workspace.channels["D0REVIEWER"]
        question = await desk.ask(_ANSWERABLE)
        told = await desk.reply_to(question, 2)
        assert _UNREACHED in shown(told)
        await desk.settled()
        assert len(desk.replies(question)) == 2
        assert (await desk.store.counts()).open_reviews == 1


async def test_a_review_without_a_card_is_on_app_home(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, channels=APPROVAL) as desk:
        _change(desk.sandbox, is_archived=True)
        desk.sandbox.api.granted = desk.sandbox.api.granted - {"im:write"}
        question = await desk.ask(_ANSWERABLE)
        assert _UNREACHED in shown(await desk.reply_to(question, 2))
        await desk.open_home(REVIEWER)
        assert await desk.home(REVIEWER, _ANSWERABLE)


@pytest.mark.parametrize("with_slack", [True, False], ids=["with Slack", "alone"])
async def test_a_card_that_teams_refuses_leaves_nobody_only_where_no_other_product_has_one(
    with_slack: bool,  # noqa: FBT001
    own_data: Path,
    articles: Path,
) -> None:
    async with connector() as fake:
        fake.closed.add(TEAMS_REVIEWS)
        settings: dict[str, Any] = {
            "teams": {"anonymous": True, "reviewers_conversation": TEAMS_REVIEWS, "service_url": fake.url},
            "channels": APPROVAL,
        }
        async with workspace(own_data, articles, **settings) as desk:
            fake.talk_to(desk.bot)
            if not with_slack:
                _change(desk.sandbox, is_archived=True)
                del desk.sandbox.workspace.channels["D0REVIEWER"]
            assert (await fake.send(fake.question(_ANSWERABLE)))[0] == 202
            said = await fake.exactly("a:asker", 1 if with_slack else 2)
            assert any(_UNREACHED in json.dumps(one) for one in said) is not with_slack
            assert len(_said(desk, REVIEWS, "Review needed")) == int(with_slack)
            (notice,) = _said(desk, "D0ADMIN", f"I cannot post review cards in {TEAMS_REVIEWS} (Teams): ")
            assert "direct messages" not in notice.text
            assert "no cards arrive there" in notice.text
            assert (await _health(desk))[1]["cards"] is False


class _RolledBackError(Exception):
    """Ends a transaction without a trace."""


async def test_a_direct_card_that_waits_in_another_product_reaches_somebody(own_data: Path, articles: Path) -> None:
    where = Conversation(
        surface="slack", tenant_id=TEAM_ID, user_id=ASKER, channel_id=ASKER, thread_id="", private=True
    )
    nothing = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=())
    review = Review(review_id="r-1", question=_ANSWERABLE, conversation=where, case=nothing)
    teams = {"anonymous": True, "reviewers_conversation": TEAMS_REVIEWS, "service_url": "http://127.0.0.1:9"}
    async with workspace(own_data, articles, teams=teams) as desk:
        boards = desk.bot.runtime.boards
        async with desk.store.transaction() as tx:
            await tx.reviews.open(review)
        (refused,) = [card for card in await boards.cards(review) if card.surface == "teams"]
        instead = await CardPlacing(boards, desk.bot.use_cases.reviews, UnplacedCards()).instead_of(refused, "404")
        waiting = await boards.direct_cards("slack", review)
        assert instead
        with contextlib.suppress(_RolledBackError):
            async with desk.store.transaction() as tx:
                await tx.outbox.send(waiting)
                await instead.send(tx)
                told = await tx.outbox.payload("unreached:r-1")
                # Otherwise the messages would be posted.
                raise _RolledBackError
        assert len(waiting) == 1
        assert told is None


async def _doctor(sandbox: Sandbox, data: Path, articles: Path, **settings: Any) -> list[tuple[bool, str]]:  # noqa: ANN401
    found = await diagnose(demo_settings(data, articles, sandbox, **settings))
    return [(d.ok, d.words) for d in found if d.what == "reviewers"]


@pytest.mark.parametrize(
    ("change", "ok", "words"),
    [
        ({}, True, "cards go to #support-reviews"),
        (_WAYS["channel_not_found"], False, "channel C0REVIEWS: there is none, or it is private and the bot is not in"),
        (_WAYS["not_in_channel"], False, "#support-reviews (C0REVIEWS): the bot is not in it: write /invite @Citedesk"),
        (_WAYS["is_archived"], False, "is archived"),
        ({"is_private": False}, True, "warning: #support-reviews is public, make it private: a card there shows a dr"),
        ({"is_ext_shared": True}, True, "warning: #support-reviews is shared with another organization"),
    ],
)
async def test_doctor_tells_what_is_wrong_with_the_reviewers_channel(
    change: dict[str, Any],
    ok: bool,  # noqa: FBT001
    words: str,
    own_data: Path,
    articles: Path,
) -> None:
    async with Sandbox() as sandbox:
        _change(sandbox, **change)
        ((is_ok, told),) = await _doctor(sandbox, own_data, articles)
        assert (is_ok, words in told) == (ok, True), told


async def test_doctor_looks_at_the_reviewers_channels_of_single_channels_too(own_data: Path, articles: Path) -> None:
    async with Sandbox() as sandbox:
        own = {"C0SUPPORT": {"reviewers_channel": "C0GONE"}, "19:x": {"reviewers_channel": "19:y@thread.tacv2"}}
        assert [ok for ok, _ in await _doctor(sandbox, own_data, articles, channels=own)] == [True, False]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (("xapp-1-a", "xoxb-1-a"), "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped"),
        (("xapp-1-a", None), "SLACK_BOT_TOKEN holds an app-level token"),
        (("xoxp-1-a", None), "SLACK_BOT_TOKEN holds the token of a person"),
        ((None, "xoxb-1-a"), "SLACK_APP_TOKEN holds a bot token"),
    ],
)
async def test_doctor_tells_tokens_that_stand_in_each_others_place(
    tokens: tuple[str | None, str | None], words: str, own_data: Path, articles: Path
) -> None:
    async with Sandbox() as sandbox:
        names = zip(("bot_token", "app_token"), tokens, strict=True)
        settings = demo_settings(own_data, articles, sandbox, slack_extra={n: t for n, t in names if t})
        assert words in {d.what: d.words for d in await diagnose(settings)}["slack"]


async def test_doctor_tells_the_wrong_kind_of_token_by_slacks_answer(own_data: Path, articles: Path) -> None:
    async with Sandbox() as sandbox:
        bot, app = sandbox.credentials.bot_token, sandbox.credentials.app_token
        # Tokens of a form that is not known yet.
        sandbox.api._tokens = {"new-app-1": "app", "new-bot-1": "bot", bot: "bot", app: "app"}
        swapped = {"bot_token": "new-app-1", "app_token": "new-bot-1"}
        settings = demo_settings(own_data, articles, sandbox, slack_extra=swapped)
        told = {d.what: d for d in await diagnose(settings)}
        assert not told["slack"].ok
        assert "(not_allowed_token_type); the bot token begins with xoxb-" in told["slack"].words
        assert not told["socket"].ok
        assert "(not_allowed_token_type); it needs connections:write; the app-level token" in told["socket"].words
