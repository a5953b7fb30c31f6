"""Another workspace or directory gets neither documents, nor reviewers, nor admin words of ours."""

import io
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from pydantic import SecretStr, ValidationError
from support.teams import REVIEWS as CONVERSATION
from support.teams import FakeConnector, connector
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.cli.demo import demo_settings
from bot.sandbox.delivery import signature
from bot.sandbox.server import Sandbox
from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import BOT_USER_ID, TEAM_ID, Channel
from bot.server import running_bot
from bot.settings import SlackSettings, StoreSettings
from bot.slack.http import EVENTS_PATH
from bot.slack.token_keys import new_key
from bot.surfaces.words import ENGLISH
from index.errors import SettingsError

_TO_GUESTS, _TO_STRANGERS, _TO_UNCHECKED = map(ENGLISH, ("guest", "stranger", "unchecked"))
_ANSWERABLE = "When does the first payment reminder go out?"
_KEY = new_key()
_THEIRS, _THEIR_ORG, _STRANGER = "T0THEIRS", "E0THEIRS", "U0STRANGER"
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"

Payload = dict[str, Any]


# The payloads, as Slack documents them: api.slack.com/apis/events-api, /apis/connect, /reference/interaction-payloads.


def _event(body: Payload | None = None, /, **event: Any) -> tuple[Payload, str]:  # noqa: ANN401 - fields of an event
    message = {
        "type": "app_mention", "user": _STRANGER, "ts": "1700000000.000100", "event_ts": "1700000000.000100",
        "text": f"<@U0CITEDESK> {_ANSWERABLE}", "channel": SUPPORT, "team": TEAM_ID,
    } | event  # fmt: skip
    authorized = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": "U0CITEDESK", "is_bot": True}
    payload = {
        "token": "x", "team_id": TEAM_ID, "context_team_id": TEAM_ID, "context_enterprise_id": None,
        "api_app_id": "A0CITEDESK", "type": "event_callback", "event_id": "Ev1", "event_time": 1700000000,
        "authorizations": [{**authorized, "is_enterprise_install": False}], "is_ext_shared_channel": False,
        "event": {name: value for name, value in message.items() if value is not None},
    } | (body or {})  # fmt: skip
    return payload, _JSON


def _direct(body: Payload | None = None, /, **event: Any) -> tuple[Payload, str]:  # noqa: ANN401
    return _event(body, **{"type": "message", "channel_type": "im", "channel": "D0STRANGER", **event})


def _command(text: str, **fields: Any) -> tuple[Payload, str]:  # noqa: ANN401
    payload = {
        "token": "x", "team_id": _THEIRS, "team_domain": "theirs", "channel_id": SUPPORT, "channel_name": "support",
        "user_id": ADMIN, "user_name": "alex", "command": "/citedesk", "text": text, "api_app_id": "A0CITEDESK",
        "is_enterprise_install": "false", "response_url": "http://127.0.0.1:9/", "trigger_id": "1.2.x",
    } | fields  # fmt: skip
    return payload, _FORM


def _pressed(action_id: str, value: str, user: str = REVIEWER, **fields: Any) -> tuple[Payload, str]:  # noqa: ANN401
    payload = {
        "type": "block_actions", "team": {"id": TEAM_ID, "domain": "sandbox"}, "enterprise": None,
        "user": {"id": user, "username": "x", "name": "x", "team_id": _THEIRS}, "api_app_id": "A0CITEDESK",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": SUPPORT, "is_ephemeral": False},
        "channel": {"id": SUPPORT, "name": "support"}, "trigger_id": "1.2.x", "is_enterprise_install": False,
        "message": {"type": "message", "ts": "1.1", "text": "x", "team": TEAM_ID}, "response_url": "http://127.0.0.1:9/",
        "actions": [{"action_id": action_id, "block_id": "b", "type": "button", "value": value, "action_ts": "2.2"}],
    } | fields  # fmt: skip
    return payload, _FORM


def _submitted(callback_id: str, **fields: Any) -> tuple[Payload, str]:  # noqa: ANN401
    view = {
        "id": "V1", "type": "modal", "callback_id": callback_id, "private_metadata": "r-1", "team_id": _THEIRS,
        "app_installed_team_id": TEAM_ID, "state": {"values": {"text": {"text_input": {"value": "x"}}}},
    }  # fmt: skip
    payload = {
        "type": "view_submission", "team": {"id": TEAM_ID, "domain": "sandbox"}, "api_app_id": "A0CITEDESK",
        "user": {"id": REVIEWER, "username": "x", "name": "x", "team_id": _THEIRS}, "trigger_id": "1.2.x", "view": view,
        "enterprise": None, "is_enterprise_install": False,
    } | fields  # fmt: skip
    return payload, _FORM


_SHARED = {"is_ext_shared_channel": True}
_STRANGERS: dict[str, tuple[Payload, str]] = {
    "an event of a workspace that is not installed": _event({"team_id": _THEIRS}, team=_THEIRS),
    "a mention from a connected workspace": _event(_SHARED, user_team=_THEIRS, source_team=_THEIRS, team=_THEIRS),
    "a mention that only user_team gives away": _event(_SHARED, user_team=_THEIRS),
    "a mention that only source_team gives away": _event(_SHARED, source_team=_THEIRS),
    "a mention that only team gives away": _event(_SHARED, team=_THEIRS),
    "a mention from a connected organization": _event(_SHARED, user_team=_THEIR_ORG),
    "a mention whose channel is not said to be shared": _event(user_team=_THEIRS),
    "a mention that does not say who writes, in a shared channel": _event(_SHARED, team=None),
    "a mention by a guest of theirs": _event(
        _SHARED, team=None, user_profile={"team": _THEIRS, "is_restricted": True, "is_ultra_restricted": False}
    ),
    "a mention that their side delivers": _event({**_SHARED, "team_id": _THEIRS}, team=TEAM_ID),
    "a mention in the context of theirs": _event({**_SHARED, "context_team_id": _THEIRS}),
    "a mention as an admin of ours": _event(_SHARED, user=ADMIN, user_team=_THEIRS),
    "a direct message from a connected workspace": _direct(_SHARED, user_team=_THEIRS),
    "a direct message that does not say who writes": _direct(_SHARED, team=None),
    "a message with a file": _direct(_SHARED, subtype="file_share", user_team=_THEIRS, files=[{"id": "F1"}]),
    "an org-wide event": _event({"team_id": None, "context_team_id": None, "enterprise_id": _THEIR_ORG}, team=None),
    "Home of a workspace that is not installed": _event(
        {"team_id": _THEIRS}, type="app_home_opened", tab="home", user=REVIEWER, team=None
    ),
    "Home, opened by somebody of theirs": _event(_SHARED, type="app_home_opened", tab="home", team=_THEIRS),
    "a broadcast from a thread": _event(_SHARED, type="message", subtype="thread_broadcast", source_team=_THEIRS),
    "a file of somebody who is not named": _direct(_SHARED, subtype="file_share", team=None, files=[{"id": "F1"}]),
    "ask": _command(f"ask {_ANSWERABLE}"),
    "status": _command("status"),
    "reviews": _command("reviews"),
    "gaps": _command("gaps"),
    "rollback": _command("rollback"),
    "a command without a workspace": _command("usage", team_id="", enterprise_id=_THEIR_ORG),
    "approve in a shared channel": _pressed("review_approve", "r-1"),
    "claim in a shared channel": _pressed("review_claim", "r-1"),
    "try again in a shared channel": _pressed("try_again", f"r-1\n{_ANSWERABLE}", _STRANGER),
    "a suggested question": _pressed("did_you_mean_1", f"r-1\n{_ANSWERABLE}", _STRANGER),
    "ask in private": _pressed("ask_privately", f"r-1\n{_ANSWERABLE}", _STRANGER),
    "ask a person": _pressed("escalate", f"r-1\n{_ANSWERABLE}", _STRANGER),
    "reindex on Home": _pressed(
        "home_reindex", "x", ADMIN, channel=None, message=None, view={"type": "home", "id": "V1", "team_id": _THEIRS}
    ),
    "an org-wide button": _pressed("review_approve", "r-1", team=None, enterprise={"id": _THEIR_ORG, "name": "x"}),
    "the message menu": _pressed(
        "x", "x", _STRANGER, type="message_action", callback_id="ask_about_this",
        message={"type": "message", "ts": "1.1", "text": _ANSWERABLE, "user": ASKER},
    ),
    "an edited answer": _submitted("review_edited"),
    "an edited answer that only the view gives away": _submitted("review_edited", user={"id": REVIEWER, "name": "x"}),
    "a rejection of many": _submitted("review_rejected_many"),
    "a reason for feedback": _submitted("feedback_reason_given"),
}  # fmt: skip
# People of ours, where strangers read along or not.
_OURS: dict[str, tuple[Payload, str]] = {
    "a mention": _event(user=ASKER),
    "a mention that does not name a workspace": _event(user=ASKER, team=None),
    "a mention in a shared channel": _event(_SHARED, user=ASKER, user_team=TEAM_ID, source_team=TEAM_ID),
}


async def _post(desk: Desk, payload: Payload, kind: str) -> tuple[int, str]:
    if "response_url" in payload:
        token = desk.sandbox.workspace.new_response_url(SUPPORT, _STRANGER, None)
        payload = payload | {"response_url": f"{desk.sandbox.url}/response/{token}"}
    form = payload if "command" in payload else {"payload": json.dumps(payload)}
    body = json.dumps(payload) if kind == _JSON else urlencode(form)
    headers = signature(desk.sandbox.credentials.signing_secret, body, int(time.time())) | {"Content-Type": kind}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{desk.bot.url}{EVENTS_PATH}", data=io.BytesIO(body.encode()), headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_whatever_a_stranger_sends_nothing_is_asked_decided_or_told_but_a_refusal(
    own_data: Path, articles: Path
) -> None:
    wrong: dict[str, object] = {}
    async with workspace(own_data, articles, "http") as desk:
        for name, sent in _STRANGERS.items():
            before = len(desk.sandbox.api.calls)
            status, words = await _post(desk, *sent)
            waiting = (await desk.store.inbox.length()).waiting
            await desk.settled()
            told = {words, *(message.text for message in desk.sandbox.workspace.messages)} - {"", _TO_STRANGERS}
            if told or waiting or status != 200 or len(desk.sandbox.api.calls) > before:
                wrong[name] = (status, waiting, told, desk.sandbox.api.calls[before:])
            desk.sandbox.workspace.messages.clear()
        counts = await desk.store.counts()
        given = await desk.store.feedback.counts(1)
    assert wrong == {}
    assert counts.open_reviews == 0
    assert given == (0, 0)


@pytest.mark.parametrize("sent", _OURS.values(), ids=_OURS)
async def test_people_of_ours_are_answered_also_where_strangers_read_along(
    sent: tuple[Payload, str], own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        question = await desk.sandbox.acts.post(ASKER, SUPPORT, "the question", None)
        payload, kind = sent
        at = {"ts": question.ts, "event_ts": question.ts}
        assert (await _post(desk, payload | {"event": payload["event"] | at}, kind))[0] == 200
        assert "7 days after the due date" in shown(await desk.exactly_one_reply(question))


_BY_USER_GROUP = {"groups": {"leads": [REVIEWER, _STRANGER]}, "reviewers": [REVIEWER], "admins": [ADMIN]}
_RESTRICTED = "How many months of fees may a support lead refund?"


@pytest.mark.parametrize("is_ext_shared", [False, True])
async def test_a_button_in_a_channel_that_others_read_brings_only_what_is_for_everyone(
    own_data: Path, articles: Path, *, is_ext_shared: bool
) -> None:
    shared = Channel(
        "C0LEADS", "leads", frozenset({REVIEWER, BOT_USER_ID}), is_private=True, is_ext_shared=is_ext_shared
    )
    async with workspace(own_data, articles, access=_BY_USER_GROUP) as desk:
        desk.sandbox.workspace.channels[shared.id] = shared
        message = await desk.sandbox.acts.post(REVIEWER, shared.id, "a thread", None)
        button = {"type": "button", "action_id": "try_again", "value": f"r-1\n{_RESTRICTED}"}
        await desk.sandbox.acts.press(REVIEWER, shared.id, message.ts, "b", button)
        assert ("3 months" in shown(await desk.exactly_one_reply(message))) is not is_ext_shared


# Installing, with the reply of oauth.v2.access as Slack documents it.


def _reply(team: Payload | None, **fields: Any) -> Payload:  # noqa: ANN401
    return {"team": team, "enterprise": None, "is_enterprise_install": False, **fields}


_ORG = {"id": _THEIR_ORG, "name": "Their organization"}
_OWN, _OTHER = {"id": TEAM_ID, "name": "Ours"}, {"id": _THEIRS, "name": "Theirs"}
_WHOLE_ORG = _reply(None, enterprise=_ORG, is_enterprise_install=True)


@asynccontextmanager
async def _installable(
    data: Path, articles: Path, workspaces: tuple[str, ...] = (), url: str = ""
) -> AsyncIterator[tuple[Desk, aiohttp.ClientSession]]:
    async with Sandbox() as sandbox:
        extra = {
            "bot_token": None, "client_id": "1.2", "client_secret": "s3cret", "public_url": "https://desk.example/",
            "token_keys": _KEY,
            "workspaces": workspaces,
        }  # fmt: skip
        built = demo_settings(data, articles, sandbox, slack_extra=extra)
        slack = built.slack.model_copy(update={"signing_secret": SecretStr(sandbox.credentials.signing_secret)})
        settings = built.model_copy(update={"slack": slack, "store": StoreSettings(url=SecretStr(url))})
        async with running_bot(settings) as bot, aiohttp.ClientSession() as browser:
            yield Desk(sandbox, bot, settings), browser


async def _install(desk: Desk, browser: aiohttp.ClientSession, reply: Payload) -> tuple[int, str]:
    """Go through the installation in a browser; return status and text of the page at its end."""
    desk.sandbox.api.installs = reply
    desk.sandbox.api.codes.add("code-1")
    async with browser.get(f"{desk.bot.url}/slack/install") as page:
        link = (await page.text()).partition('<a href="')[2].partition('"')[0].replace("&amp;", "&")
        cookie = page.headers["Set-Cookie"].partition(";")[0]
    state = parse_qs(urlsplit(link).query)["state"][0]
    back = f"{desk.bot.url}/slack/oauth_redirect?code=code-1&state={state}"
    async with browser.get(back, headers={"Cookie": cookie}) as done:
        return done.status, await done.text()


def _stored(data: Path) -> set[str]:
    with closing(sqlite3.connect(data / "citedesk.sqlite")) as connection:
        return {row[0] for row in connection.execute("SELECT tenant_id FROM installations")}


@pytest.mark.parametrize(
    ("workspaces", "installs", "stored"),
    [
        ((), [_reply(_OWN)], {TEAM_ID}),
        ((), [_reply(_OWN), _reply(_OTHER), _reply(_OWN)], {TEAM_ID}),
        ((), [_WHOLE_ORG], set()),
        ((), [_reply(_OWN), _WHOLE_ORG], {TEAM_ID}),
        ((TEAM_ID,), [_reply(_OTHER)], set()),
        ((TEAM_ID,), [_reply(_OTHER), _reply(_OWN)], {TEAM_ID}),
        ((TEAM_ID,), [_WHOLE_ORG], set()),
        ((TEAM_ID,), [_reply(_OWN, enterprise=_ORG)], {TEAM_ID}),
        ((TEAM_ID,), [_reply(_OTHER, enterprise=_ORG)], set()),
        ((TEAM_ID,), [_reply(None)], set()),
        ((TEAM_ID,), [_reply(_OWN, enterprise=_ORG, is_enterprise_install=True)], set()),
        ((TEAM_ID, _THEIRS), [_reply(_OWN), _reply(_OTHER)], {TEAM_ID, _THEIRS}),
    ],
)
async def test_only_workspaces_on_the_list_or_else_the_first_can_install_the_app(
    workspaces: tuple[str, ...], installs: list[Payload], stored: set[str], own_data: Path, articles: Path
) -> None:
    async with _installable(own_data, articles, workspaces) as (desk, browser):
        for reply in installs:
            status, page = await _install(desk, browser, reply)
            team = (reply["team"] or {}).get("id")
            if team in stored:
                assert status == 200
            else:
                assert status == 403
                assert "slack.workspaces" in page
                assert "remove the app" in page
                assert TEAM_ID not in page
    assert _stored(own_data) == stored


async def test_a_workspace_that_installed_before_it_was_kept_out_is_not_served(own_data: Path, articles: Path) -> None:
    async with _installable(own_data, articles, (TEAM_ID, _THEIRS)) as (desk, browser):
        for team in (_OTHER, _OWN):
            assert (await _install(desk, browser, _reply(team)))[0] == 200
    async with _installable(own_data, articles, (TEAM_ID,)) as (desk, _):
        await _post(desk, *_event({"team_id": _THEIRS, "authorizations": []}, team=_THEIRS, user=REVIEWER))
        await _post(desk, *_command("reviews", user_id=REVIEWER))
        await _post(desk, *_pressed("review_approve", "r-1", team={"id": _THEIRS, "domain": "theirs"}))
        await desk.settled()
        assert {message.text for message in desk.sandbox.workspace.messages} <= {_TO_STRANGERS}
        assert [m for m, _ in desk.sandbox.api.calls if m != "apps.connections.open"] == []


async def test_a_workspace_of_an_organization_is_served_by_its_own_id(own_data: Path, articles: Path) -> None:
    async with _installable(own_data, articles, (TEAM_ID,)) as (desk, browser):
        await _install(desk, browser, _reply(_OWN, enterprise=_ORG))
        question = await desk.sandbox.acts.post(ASKER, SUPPORT, f"@Citedesk {_ANSWERABLE}", None)
        assert "7 days" in shown(await desk.exactly_one_reply(question))


async def test_a_bot_token_of_a_workspace_that_is_not_on_the_list_is_refused(own_data: Path, articles: Path) -> None:
    with pytest.raises(SettingsError, match=f"slack.workspaces: {TEAM_ID} is missing"):
        async with workspace(own_data, articles, slack_extra={"workspaces": [_THEIRS]}):
            pass


def test_only_ids_of_workspaces_can_be_listed() -> None:
    with pytest.raises(ValidationError):
        SlackSettings(workspaces=frozenset({_THEIR_ORG}))


# Guests of our own workspace or directory. Slack says so in users.info only, Teams in the roster only.


@pytest.mark.parametrize("channel", [SUPPORT, "D0ASKER"])
async def test_a_guest_of_the_workspace_gets_a_refusal(channel: str, own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        _make_guest(desk)
        reply = await desk.exactly_one_reply(await desk.ask(_ANSWERABLE, channel=channel))
        assert reply.text == _TO_GUESTS
        assert "7 days" not in shown(reply)
        (told,) = await desk.command(ASKER, f"/citedesk ask {_ANSWERABLE}")
        assert told.text == _TO_GUESTS


async def test_a_guest_whom_the_settings_name_is_answered(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, access={"groups": {"contractors": [ASKER]}}) as desk:
        _make_guest(desk)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


async def test_while_slack_does_not_say_who_is_a_guest_nobody_new_is_answered(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        desk.sandbox.api.fault = lambda method: Fault() if method == "users.info" else None
        assert (await desk.exactly_one_reply(await desk.ask(_ANSWERABLE))).text == _TO_UNCHECKED
        desk.sandbox.api.fault = lambda _: None
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


async def test_an_app_installed_without_the_scope_that_tells_guests_answers_still(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles) as desk:
        desk.sandbox.api.granted = desk.sandbox.api.granted - {"users:read"}
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


def _make_guest(desk: Desk) -> None:
    people = desk.sandbox.workspace.people
    people[ASKER] = replace(people[ASKER], is_guest=True)


_CHANNEL = "19:support@thread.tacv2;messageid=1700000000001"
_OURS_IN_TEAMS, _THEIRS_IN_TEAMS = "tenant-1", "tenant-2"
_TEAMS: dict[str, Any] = {"anonymous": True, "tenant_id": _OURS_IN_TEAMS, "reviewers_conversation": CONVERSATION}


@asynccontextmanager
async def _teams(data: Path, articles: Path, **settings: Any) -> AsyncIterator[FakeConnector]:  # noqa: ANN401
    access = {"reviewers": ["reviewer"], "admins": ["admin"], "groups": {"leads": ["reviewer"]}}
    async with (
        connector() as fake,
        workspace(data, articles, teams=_TEAMS, **{"access": access} | settings) as desk,
    ):
        fake.talk_to(desk.bot)
        yield fake


# What is put over the activity of somebody of ours.
_FOREIGN_ACTIVITIES: dict[str, Payload] = {
    "a chat of another directory": {"conversation": {"tenantId": _THEIRS_IN_TEAMS}},
    "an app installed in another directory": {"channelData": {"tenant": {"id": _THEIRS_IN_TEAMS}}},
    "a sender of another directory": {"from": {"tenantId": _THEIRS_IN_TEAMS}},
    "no directory": {"conversation": {"tenantId": None}},
    "another directory in the conversation only": {
        "conversation": {"tenantId": _THEIRS_IN_TEAMS}, "channelData": {"tenant": {"id": _OURS_IN_TEAMS}},
    },
    "a shared channel, seen from theirs": {
        "channelData": {"tenant": {"id": _THEIRS_IN_TEAMS}, "channel": {"id": "19:x", "type": "shared"}},
    },
}  # fmt: skip


@pytest.mark.parametrize("over", _FOREIGN_ACTIVITIES.values(), ids=_FOREIGN_ACTIVITIES)
async def test_activities_that_name_another_directory_are_refused_and_change_nothing(
    over: Payload, own_data: Path, articles: Path
) -> None:
    async with _teams(own_data, articles) as teams:
        activities = [
            teams.question(_ANSWERABLE), teams.question(_ANSWERABLE, conversation=_CHANNEL),
            teams.question("gaps", "admin", "a:admin"), teams.question("rollback", "admin", "a:admin"),
            teams.press("reviewer", CONVERSATION, "review_approve", {"review_id": "r-1"}),
            teams.press("asker", "a:asker", "escalate", {"request_id": "r-1", "question": _ANSWERABLE}),
            teams.activity("conversationUpdate", "asker", "a:asker", membersAdded=[{"id": "28:bot"}]),
        ]  # fmt: skip
        for activity in activities:
            foreign = {
                **activity, **{name: {**activity.get(name, {}), **values} for name, values in over.items()}
            }  # fmt: skip
            assert (await teams.send(foreign))[0] == 403
        assert teams.posted == {}
        assert teams.store is not None
        assert (await teams.store.counts()).waiting_questions == 0


_ROSTER: dict[str, tuple[Payload, str]] = {
    "a guest": ({"userRole": "guest"}, _TO_GUESTS),
    "somebody who has not signed in": ({"userRole": "anonymous"}, _TO_GUESTS),
    "a guest by the principal name": ({"userPrincipalName": "sam_theirs.com#EXT#@ours.onmicrosoft.com"}, _TO_GUESTS),
    "somebody about whom nothing is said": ({}, _TO_GUESTS),
    "a user of another directory": ({"userRole": "user", "tenantId": _THEIRS_IN_TEAMS}, _TO_STRANGERS),
    "somebody who is no member": ({"status": 404}, _TO_UNCHECKED),
    "a roster that is down": ({"status": 503}, _TO_UNCHECKED),
}


@pytest.mark.parametrize("conversation", ["a:asker", _CHANNEL, "19:x@thread.v2"])
@pytest.mark.parametrize(("about", "words"), _ROSTER.values(), ids=_ROSTER)
async def test_guests_and_people_of_other_directories_get_a_refusal_in_teams(
    about: Payload, words: str, conversation: str, own_data: Path, articles: Path
) -> None:
    async with _teams(own_data, articles) as teams:
        teams.people["asker"] = about
        for number, text in enumerate((_ANSWERABLE, "status"), 1):
            reply = await teams.reply(teams.question(text, conversation=conversation), number)
            assert words in json.dumps(reply, ensure_ascii=False)
            assert "7 days" not in json.dumps(reply)


async def test_an_admin_or_reviewer_by_name_is_refused_in_teams_if_of_another_directory(
    own_data: Path, articles: Path
) -> None:
    async with _teams(own_data, articles) as teams:
        teams.people["admin"] = {"userRole": "user", "tenantId": _THEIRS_IN_TEAMS}
        for number, text in enumerate(("gaps", "usage", "rollback", "reindex", "reviews", "why r-12345678"), 1):
            assert _TO_STRANGERS in json.dumps(await teams.reply(teams.question(text, "admin", "a:admin"), number))


@pytest.mark.parametrize(
    "about", [{"userRole": "user"}, {"userRole": "owner"}, {"userPrincipalName": "sam@ours.example"}]
)
async def test_people_of_the_directory_are_answered_in_teams(about: Payload, own_data: Path, articles: Path) -> None:
    async with _teams(own_data, articles) as teams:
        teams.people["asker"] = about
        assert "7 days" in (await teams.reply(teams.question(_ANSWERABLE)))["text"]


async def test_a_guest_whom_the_settings_name_is_answered_in_teams(own_data: Path, articles: Path) -> None:
    async with _teams(own_data, articles) as teams:
        teams.people["reviewer"] = {"userRole": "guest"}
        reply = await teams.reply(teams.question(_RESTRICTED, "reviewer", "a:reviewer"))
        assert "3 months" in json.dumps(reply)


@pytest.mark.parametrize("about", [{}, {"tenantId": _THEIRS_IN_TEAMS}])
async def test_a_channel_with_a_member_of_another_directory_gets_only_what_is_for_everyone(
    about: Payload, own_data: Path, articles: Path
) -> None:
    async with _teams(own_data, articles, access={"groups": {"leads": ["reviewer", "other"]}}) as teams:
        teams.members["19:leads@thread.tacv2"] = ["reviewer", "other"]
        teams.people["other"] = about
        thread = "19:leads@thread.tacv2;messageid=1700000000001"
        reply = await teams.reply(teams.question(_RESTRICTED, "reviewer", thread))
        assert ("3 months" in json.dumps(reply)) is not bool(about)


async def test_installed_into_a_shared_store_it_serves_the_first_workspace_and_writes_no_file(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with _installable(own_data, articles, url=postgres_url) as (desk, browser):
        assert (await _install(desk, browser, _reply(_OWN)))[0] == 200
        assert (await _install(desk, browser, _reply(_OTHER)))[0] == 403
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))
        assert await desk.store.installations.newest("1.2", TEAM_ID) is not None
        assert await desk.store.installations.newest("1.2", _THEIRS) is None
    assert _sqlite_files(own_data) == []


def _sqlite_files(folder: Path) -> list[Path]:
    return list(folder.glob("*.sqlite"))
