"""How Teams is reached: tokens of both directions, clouds, the proxy, Graph, the roster, and the welcome."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import jwt
import pytest
from aiohttp import ClientError, ClientSession, web
from support.door import TENANT, door
from support.proxies import RecordingProxy, recording_proxy
from support.teams import FakeConnector, connector
from support.waiting import settled
from support.workspace import workspace

from bot.clouds import CLOUDS, CloudName
from bot.settings import SlackSettings, TeamsSettings
from bot.slack.clients import build_client
from bot.teams.connector import Connector
from bot.teams.graph import Graph
from bot.teams.tokens import KeysUnavailableError, SigningKeys

_PUBLIC = CLOUDS["public"]
_CLOUDS = get_args(CloudName)


class _Given:
    """A token without Entra."""

    async def token(self, resource: str) -> str:
        return f"for {resource}"


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RecordingProxy]:
    """Run a proxy that the environment names."""
    async with recording_proxy() as running:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, running.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield running


# --- tokens that come in


async def test_what_no_key_can_save_is_refused_before_any_key_is_fetched() -> None:
    async with door() as teams:
        hours = jwt.encode({"aud": "x"}, "k" * 32, algorithm="HS256", headers={"kid": "k1"})
        plain = jwt.encode({"aud": "x"}, "", algorithm="none")
        for token in (
            {"aud": "00000000-0000-0000-0000-000000000043"},
            {"iss": "https://evil.example"},
            {"iss": CLOUDS["gcc-high"].messages},
            {"iss": f"https://sts.windows.net/{TENANT}/"},
            {"iss": ["https://api.botframework.com"]},
            {"exp": 1},
            {"exp": None},
            {"nbf": int(time.time()) + 3_600},
            {"header": f"Bearer {hours}"},
            {"header": f"Bearer {plain}"},
            {"header": "Bearer a.b.c"},
            {"header": f"Bearer {_nested(3_000)}"},
        ):
            assert await teams.knock(**token) == 401, token
        assert teams.keys.fetched == []
        assert await teams.knock() == 202
        assert teams.keys.fetched == ["/openidconfiguration", "/keys"]


def _nested(depth: int) -> str:
    """Return a token whose claims are nested so deeply that a parser gives up."""
    head = jwt.utils.base64url_encode(json.dumps({"alg": "RS256", "kid": "k1"}).encode()).decode()
    return f"{head}.{jwt.utils.base64url_encode(b'[' * depth).decode()}.AAAA"


async def test_tokens_that_name_unknown_keys_cost_one_request_for_keys() -> None:
    async with door() as teams:
        statuses = [await teams.knock(key_id=f"k-{number}") for number in range(8)]
        assert statuses == [401] * 8
        assert teams.keys.fetched == ["/openidconfiguration", "/keys"]
        assert await teams.knock() == 202


async def test_while_the_keys_hang_nothing_else_of_the_process_waits() -> None:
    async with door(timeout_s=1.0) as teams:
        teams.keys.delay_s = 30
        started = time.monotonic()
        knocks = [asyncio.create_task(teams.knock(key_id=f"k-{number}")) for number in range(40)]
        await asyncio.sleep(0.2)
        before = time.monotonic()
        # The threads on which everything else in the process looks up names and reads files.
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0) for _ in range(40)))
        assert time.monotonic() - before < 0.5
        assert await asyncio.gather(*knocks) == [503] * 40
        assert time.monotonic() - started < 4, "all wait for one request, not each for its own"
        assert len(teams.keys.fetched) == 1


async def test_a_key_that_is_new_at_microsoft_is_found_and_an_outage_leaves_those_that_were_there() -> None:
    clock = [0.0]
    async with door() as teams:
        keys = SigningKeys(teams.keys.metadata, 1.0, lambda: clock[0])
        assert await keys.key("k1")
        teams.keys.keys["k2"] = teams.forger
        assert await keys.key("k2") is None, "asked again after a pause only"
        clock[0] = 31.0
        assert await keys.key("k2")
        teams.keys.answers = False
        clock[0] = 200_000.0
        assert await keys.key("k2")


async def test_without_any_key_there_is_no_answer_and_the_next_try_comes_soon() -> None:
    clock = [0.0]
    async with door() as teams:
        teams.keys.answers = False
        keys = SigningKeys(teams.keys.metadata, 1.0, lambda: clock[0])
        for _ in range(5):
            with pytest.raises(KeysUnavailableError):
                await keys.key("k1")
        assert len(teams.keys.fetched) == 1
        teams.keys.answers, clock[0] = True, 4.0
        assert await keys.key("k1")


@pytest.mark.parametrize("tenant", [TENANT.upper(), TENANT.title()])
async def test_the_directory_is_the_same_in_any_case(tenant: str) -> None:
    async with door(tenant_id=TENANT.upper()) as teams:
        assert await teams.knock(tenant=tenant) == 202
        assert await teams.knock(tenant=TENANT.replace("f", "e")) == 403


# --- clouds


@pytest.mark.parametrize("name", _CLOUDS)
async def test_a_cloud_takes_its_own_tokens_and_none_of_another(name: CloudName) -> None:
    cloud = CLOUDS[name]
    service = f"https://{cloud.connector_hosts[0]}/emea/"
    async with door(cloud=name, service_url=service) as teams:
        own: dict[str, Any] = {"iss": cloud.messages, "serviceurl": service, "service_url": service}
        assert await teams.knock(**own) == 202
        for other in CLOUDS.values():
            if other.messages != cloud.messages:
                assert await teams.knock(**own | {"iss": other.messages}) == 401
            if other != cloud:
                theirs = f"https://{other.connector_hosts[0]}/emea/"
                assert await teams.knock(**own | {"serviceurl": theirs, "service_url": theirs}) == 403


async def test_a_host_of_microsoft_that_is_not_the_connector_of_teams_is_refused() -> None:
    async with door(service_hosts=["connector.example.com"]) as teams:
        for host, status in (
            ("webchat.botframework.com", 403),
            ("x.blob.core.windows.net", 403),
            ("connector.example.com", 202),
        ):
            url = f"https://{host}/"
            assert await teams.knock(service_url=url, serviceurl=url) == status


@pytest.mark.parametrize("name", _CLOUDS)
async def test_each_cloud_is_asked_at_its_own_hosts_through_the_proxy(name: CloudName, proxy: RecordingProxy) -> None:
    settings = TeamsSettings.model_validate(
        {"cloud": name} | ({"service_url": "https://c.cn/"} if name == "china" else {})
    )
    cloud = settings.addresses
    connector = Connector(_Given(), cloud, 2.0)
    with pytest.raises(ClientError):
        await connector.send(settings.connector, "a:1", {"type": "message", "text": "x"})
    with pytest.raises(ClientError):
        await connector.member(settings.connector, "a:1", "x")
    with pytest.raises(ClientError):
        await Graph(_Given(), settings.graph, 2.0).members("g")
    with pytest.raises(KeysUnavailableError):
        await SigningKeys(cloud.metadata, 2.0).key("k")
    await connector.aclose()
    hosts = [str(url).split("/")[2] for url in (settings.connector, settings.connector, settings.graph, cloud.metadata)]
    # aiohttp may repeat a GET whose connection was closed, so each host counts once.
    assert list(dict.fromkeys(proxy.asked)) == list(dict.fromkeys(hosts))


# --- the proxy


async def test_slack_goes_through_the_proxy_except_where_the_environment_says_no(
    proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ClientError):
        await build_client(SlackSettings(), "xoxb-1").auth_test()
    assert proxy.asked == ["slack.com"]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with _slack() as url:
        settings = SlackSettings.model_validate({"api_url": url})
        assert (await build_client(settings, "xoxb-1").auth_test())["ok"]
    assert proxy.asked == ["slack.com"]


async def test_the_proxy_carries_a_message_of_teams_and_keeps_the_token(proxy: RecordingProxy) -> None:
    async with connector() as fake:
        proxy.homes["smba.example"] = int(fake.url.rstrip("/").rpartition(":")[2])
        teams = Connector(_Given(), _PUBLIC, 5.0)
        posted = await teams.send("http://smba.example/", "a:1", {"type": "message", "text": "hello"})
        await teams.aclose()
        assert fake.posted[posted]["text"] == "hello"
        assert proxy.asked == ["smba.example"]
        assert fake.tokens == [f"Bearer for {_PUBLIC.messages}"]


@asynccontextmanager
async def _slack() -> AsyncIterator[str]:
    """Run the least of Slack; yield its address."""

    async def auth(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/api/auth.test", auth)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    await runner.cleanup()


# --- Graph and the roster


async def test_graph_lists_the_users_of_a_group_page_by_page() -> None:
    async with connector() as fake:
        fake.groups["group-1"] = ["A" * 8 + "-BBBB-CCCC-DDDD-" + "E" * 12, "b", "c"]
        members = await Graph(None, f"{fake.url}graph/", 5.0).members("group-1")
        assert members == {"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "b", "c"}


async def test_graph_without_the_header_is_refused_by_the_stand_in_as_by_microsoft() -> None:
    async with connector() as fake, ClientSession() as session:
        fake.groups["group-1"] = ["a"]
        path = f"{fake.url}graph/groups/group-1/transitiveMembers/microsoft.graph.user"
        for query, headers in (("", {}), ("?$count=true", {}), ("", {"ConsistencyLevel": "eventual"})):
            async with session.get(f"{path}{query}", headers=headers) as response:
                assert response.status == 400
                assert (await response.json())["error"]["code"] == "Request_UnsupportedQuery"


async def test_the_token_of_graph_goes_to_no_other_host() -> None:
    async with connector() as fake:
        fake.groups["group-1"] = ["a", "b"]
        elsewhere = fake.url.replace("127.0.0.1", "localhost")
        fake.next_page_at = elsewhere
        with pytest.raises(ValueError, match="another server"):
            await Graph(_Given(), f"{fake.url}graph/", 5.0).members("group-1")


@pytest.mark.parametrize(
    ("people", "known"),
    [
        ({"lead": {"tenantId": "TENANT-1"}}, False),
        ({"lead": {"tenantId": "tenant-1"}}, True),
        ({"lead": {"tenantId": None}}, True),
        ({"lead": {"objectId": None, "aadObjectId": None}}, False),
        ({"lead": {"objectId": "x", "aadObjectId": "lead"}}, True),
    ],
    ids=["another directory", "this directory", "no directory named", "no id", "both ids"],
)
async def test_the_roster_is_read_whole_or_not_at_all(people: dict[str, Any], known: bool) -> None:  # noqa: FBT001
    async with connector() as fake:
        fake.members["19:x"], fake.people = ["first", "lead"], people
        teams = Connector(None, _PUBLIC, 5.0)
        found = await teams.members(fake.url, "19:x", 10, "tenant-1")
        await teams.aclose()
        assert found == (frozenset({"first", "lead"}) if known else None)


# --- the welcome


@pytest.fixture
async def installed(own_data: Path, articles: Path) -> AsyncIterator[FakeConnector]:
    """Run the bot with Teams."""
    async with connector() as fake:
        teams = {"anonymous": True, "service_url": fake.url}
        async with workspace(own_data, articles, teams=teams) as desk:
            fake.talk_to(desk.bot)
            yield fake


async def _change(teams: FakeConnector, kind: str, conversation: str, **more: Any) -> int:  # noqa: ANN401
    """Send what changed; return how many messages the conversation has then."""
    assert (await teams.send(teams.activity(kind, "asker", conversation, **more)))[0] == 202
    assert teams.store is not None
    await settled(teams.store)
    return len(teams.messages(conversation))


_BOT = [{"id": "28:bot"}]


async def test_each_installation_is_welcomed_once(installed: FakeConnector) -> None:
    for welcomes, conversation in ((1, "a:asker"), (2, "a:asker"), (1, "19:team@thread.tacv2")):
        for _ in range(2):
            assert await _change(installed, "conversationUpdate", conversation, membersAdded=_BOT) == welcomes
            assert await _change(installed, "installationUpdate", conversation, action="add") == welcomes
        await _change(installed, "installationUpdate", conversation, action="remove")
        await _change(installed, "conversationUpdate", conversation, membersRemoved=_BOT)


async def test_an_upgrade_of_the_app_is_no_new_installation(installed: FakeConnector) -> None:
    assert await _change(installed, "installationUpdate", "a:asker", action="add") == 1
    for action in ("remove-upgrade", "add-upgrade"):
        assert await _change(installed, "installationUpdate", "a:asker", action=action) == 1
    assert await _change(installed, "installationUpdate", "a:other", action="add-upgrade") == 1


async def test_people_who_come_and_go_are_not_welcomed(installed: FakeConnector) -> None:
    people = [{"id": "29:somebody"}]
    assert await _change(installed, "conversationUpdate", "19:c@thread.v2", membersAdded=people) == 0
    await _change(installed, "conversationUpdate", "19:c@thread.v2", membersAdded=_BOT)
    await _change(installed, "conversationUpdate", "19:c@thread.v2", membersRemoved=people)
    assert await _change(installed, "conversationUpdate", "19:c@thread.v2", membersAdded=_BOT) == 1


async def test_a_team_is_welcomed_once_however_its_conversation_is_named(installed: FakeConnector) -> None:
    team = {"team": {"id": "19:general@thread.tacv2"}}
    await _change(installed, "conversationUpdate", "19:general@thread.tacv2", membersAdded=_BOT, channelData=team)
    chosen = "19:chosen@thread.tacv2"
    assert await _change(installed, "installationUpdate", chosen, action="add", channelData=team) == 0


async def test_a_message_can_be_forgotten_whether_it_waits_or_was_sent(installed: FakeConnector) -> None:
    assert await _change(installed, "installationUpdate", "a:asker", action="add") == 1
    assert installed.store is not None
    await installed.store.outbox.forget("welcome:a:asker")
    await installed.store.outbox.forget("welcome:unknown")
    assert await _change(installed, "installationUpdate", "a:asker", action="add") == 2
