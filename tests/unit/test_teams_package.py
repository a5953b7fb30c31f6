"""The app package of Teams: what its manifest must hold, and icons of the sizes that Teams takes."""

import json
import re
import struct
from pathlib import Path

from bot.teams.commands import _ALONE, _IN_PRIVATE, command_in

_PACKAGE = Path(__file__).parents[2] / "deploy" / "teams"
_MANIFEST = json.loads((_PACKAGE / "manifest.json").read_text(encoding="utf-8"))


def test_the_manifest_holds_what_its_version_requires() -> None:
    required = "manifestVersion version id developer name description icons accentColor bots supportsChannelFeatures"
    assert set(required.split()) <= set(_MANIFEST)
    # From version 1.25 an app for teams must say whether it works in shared and private channels.
    assert _MANIFEST["supportsChannelFeatures"] == "tier1"
    assert [int(part) for part in _MANIFEST["manifestVersion"].split(".")] >= [1, 25]
    assert re.fullmatch(r"#[0-9a-f]{6}", _MANIFEST["accentColor"])
    assert _MANIFEST["$schema"].endswith(f"/v{_MANIFEST['manifestVersion']}/MicrosoftTeams.schema.json")
    assert set(_MANIFEST["developer"]) == {"name", "websiteUrl", "privacyUrl", "termsOfUseUrl"}
    assert all(_MANIFEST["developer"][url].startswith("https://") for url in ("websiteUrl", "privacyUrl"))


def test_names_and_descriptions_keep_to_their_lengths() -> None:
    assert len(_MANIFEST["name"]["short"]) <= 30
    assert len(_MANIFEST["name"]["full"]) <= 100
    assert len(_MANIFEST["description"]["short"]) <= 80
    assert len(_MANIFEST["description"]["full"]) <= 4000


def test_the_bot_is_the_app_and_asks_for_no_more_than_it_uses() -> None:
    (bot,) = _MANIFEST["bots"]
    assert bot["botId"] == _MANIFEST["id"]
    assert set(bot["scopes"]) == {"personal", "groupChat", "team"}
    assert not any(bot[power] for power in ("supportsFiles", "supportsCalling", "supportsVideo"))
    assert set(_MANIFEST["permissions"]) == {"identity", "messageTeamMembers"}


def test_the_listed_commands_are_those_that_the_bot_knows() -> None:
    personal, shared = _MANIFEST["bots"][0]["commandLists"]
    titles = {command["title"] for command in personal["commands"]}
    assert {*_ALONE, "why"} == titles
    assert {command["title"] for command in shared["commands"]} == titles - _IN_PRIVATE
    assert {*personal["scopes"], *shared["scopes"]} == set(_MANIFEST["bots"][0]["scopes"])
    for command in (*personal["commands"], *shared["commands"]):
        assert len(command["title"]) <= 32
        assert len(command["description"]) <= 128
        assert len(personal["commands"]) <= 10


def test_a_command_stands_alone_and_all_else_is_a_question() -> None:
    assert command_in("Status") == ("status", "")
    assert command_in("/gaps") == ("gaps", "")
    assert command_in("why `r-12ab`") == ("why", "r-12ab")
    assert command_in("why is my invoice late?") is None
    assert command_in("help me with refunds") is None


def test_the_icons_have_the_sizes_that_teams_takes() -> None:
    for name, size in (("color", 192), ("outline", 32)):
        head = (_PACKAGE / _MANIFEST["icons"][name]).read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        assert struct.unpack(">II", head[16:24]) == (size, size)
