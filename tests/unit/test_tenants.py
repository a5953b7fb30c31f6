"""The settings of tenants, and what they do not inherit."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings, embedders_dir, load_settings
from bot.slack.clients import ForeignWorkspaceError, OneWorkspace
from bot.slack.installations import names
from bot.slack.strangers import is_from_stranger
from bot.slack.tenants import SomeWorkspaces
from bot.store.records import ALL_TENANTS, Scope
from bot.tenants import Tenancy, named, own_settings, scope_of_top_level, tenants_of
from index.errors import SettingsError

_GUID = "D5F50C83-2C33-4EF0-AFC8-6E8F2E2EDDC8"
_TOP: dict[str, Any] = {
    "data_dir": "/data",
    "index": {
        "paths": ["/top"], "access": {"x/*": ["leads"]}, "links": {"x/*": "https://top.example/{path}"},
        "private_hosts": ["top.internal"], "unlabelled": "nobody", "max_document_bytes": 77,
    },
    "access": {
        "groups": {"leads": ["U1"]}, "reviewers": ["U1"], "admins": ["U1"], "slack_groups": {"leads": "S1"},
        "entra_groups": {"leads": "g"}, "public_channels": "members", "refresh_s": 7,
    },
    "channels": {"C1": {"reviewers": ["U1"]}},
    "slack": {
        "reviewers_channel": "C0TOP", "digest_channel": "C0TOP", "prompts": ["What does the top say?"],
        "workspaces": ["T0TOP"],
    },
    "teams": {"reviewers_conversation": "19:top", "digest_conversation": "19:top", "tenant_id": "home"},
    "limits": {"per_user": "3/minute", "per_tenant": "9/minute"},
    "snapshots": {"url": "s3://bucket/prefix"},
}  # fmt: skip


def _settings(**tenants: Any) -> Settings:  # noqa: ANN401
    return load_settings(**_TOP, tenants=tenants)


def test_what_a_tenant_does_not_set_opens_nothing_of_the_top_level() -> None:
    own = own_settings(_settings(T0ACME={}), "T0ACME")
    assert [*own.index.paths, *own.index.services, *own.index.private_hosts] == []
    assert [*own.index.access, *own.index.links] == []
    assert not own.access.has_groups
    assert own.access.reviewers == own.access.admins == frozenset()
    assert own.access.public_channels == "workspace"
    assert own.channels == {}
    places = (own.slack.reviewers_channel, own.slack.digest_channel)
    assert places == (own.teams.reviewers_conversation, own.teams.digest_conversation) == (None, None)
    assert own.slack.prompts == ()
    text = own.model_dump_json(exclude={"slack": {"workspaces"}, "snapshots": True, "store": True})
    assert [word for word in ("U1", "C0TOP", "19:top", "/top", "top.", "S1") if word in text] == []


def test_what_is_no_secret_of_anybody_falls_back_key_by_key() -> None:
    own = own_settings(_settings(T0ACME={"limits": {"per_user": "1/minute"}, "language": "de"}), "T0ACME")
    assert (own.limits.per_user, own.limits.per_tenant) == ("1/minute", "9/minute")
    assert (own.index.unlabelled, own.index.max_document_bytes, own.access.refresh_s) == ("nobody", 77, 7)
    assert own.language == "de"


def test_the_model_of_a_tenant_is_a_whole_table_so_that_no_key_goes_to_another_server() -> None:
    top = load_settings(
        llm={"api_key": "sk-top", "base_url": "https://top.example/v1"},
        tenants={"T0ACME": {"llm": {"base_url": "https://acme.example/v1"}}, "T0BETA": {}},
    )
    assert own_settings(top, "T0ACME").llm.api_key is None
    assert own_settings(top, "T0BETA").llm == top.llm


def test_a_tenant_has_a_folder_and_a_place_in_the_object_storage_of_its_own() -> None:
    top = _settings(acme={"ids": ["T0ACME"]})
    own = own_settings(top, "T0ACME")
    assert str(own.data_dir) == "/data/tenants/acme"
    assert own.snapshots.url == "s3://bucket/prefix/tenants/acme"
    assert own.index.embedders_dir == embedders_dir(top)


def test_a_directory_is_found_in_any_case() -> None:
    (tenant,) = tenants_of(_settings(acme={"ids": ["T0ACME", _GUID]}))
    assert tenant.ids == {"T0ACME", _GUID.lower()}
    assert tenant.settings.teams.tenant_id == _GUID.lower()
    assert (tenant.has("slack"), tenant.has("teams")) == (True, True)


@pytest.mark.parametrize(
    ("tenants", "words"),
    [
        ({"a/b": {}}, "should match"),
        ({"..": {}}, "should match"),
        ({"E0ORG": {}}, "Enterprise Grid"),
        ({"a": {"ids": ["E0ORG"]}}, "Enterprise Grid"),
        ({"a": {"ids": ["T1"]}, "T1": {}}, "T1 is an id of a and of T1"),
        ({"a": {"ids": ["T1"]}, "A": {"ids": ["T2"]}}, "capitals"),
        ({"a": {"ids": [_GUID, _GUID[:-1] + "0"]}}, "2 directories"),
        ({"a": {"index": {"embedding_model": "x"}}}, "embedding_model is the same for all tenants"),
        ({"a": {"index": {"reranker": "x"}}}, "reranker is the same for all tenants"),
        ({"a": {"slack": {"bot_token": "xoxb-1"}}}, "bot_token"),
    ],
)
def test_a_wrong_table_is_told_at_the_start(tenants: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(tenants=tenants)


@pytest.mark.parametrize("tenant_id", ["T0TOP", "home"])
def test_no_tenant_is_served_twice(tenant_id: str) -> None:
    with pytest.raises(SettingsError, match=f"{tenant_id} is named in"):
        tenants_of(_settings(acme={"ids": [tenant_id]}))


def test_an_unknown_tenant_is_told() -> None:
    with pytest.raises(SettingsError, match=r"\[tenants.gamma\].*there are: acme"):
        named(_settings(acme={"ids": ["T0ACME"]}), "gamma")


def test_without_tenants_the_top_level_sees_everything() -> None:
    assert scope_of_top_level(_settings(), ()) == ALL_TENANTS


def test_what_was_apart_stays_apart_until_the_top_level_names_it() -> None:
    scope = scope_of_top_level(_settings(T0ACME={}), ["T0GONE", "T0TOP", "home"])
    assert [scope.has(one) for one in ("T0ACME", "T0GONE", "T0TOP", "home", "cli", "")] == [False, False] + [True] * 4


@pytest.mark.parametrize("has_tenants", [True, False])
def test_a_workspace_without_a_table_is_named_or_the_first_only_if_there_are_no_tenants(*, has_tenants: bool) -> None:
    tenants = tenants_of(_settings(T0ACME={})) if has_tenants else ()
    tenancy = Tenancy(tenants, Scope(ids=frozenset({"T0GONE", *(["T0ACME"] * has_tenants)})))
    found = [names(one, frozenset(), tenancy) for one in ("T0ACME", "T0GONE", "T0NEW")]
    assert found == ([True, False, False] if has_tenants else [None, False, None])
    assert [names(one, {"T0TOP"}, tenancy) for one in ("T0TOP", "T0NEW", "T0GONE")] == [True, False, False]


@pytest.mark.parametrize(
    ("event", "is_stranger"),
    [
        ({"team": "T0ACME"}, False),
        ({"user_team": "T0BETA", "team": "T0ACME"}, True),
        ({"source_team": "T0BETA"}, True),
        ({}, True),
    ],
)
async def test_people_of_one_tenant_are_strangers_to_another_in_a_channel_that_both_read(
    event: dict[str, str], *, is_stranger: bool
) -> None:
    inner = OneWorkspace(AsyncWebClient(), "T0ACME", "U0BOT", frozenset({"T0BETA", "T0TOP"}))
    acme = SomeWorkspaces(inner, Scope(ids=frozenset({"T0ACME"}), others=False))
    body = {"team_id": "T0ACME", "is_ext_shared_channel": True, "event": {"type": "app_mention", **event}}
    assert await is_from_stranger(body, acme.serves) is is_stranger
    assert acme.only == "T0ACME"
    beta = SomeWorkspaces(inner, Scope(ids=frozenset({"T0BETA"}), others=False))
    top = SomeWorkspaces(inner, Scope(ids=frozenset({"T0ACME", "T0BETA"})))
    for other in (beta, top):
        with pytest.raises(ForeignWorkspaceError):
            await other.client("T0ACME")
    assert top.only == ""
