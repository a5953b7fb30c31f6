"""The desk in Teams: commands, follow-ups, progress and Stop, groups and audiences, two chat products at one review."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.models import shared_embedder
from support.scripted_llm import Step, scripted_llm
from support.teams import REVIEWS, FakeConnector, connector
from support.waiting import settled, until
from support.workspace import APPROVAL, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.cli.doctor import diagnose
from bot.desk.questions import request_id_of
from bot.server import running_bot
from bot.settings import Settings, load_settings
from bot.surfaces.words import ENGLISH
from bot.teams.checks import checks
from bot.teams.entra import TokenRefusedError
from bot.teams.payloads import asked_of, key_of
from bot.teams.review_cards import APPROVE, ASK_BACK, CLAIM, EDIT, REFRESH
from index.builder import BuildRules, build
from index.errors import SettingsError
from index.retrieval import LastBuild
from index.snapshot import SnapshotFolder

_ANSWERABLE = "When does the first payment reminder go out?"
_UNKNOWN = "Is there a Linux app?"
_DOUBTFUL = "Can I get my money back?"
_RESTRICTED = "How many months of fees may a support lead refund?"
_NO = json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
_THREAD = "19:support@thread.tacv2;messageid=1700000000001"
_GROUP_CHAT = "19:leads@thread.v2"
_ACCESS = {
    "reviewers": ["reviewer", "second", REVIEWER],
    "admins": ["admin"],
    "groups": {"leads": ["reviewer", "second", REVIEWER]},
}


@asynccontextmanager
async def _both(
    data: Path,
    articles: Path,
    teams: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - settings
) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    """Serve Slack and Teams."""
    async with connector() as fake:
        settings = {
            "anonymous": True,
            "reviewers_conversation": REVIEWS,
            "service_url": fake.url,
            "graph_url": f"{fake.url}graph/",
            **(teams or {}),
        }
        async with workspace(data, articles, teams=settings, **({"access": _ACCESS} | more)) as desk:
            fake.talk_to(desk.bot)
            yield fake, desk


@pytest.fixture
async def both(own_data: Path, articles: Path) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with _both(own_data, articles) as served:
        yield served


@pytest.fixture
async def approving(own_data: Path, articles: Path) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with _both(own_data, articles, channels=APPROVAL) as served:
        yield served


def _written(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


async def _only_teams(fake: FakeConnector, data: Path, articles: Path, **teams: Any) -> Settings:  # noqa: ANN401
    return load_settings(
        data_dir=data,
        index={"paths": [articles]},
        teams={"anonymous": True, "reviewers_conversation": REVIEWS, "service_url": fake.url} | teams,
        access=_ACCESS,
        server={"port": 0},
    )


async def test_teams_is_served_without_slack(own_data: Path, articles: Path) -> None:
    async with connector() as fake, running_bot(await _only_teams(fake, own_data, articles)) as bot:
        fake.talk_to(bot)
        assert "7 days" in (await fake.reply(fake.question(_ANSWERABLE)))["text"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "no chat product is set: set SLACK_BOT_TOKEN for Slack, MICROSOFT_APP_ID for Teams, or both"),
        ({"teams": {"anonymous": True}}, "teams.reviewers_conversation is missing: set CITEDESK_TEAMS__REVIEWERS"),
        ({"teams": {"app_id": "a", "reviewers_conversation": "c"}}, "teams.app_secret is missing: set MICROSOFT_APP_P"),
    ],
)
async def test_what_is_missing_is_named(own_data: Path, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        async with running_bot(load_settings(data_dir=own_data, **settings)):
            pytest.fail("it must not start")


async def test_commands_answer_in_a_private_chat_those_who_may(both: tuple[FakeConnector, Desk]) -> None:
    teams, _ = both
    unknown = await teams.reply(teams.question(_UNKNOWN, "admin", "a:admin"))
    request_id = unknown["attachments"][0]["content"]["body"][-1]["text"]
    said = {}
    for number, text in enumerate(
        ["help", "/status", "gaps", "usage", "Reviews", f"why {request_id}", "why r-404", "rollback"], 2
    ):
        said[text] = _written(await teams.reply(teams.question(text, "admin", "a:admin"), number))
    assert "reindex" in said["help"]
    assert "documents" in said["/status"]
    assert "Reviews waiting" in said["/status"]
    assert "0 questions, 0 replies" in said["/status"]
    assert "7 days" in (await teams.reply(teams.question(f"ask {_ANSWERABLE}", "admin", "a:admin"), 10))["text"]
    assert _UNKNOWN in said["gaps"]
    assert "1 question by 1 person" in said["usage"]
    assert "No review is waiting for you." in said["Reviews"]
    assert "write the missing article" in said[f"why {request_id}"]
    assert "I know no request with this id." in said["why r-404"]
    assert "Only admins may do this" in _written(await teams.reply(teams.question("gaps"), 1))


async def test_an_admin_reindexes_and_reads_what_was_indexed_and_skipped(own_data: Path, articles: Path) -> None:
    async with _both(own_data, articles, index={"paths": [articles]}) as (teams, _):
        question = teams.question("reindex", "admin", "a:admin")
        begun = await teams.reply(question)
        await teams.send(question)
        assert ENGLISH("reindexing") in begun["summary"]
        assert "Reindexed:" in (await teams.until(lambda: teams.all("a:admin", 2)))[1]["summary"]
        assert "Only admins may do this" in _written(await teams.reply(teams.question("reindex")))
        assert len(teams.messages("a:admin")) == 2


async def test_what_a_command_shows_is_not_told_to_a_whole_channel(both: tuple[FakeConnector, Desk]) -> None:
    teams, desk = both
    told = await teams.reply(teams.question("gaps", "admin", _THREAD))
    assert "our own chat" in told["summary"]
    SnapshotFolder(desk.settings.data_dir).note(LastBuild(at="2026-11-27T03:00:00", error="cannot read /srv/leads.md"))
    status = await teams.reply(teams.question("status", "admin", _THREAD), 2)
    assert "Citedesk status" in status["summary"]
    assert "/srv/leads.md" not in json.dumps(status)
    # More words than a command has: a question.
    question = teams.question("status of my order", "admin", _THREAD)
    assert "Not enough info" in (await teams.reply(question, 3))["summary"]


async def test_a_follow_up_is_read_with_what_was_said_before_and_thanks_get_no_answer(
    both: tuple[FakeConnector, Desk],
) -> None:
    teams, desk = both
    asked = teams.question(_ANSWERABLE)
    await teams.reply(asked)
    assert (await teams.send(teams.question("Thanks!")))[0] == 202
    follow_up = await teams.reply(teams.question("and the second one?"), 2)
    assert f"Understood as: “{_ANSWERABLE} and the second one?”" in _written(follow_up)
    # Somebody else's question there is not leaned on.
    other = await teams.reply(teams.question("and the second one?", "second", "a:second"))
    assert "Understood as" not in _written(other)
    turns = desk.store.turns
    where = asked_of(teams.question("x")).where
    said = await turns.before("r-404", where, 1.0, 9)
    assert [turn.by for turn in said] == ["asker", "assistant", "asker", "assistant"]
    # A question that is answered again after a crash does not lean on itself.
    first = request_id_of(key_of(asked))
    assert await turns.question_of(first) == _ANSWERABLE
    assert await turns.before(first, where, 1.0, 9) == said[2:]
    await turns.purge(0)
    assert await turns.before("r-404", where, 1.0, 9) == ()
    assert await turns.question_of(first) == ""


async def test_what_takes_long_shows_its_steps_in_a_personal_chat_and_the_answer_ends_them(
    own_data: Path, articles: Path
) -> None:
    held = asyncio.Event()
    async with (
        scripted_llm(Step(_NO, held=held)) as server,
        _both(own_data, articles, {"progress_after_s": 0.05}, llm={"provider": "openai", "base_url": server.url}) as (
            teams,
            _,
        ),
    ):
        await teams.send(teams.question(_ANSWERABLE))
        await teams.until(lambda: any(a.get("text") for a in teams.posted.values()))
        held.set()
        (reply,) = await teams.until(lambda: teams.all("a:asker", 1))
        shown_steps = [a for a in teams.posted.values() if a["type"] == "typing" and a.get("text")]
        assert [s["entities"][0]["streamType"] for s in shown_steps] == ["informative"]
        assert shown_steps[0]["entities"][0]["streamSequence"] == 1
        (ending,) = [e for e in reply["entities"] if e["type"] == "streaminfo"]
        assert ending["streamType"] == "final"
        assert ending["streamId"] == shown_steps[0]["id"]
        # In a channel there are no streams.
        in_channel = await teams.reply(teams.question(_ANSWERABLE, conversation=_THREAD))
        assert "streaminfo" not in _written(in_channel)


async def test_stop_cancels_the_model_call_and_says_so_once(own_data: Path, articles: Path) -> None:
    async with (
        scripted_llm(Step(_NO, held=asyncio.Event())) as server,
        _both(own_data, articles, {"progress_after_s": 0.05}, llm={"provider": "openai", "base_url": server.url}) as (
            teams,
            _,
        ),
    ):
        question = teams.question(_ANSWERABLE)
        await teams.send(question)
        await teams.until(lambda: any(a.get("text") for a in teams.posted.values()))
        teams.stopped = True
        (told,) = await teams.until(lambda: teams.all("a:asker", 1))
        assert told["summary"].startswith("Stopped.")
        await until(lambda: server.closed_early == 1)
        await teams.send(question)
        await teams.exactly("a:asker", 1)


async def test_an_edit_and_a_deletion_before_the_answer_count(own_data: Path, articles: Path) -> None:
    waiting = Step(_NO, held=asyncio.Event())
    async with (
        scripted_llm(waiting, Step(_NO), waiting) as server,
        _both(own_data, articles, llm={"provider": "openai", "base_url": server.url}) as (teams, _),
    ):
        question = teams.question(_ANSWERABLE)
        await teams.send(question)
        await teams.until(lambda: server.requests)
        await teams.send(question | {"type": "messageUpdate", "text": "How long is an invitation valid?"})
        await teams.reply(teams.question(_UNKNOWN, "second", "a:second"))
        await teams.until(lambda: teams.all("a:asker", 1))
        assert "How long is an invitation valid?" in server.requests[1]["messages"][1]["content"]
        gone = teams.question(_ANSWERABLE, "second", "a:second")
        count = len(server.requests)
        await teams.send(gone)
        await teams.until(lambda: len(server.requests) > count)
        await teams.send(gone | {"type": "messageDelete"})
        await until(lambda: server.closed_early == 2)
        await teams.exactly("a:second", 1)


async def test_a_reviewer_asks_back_and_the_answer_comes_to_the_reviewers(
    approving: tuple[FakeConnector, Desk],
) -> None:
    teams, desk = approving
    await teams.reply(teams.question(_DOUBTFUL))
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}
    _, told = await teams.send(teams.press("reviewer", REVIEWS, ASK_BACK, data | {"question": "Which plan?"}))
    assert "Waiting for the asker" in _written(told)
    asked = (await teams.until(lambda: teams.all("a:asker", 2)))[1]
    assert "Reviewer is looking at your question and asks: Which plan?" in asked["summary"]
    passed_on = await teams.reply(teams.question("The yearly one."), 3)
    assert "passed that on" in passed_on["summary"]
    said = (await teams.until(lambda: teams.all(REVIEWS, 2)))[1]
    assert "Asker answers: The yearly one." in said["summary"]
    # Slack's reviewers read it under their card.
    cards = await desk.until(lambda: [m for m in desk.messages("C0REVIEWS") if "The yearly one." in shown(m)], 1)
    assert cards


async def test_a_review_of_slack_is_decided_in_teams_and_slack_shows_it(
    approving: tuple[FakeConnector, Desk],
) -> None:
    teams, desk = approving
    question = await desk.ask(_DOUBTFUL)
    slack_card = await desk.card()
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    assert "Somebody in Slack asked" in _written(card)
    assert _DOUBTFUL in _written(card)
    data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}
    await teams.send(teams.press("reviewer", REVIEWS, CLAIM, data))
    assert "Claimed by Reviewer" in shown(slack_card)
    await desk.press(REVIEWER, slack_card, "Approve")
    refused = await desk.until(lambda: desk.hidden(REVIEWER), 1)
    assert "Reviewer has claimed this" in refused[0].text
    _, told = await teams.send(teams.press("reviewer", REVIEWS, APPROVE, data))
    assert "Approved by Reviewer" in _written(told)
    assert "Approved by Reviewer" in shown(await desk.reply_to(question, 2))
    assert "Approved by Reviewer" in shown(slack_card)


async def test_a_review_of_teams_is_decided_in_slack_and_teams_shows_it(
    approving: tuple[FakeConnector, Desk],
) -> None:
    teams, desk = approving
    await teams.reply(teams.question(_DOUBTFUL))
    slack_card = await desk.card()
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    assert "*Asker asked*" in shown(slack_card)
    await desk.press(REVIEWER, slack_card, "Approve")
    answer = (await teams.until(lambda: teams.all("a:asker", 2)))[1]
    assert "Approved by" in answer["text"]
    await teams.until(lambda: "Approved by" in _written(teams.posted[card["id"]]))
    data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}
    _, late = await teams.send(teams.press("second", REVIEWS, APPROVE, data))
    assert "Nothing was changed. Approved by" in late["value"]
    assert card["id"] == teams.updates[-1][0]
    await teams.exactly("a:asker", 2)


async def test_an_answer_that_two_find_bad_gets_a_second_look_with_what_they_say(
    both: tuple[FakeConnector, Desk],
) -> None:
    teams, _ = both
    for user in ("asker", "second"):
        answer = await teams.reply(teams.question(_ANSWERABLE, user, f"a:{user}"))
        form = json.dumps({"reason": "outdated", "note": f"It is ten days, says {user}."})
        value = {"actionName": "feedback", "actionValue": {"reaction": "dislike", "feedback": form}}
        more = {"replyToId": answer["id"], "value": value, "name": "message/submitAction"}
        assert (await teams.send(teams.activity("invoke", user, f"a:{user}", **more)))[0] == 200
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    await teams.until(lambda: "says second" in _written(teams.posted[card["id"]]))
    written = _written(teams.posted[card["id"]])
    assert "The answer to this was rated bad" in written
    assert "says asker" in written
    assert _ANSWERABLE in written


async def test_an_entra_group_opens_its_documents_to_its_members_only(own_data: Path, articles: Path) -> None:
    access = _ACCESS | {"groups": {}, "entra_groups": {"leads": "group-1"}}
    async with _both(own_data, articles, access=access) as (teams, _):
        teams.groups["group-1"] = ["somebody", "lead", "lead-2"]
        assert "3 months" in (await teams.reply(teams.question(_RESTRICTED, "lead", "a:lead")))["text"]
        assert "3 months" not in _written(await teams.reply(teams.question(_RESTRICTED)))
        assert teams.asked.count("group-1") == 3, "three pages, then remembered"


async def test_a_group_that_cannot_be_read_opens_nothing(own_data: Path, articles: Path) -> None:
    access = _ACCESS | {"groups": {}, "entra_groups": {"leads": "group-404"}}
    async with _both(own_data, articles, access=access) as (teams, _):
        assert "3 months" not in _written(await teams.reply(teams.question(_RESTRICTED, "lead", "a:lead")))


@pytest.mark.parametrize(
    ("members", "told", "pages"),
    [
        (["reviewer", "second"], True, 2),
        (["reviewer", "second", "asker"], False, 2),
        (["reviewer", None], False, 2),
        (None, False, 1),
        ([f"reviewer-{n}" for n in range(300)], False, 2),
    ],
    ids=["all leads", "one is not", "one is unknown", "unreadable", "too many"],
)
async def test_in_a_group_chat_only_what_all_of_its_members_may_read_is_said(
    both: tuple[FakeConnector, Desk],
    members: list[str | None] | None,
    told: bool,  # noqa: FBT001 - a parameter of pytest
    pages: int,
) -> None:
    teams, _ = both
    if members is not None:
        teams.members[_GROUP_CHAT] = members
    for count in (1, 2):
        reply = await teams.reply(teams.question(_RESTRICTED, "reviewer", _GROUP_CHAT), count)
        assert ("3 months" in _written(reply)) is told
        assert ("in our own chat" in _written(reply)) is not told
    assert teams.asked.count(_GROUP_CHAT) == pages, "remembered"
    # Somebody joins: asked again.
    teams.members[_GROUP_CHAT] = ["reviewer", "second", "asker"]
    await teams.send(teams.activity("conversationUpdate", "asker", _GROUP_CHAT, membersAdded=[{"id": "29:asker"}]))
    assert "3 months" not in _written(await teams.reply(teams.question(_RESTRICTED, "reviewer", _GROUP_CHAT), 3))


async def test_a_team_and_its_channel_have_settings_of_their_own(own_data: Path, articles: Path) -> None:
    other = "19:other-reviews@thread.tacv2"
    channels = {
        "19:team@thread.tacv2": {"auto_answer": False, "reviewers_channel": other, "reviewers": ["second"]},
        "19:open@thread.tacv2": {"sources": ["reminders*"]},
    }
    data = {"team": {"id": "19:team@thread.tacv2"}}
    async with _both(own_data, articles, channels=channels) as (teams, _):
        asked = teams.question(_ANSWERABLE, conversation="19:any@thread.tacv2;messageid=1") | {"channelData": data}
        assert "A person will check this" in (await teams.reply(asked))["summary"]
        (card,) = await teams.until(lambda: teams.all(other, 1))
        pressed = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}
        _, refused = await teams.send(teams.press("reviewer", other, APPROVE, pressed))
        assert "Only reviewers may decide this" in refused["value"]
        _, decided = await teams.send(teams.press("second", other, APPROVE, pressed))
        assert "Approved by Second" in _written(decided)
        place = "19:open@thread.tacv2;messageid=1"
        own = teams.question("How long is an invitation valid?", conversation=place) | {"channelData": data}
        assert "Not enough info" in (await teams.reply(own))["summary"]


async def test_what_people_say_to_each_other_is_none_of_its_business(both: tuple[FakeConnector, Desk]) -> None:
    teams, _ = both
    overheard = teams.question(_ANSWERABLE, conversation=_THREAD) | {"text": _ANSWERABLE, "entities": []}
    assert (await teams.send(overheard))[0] == 202
    await teams.reply(teams.question(_ANSWERABLE, conversation=_THREAD))
    await teams.exactly(_THREAD, 1)


async def test_it_says_once_what_it_does_where_it_is_installed(both: tuple[FakeConnector, Desk]) -> None:
    teams, _ = both
    for _ in range(2):
        added = [{"id": "28:bot"}]
        await teams.send(teams.activity("conversationUpdate", "asker", "a:asker", membersAdded=added))
        await teams.send(teams.activity("installationUpdate", "asker", "a:asker", action="add"))
    (welcome,) = await teams.until(lambda: teams.all("a:asker", 1))
    assert "with sources, or says that it cannot" in welcome["summary"]
    await teams.exactly("a:asker", 1)


async def test_without_an_index_the_asker_is_told_and_tries_again(tmp_path: Path, articles: Path) -> None:
    async with _both(tmp_path, articles) as (teams, _):
        reply = await teams.reply(teams.question(_ANSWERABLE))
        assert "I cannot answer right now" in reply["summary"]
        build([articles], tmp_path, shared_embedder(), BuildRules())
        (button,) = reply["attachments"][0]["content"]["actions"]
        await teams.send(teams.press("asker", "a:asker", button["verb"], button["data"]))
        assert "7 days" in (await teams.until(lambda: teams.all("a:asker", 2)))[1]["text"]


async def test_a_restricted_draft_is_shown_only_in_the_view_of_a_reviewer_who_may_read_it(
    own_data: Path, articles: Path
) -> None:
    access = _ACCESS | {"groups": {"leads": ["reviewer"]}}
    channels = {"a:reviewer": {"auto_answer": False}}
    async with _both(own_data, articles, access=access, channels=channels) as (teams, _):
        await teams.reply(teams.question(_RESTRICTED, "reviewer", "a:reviewer"))
        (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
        data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"]}
        assert "3 months" not in _written(card)
        assert "quotes documents that not everybody in this channel may read" in _written(card)
        assert "3 months" in _written((await teams.send(teams.press("reviewer", REVIEWS, REFRESH, data)))[1])
        refused = await teams.send(teams.press("second", REVIEWS, REFRESH, data))
        assert "may not read" in refused[1]["value"]


@pytest.mark.parametrize("verb", [EDIT, ASK_BACK])
async def test_nothing_typed_sends_nothing(approving: tuple[FakeConnector, Desk], verb: str) -> None:
    teams, _ = approving
    await teams.reply(teams.question(_DOUBTFUL))
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"], "anyway": "true", "answer": "  "}
    _, told = await teams.send(teams.press("reviewer", REVIEWS, verb, data))
    assert told["value"].startswith("Write")
    await teams.exactly("a:asker", 1)


async def test_an_edit_in_teams_of_a_question_from_slack_is_held_to_the_same_check(
    approving: tuple[FakeConnector, Desk],
) -> None:
    teams, desk = approving
    question = await desk.ask(_DOUBTFUL, ASKER, SUPPORT)
    (card,) = await teams.until(lambda: teams.all(REVIEWS, 1))
    data = {"review_id": card["attachments"][0]["content"]["body"][-1]["text"], "answer": "Within 90 days [1]."}
    _, told = await teams.send(teams.press("reviewer", REVIEWS, EDIT, data))
    assert "The documents do not prove this" in _written(told)
    assert len(desk.replies(question)) == 1


class _Tokens:
    """Entra, giving tokens or none."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def token(self, resource: str) -> str:  # noqa: ARG002
        if self._error:
            raise self._error
        return "t0ken"


async def test_doctor_says_what_teams_lets_the_bot_do_and_what_to_mend(own_data: Path, articles: Path) -> None:
    async with connector() as fake:
        teams = {"anonymous": False, "app_id": "app", "app_secret": "s3cret", "graph_url": f"{fake.url}graph/"}
        settings = await _only_teams(fake, own_data, articles, **teams)
        assert "MICROSOFT_APP_TENANT_ID" in (await checks(settings))[0].words
        settings = await _only_teams(fake, own_data, articles, tenant_id="dir", **teams)
        access = settings.access.model_copy(update={"entra_groups": {"leads": "group-1"}})
        settings = settings.model_copy(update={"access": access})
        refused = await checks(settings, _Tokens(TokenRefusedError("AADSTS7000215: the secret is wrong")))
        assert [(d.what, d.ok) for d in refused] == [("teams", False), ("groups", False)]
        assert "Entra gives no token" in refused[0].words
        absent = await checks(settings, _Tokens())
        assert "cannot be read (403); add the app where it is" in absent[0].words
        assert "GroupMember.Read.All" in absent[1].words
        fake.members[REVIEWS], fake.groups["group-1"] = ["reviewer", "second"], ["a", "b", "c"]
        well = await checks(settings, _Tokens())
        assert [d.words for d in well] == ["application app; 2 people read the reviews", "leads: 3 people"]
        assert all(d.ok for d in well)
        assert all(d.ok for d in await diagnose(settings) if d.what in {"settings", "index", "store", "people"})


async def test_a_message_that_entra_gives_no_token_for_is_tried_again_and_then_given_up(
    own_data: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens there, so there is no way to Entra.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    delivery = {"attempts": 2, "backoff_base_s": 0.05}
    more = {"anonymous": False, "app_id": "app", "app_secret": "s", "tenant_id": "t"}
    async with connector() as fake:
        settings = await _only_teams(fake, own_data, articles, **more)
        settings = settings.model_copy(update={"delivery": settings.delivery.model_copy(update=delivery)})
        async with running_bot(settings) as bot:
            store = bot.use_cases.questions.store
            asked = asked_of(fake.question(_ANSWERABLE))
            await store.inbox.add(["teams:q"], asked.model_dump_json())
            bot.runtime.wake_inbox()
            await settled(store)
            assert (await store.outbox.length()).dead == 1
            assert fake.posted == {}
