"""The app's manifest asks for what the code uses, and for nothing else."""

import json
import re
from pathlib import Path

from bot.sandbox.webapi import METHODS
from bot.slack.oauth import SCOPES
from bot.slack.payloads import ASK_ABOUT_THIS, COMMAND

_ROOT = Path(__file__).parents[2]
_MANIFEST = json.loads((_ROOT / "deploy" / "slack" / "manifest.json").read_text(encoding="utf-8"))
_CODE = "\n".join(file.read_text(encoding="utf-8") for file in (_ROOT / "bot" / "slack").glob("*.py"))
# The Web API by what bot/slack calls on a client: `chat_postMessage`, `assistant_threads_setStatus`.
_FAMILIES = "chat|conversations|views|assistant_threads|agents_sessions|usergroups_users|users"
_CALLS = re.findall(rf"client(?:\(body\)\))?\.({_FAMILIES})_(\w+)\(", _CODE)
_CALLED = {f"{family.replace('_', '.')}.{name}" for family, name in _CALLS}
# Slack delivers `message` events by these subscriptions.
_MESSAGES = {"message.channels", "message.groups", "message.im"}


def test_it_asks_for_the_scopes_of_the_code_and_no_others() -> None:
    assert _MANIFEST["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)


def test_every_method_that_the_code_calls_is_covered_by_a_scope_that_it_asks_for() -> None:
    assert len(_CALLED) > 12
    assert {*METHODS} >= _CALLED
    needing = {method: scopes for method, (_, scopes) in METHODS.items() if method in _CALLED and scopes}
    assert [method for method, scopes in needing.items() if not scopes & set(SCOPES)] == []


def test_every_scope_is_used_by_a_method_an_event_or_a_command() -> None:
    used = set().union(*(scopes for method, (_, scopes) in METHODS.items() if method in _CALLED))
    # app_mention needs its scope to be delivered, the command and the shortcut theirs.
    assert set(SCOPES) - used == {"app_mentions:read", "commands"}


def test_it_subscribes_to_the_events_that_the_code_listens_for() -> None:
    listened = set(re.findall(r'app\.event\("([a-z_.]+)"\)', _CODE))
    subscribed = set(_MANIFEST["settings"]["event_subscriptions"]["bot_events"])
    assert subscribed - _MESSAGES == listened - {"message"}
    assert subscribed >= _MESSAGES


def test_command_shortcut_and_tabs_are_those_of_the_code() -> None:
    features = _MANIFEST["features"]
    assert [command["command"] for command in features["slash_commands"]] == [COMMAND]
    assert [shortcut["callback_id"] for shortcut in features["shortcuts"]] == [ASK_ABOUT_THIS]
    assert features["app_home"]["home_tab_enabled"]
    assert features["app_home"]["messages_tab_enabled"]
    assert not features["app_home"]["messages_tab_read_only_enabled"]
    # New apps can be agents only so; the older `assistant_view` is refused for them.
    assert "agent_view" in features
    assert "assistant_view" not in features


def test_texts_are_within_slacks_limits() -> None:
    info, features = _MANIFEST["display_information"], _MANIFEST["features"]
    assert len(info["name"]) <= 35
    assert len(info["description"]) <= 140
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["shortcuts"][0]["name"]) <= 24
