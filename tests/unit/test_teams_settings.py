"""Settings of Teams: clouds, what the bot signs in with, ids of the directory in any case; and the roster."""

from pathlib import Path
from typing import Any, get_args

import pytest

from bot.clouds import CLOUDS, CloudName
from bot.proxies import proxy_of
from bot.settings import AccessSettings, ChannelSettings, TeamsSettings
from bot.teams.payloads import person_of, tenant_of, tenants_in
from bot.teams.roster import member_of

_LOWER = "5f0c1a2b-3c4d-4e5f-8a9b-0c1d2e3f4a5b"
_UPPER = _LOWER.upper()
_APPLICATION = {"app_id": "a", "tenant_id": "t"}


def test_ids_of_the_directory_are_the_same_in_any_case() -> None:
    teams = TeamsSettings(app_id=_UPPER, tenant_id=_UPPER, managed_identity=_UPPER)
    assert (teams.app_id, teams.tenant_id, teams.managed_identity) == (_LOWER, _LOWER, _LOWER)
    access = AccessSettings(
        reviewers=frozenset({_UPPER}),
        admins=frozenset({_UPPER}),
        groups={"Leads": frozenset({_UPPER, "U0123456789"})},
        entra_groups={"Billing": _UPPER},
    )
    assert access.reviewers == access.admins == {_LOWER}
    assert access.groups_of(_LOWER) == {"Leads"}
    assert access.groups_of("U0123456789") == {"Leads"}, "ids of Slack stay as they are"
    assert access.entra_groups == {"Billing": _LOWER}
    assert ChannelSettings(reviewers=frozenset({_UPPER})).reviewers == {_LOWER}


def test_an_activity_names_people_and_directories_in_any_case() -> None:
    activity = {
        "conversation": {"id": "19:ABC@thread.tacv2", "tenantId": _UPPER},
        "channelData": {"tenant": {"id": _LOWER}},
        "from": {"id": "29:AbC", "aadObjectId": _UPPER, "tenantId": _UPPER.title()},
    }
    assert tenants_in(activity) == {_LOWER}
    assert tenant_of(activity) == person_of(activity) == _LOWER
    assert person_of({"from": {"id": "29:AbC"}}) == "29:AbC"


@pytest.mark.parametrize("name", ["aadObjectId", "objectId"])
def test_the_roster_names_people_by_either_id(name: str) -> None:
    member = member_of({"id": "29:x", name: _UPPER, "tenantId": _UPPER, "userRole": "user", "email": None})
    assert (member.directory_id, member.tenant_id, member.is_guest) == (_LOWER, _LOWER, False)


def test_a_member_without_an_id_has_none_and_one_with_both_has_the_first() -> None:
    assert member_of({"id": "29:x", "aadObjectId": None, "objectId": ""}).directory_id == ""
    assert member_of({"id": "29:x", "aadObjectId": "a", "objectId": "b"}).directory_id == "a"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "teams.app_id is missing: set MICROSOFT_APP_ID"),
        (
            {"app_id": "a", "tenant_id": None, "app_secret": "s"},
            "teams.tenant_id is missing: set MICROSOFT_APP_TENANT_ID",
        ),
        (_APPLICATION, "teams.app_secret is missing: set MICROSOFT_APP_PASSWORD, or one of teams.certificate_file, "),
        (
            _APPLICATION | {"app_secret": "s", "certificate_file": "c.pem"},
            "teams.app_secret and teams.certificate_file",
        ),
        (_APPLICATION | {"managed_identity": "i", "federated_token_file": "f"}, "teams.managed_identity and teams.fed"),
        (_APPLICATION | {"app_secret": "s", "cloud": "china"}, "teams.service_url is missing"),
    ],
)
def test_one_line_says_which_settings_are_missing_or_too_many(settings: dict[str, Any], problem: str) -> None:
    said = TeamsSettings(**settings).problem
    assert said is not None
    assert problem in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "credential",
    [{"app_secret": "s"}, {"certificate_file": Path("c")}, {"managed_identity": "i"}, {"federated_token_file": "f"}],
)
def test_one_way_to_sign_in_is_enough(credential: dict[str, Any]) -> None:
    assert TeamsSettings(**_APPLICATION | credential).problem is None


def test_a_secret_is_not_shown() -> None:
    settings = TeamsSettings(**_APPLICATION, app_secret="s3cret", certificate_password="pa55word")
    assert "s3cret" not in repr(settings)
    assert "pa55word" not in repr(settings)


def test_each_cloud_has_addresses_of_its_own() -> None:
    assert set(CLOUDS) == set(get_args(CloudName))
    for name in get_args(CloudName):
        settings = TeamsSettings(cloud=name)
        assert settings.graph == CLOUDS[name].graph
        assert settings.connector == (CLOUDS[name].connector or "")
    assert len({cloud.graph for cloud in CLOUDS.values()}) == len(CLOUDS)
    hosts = [host for cloud in CLOUDS.values() for host in cloud.connector_hosts]
    assert len(set(hosts)) == len(hosts), "no address of one cloud is taken for one of another"


def test_addresses_that_are_set_win_over_those_of_the_cloud() -> None:
    settings = TeamsSettings.model_validate({"cloud": "dod", "service_url": "https://s/", "graph_url": "https://g/v1/"})
    assert (settings.connector, settings.graph) == ("https://s/", "https://g/v1/")


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://graph.microsoft.com/v1.0/", "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "https://graph.microsoft.com/", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "wss://wss.slack.com/link", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://127.0.0.1:9/", None),
        ({"HTTP_PROXY": "http://proxy:3128"}, "https://slack.com/", None),
        ({"ALL_PROXY": "http://proxy:3128"}, "https://slack.com/", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "slack.com"}, "https://slack.com/api/", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example.com, 10.0.0.1"}, "https://bot.example.com:8443/", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://slack.com/api/", None),
        ({"HTTPS_PROXY": ""}, "https://slack.com/api/", None),
        ({}, "https://slack.com/api/", None),
    ],
)
def test_the_environment_names_the_proxy_of_an_address(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(url) == proxy
