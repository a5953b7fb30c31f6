"""The stand-in must be as strict as Slack, or a fault would pass here and fail there."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from support.waiting import until

from bot.sandbox.delivery import HttpTransport, deliver
from bot.sandbox.server import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.credentials.bot_token, base_url=sandbox.api_url)


async def _error(call: Any) -> str:  # noqa: ANN401 - an awaitable response
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


async def test_the_official_client_posts_updates_and_reads_itself(client: AsyncWebClient) -> None:
    who = await client.auth_test()
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="hi", blocks=[_section("hi")])
    updated = await client.chat_update(channel="C0SUPPORT", ts=posted["ts"], text="ho")
    assert (who["user_id"], updated["text"]) == ("U0CITEDESK", "ho")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": "C0SUPPORT"}, "no_text"),
        ({"channel": "C0SUPPORT", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0SUPPORT", "text": "x", "thread_ts": "1.1"}, "invalid_thread_ts"),
        ({"channel": "C0SUPPORT", "text": "x", "blocks": [_section("x" * 3001)]}, "invalid_blocks"),
        ({"channel": "C0SUPPORT", "text": "x", "blocks": [_section("x")] * 51}, "invalid_blocks"),
        ({"channel": "C0SUPPORT", "text": "x", "blocks": [{"type": "hologram"}]}, "invalid_blocks"),
        ({"channel": "C0SUPPORT", "text": "x", "blocks": [{**_section("x"), "colour": "red"}]}, "invalid_blocks"),
        (
            {"channel": "C0SUPPORT", "text": "x", "blocks": [{"type": "markdown", "text": "x" * 7000}] * 2},
            "msg_blocks_too_long",
        ),
    ],
)
async def test_a_payload_over_a_limit_is_refused_as_slack_does(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    assert await _error(client.api_call("chat.postMessage", json=arguments)) == error


async def test_unknown_methods_and_wrong_tokens_are_refused(sandbox: Sandbox, client: AsyncWebClient) -> None:
    assert await _error(client.api_call("chat.meMessage")) == "unknown_method"
    assert await _error(AsyncWebClient(token="xoxb-no", base_url=sandbox.api_url).auth_test()) == "invalid_auth"
    assert await _error(AsyncWebClient(base_url=sandbox.api_url).auth_test()) == "not_authed"
    assert await _error(client.api_call("apps.connections.open")) == "not_allowed_token_type"
    app = AsyncWebClient(token=sandbox.credentials.app_token, base_url=sandbox.api_url)
    assert await _error(app.auth_test()) == "not_allowed_token_type"


async def test_a_trigger_opens_one_modal_and_only_a_valid_one(sandbox: Sandbox, client: AsyncWebClient) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [_section("x")]}
    trigger = sandbox.workspace.new_trigger("U0ASKER")
    await client.views_open(trigger_id=trigger, view=view)
    assert await _error(client.views_open(trigger_id=trigger, view=view)) == "exchanged_trigger_id"
    assert await _error(client.views_open(trigger_id="nonsense", view=view)) == "invalid_trigger_id"
    wide = {**view, "title": {"type": "plain_text", "text": "T" * 25}}
    fresh = sandbox.workspace.new_trigger("U0ASKER")
    assert await _error(client.views_open(trigger_id=fresh, view=wide)) == "invalid_arguments"


async def test_a_response_url_is_used_up_after_five_messages(sandbox: Sandbox) -> None:
    token = sandbox.workspace.new_response_url("C0SUPPORT", "U0ASKER")
    async with aiohttp.ClientSession() as session:
        statuses = [
            (await session.post(f"{sandbox.url}/response/{token}", json={"text": "x"})).status for _ in range(6)
        ]
    assert statuses == [200] * 5 + [404]


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "evil.example:80"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
async def test_only_loopback_names_and_its_own_page_are_served(sandbox: Sandbox, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.url}/", headers=headers) as response:
        assert response.status == 403


async def test_it_is_bound_to_loopback_and_says_what_it_is(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    async with aiohttp.ClientSession() as session, session.get(sandbox.url) as response:
        page = await response.text()
        assert "script-src" not in page
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "A stand-in for a Slack workspace on this machine" in page


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("sandbox/post", {"user": "U404", "channel": "C0SUPPORT", "text": "x"}, 409),
        ("sandbox/post", {"user": "U0ASKER", "channel": "C0REVIEWS", "text": "x"}, 409),
        ("sandbox/post", {"user": "U0ASKER", "channel": "C0SUPPORT"}, 400),
        ("sandbox/submit", {"user": "U0ASKER", "view_id": "V1", "values": {}}, 409),
        ("sandbox/press", {"user": "U0ASKER", "channel": "C0SUPPORT", "ts": "1", "block_id": "", "action": {}}, 409),
    ],
)
async def test_the_page_can_do_only_what_its_person_may(
    sandbox: Sandbox, path: str, body: dict[str, Any], status: int
) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{sandbox.url}/{path}", json=body) as response:
        assert response.status == status


async def test_an_event_is_delivered_again_until_it_is_acknowledged() -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def flaky(request: web.Request) -> web.Response:
        seen.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
        return web.Response(status=200 if len(seen) == 3 else 500, text=json.dumps({}))

    app = web.Application()
    app.router.add_post("/", flaky)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        transport = HttpTransport(session, f"http://127.0.0.1:{runner.addresses[0][1]}/", "secret")
        answer = await deliver(transport, "events_api", {"a": 1}, (0.0, 0.0, 0.0))
        refused = await deliver(HttpTransport(session, "http://127.0.0.1:9/", "s"), "events_api", {}, (0.0,))
    await runner.cleanup()
    assert answer.acknowledged
    assert seen == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert (refused.acknowledged, refused.reason) == (False, "connection_failed")


async def test_a_page_waits_for_what_is_new(sandbox: Sandbox, client: AsyncWebClient) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{sandbox.url}/sandbox/state?as=U0ASKER") as response:
            first = await response.json()
        waiting = asyncio.create_task(
            session.get(f"{sandbox.url}/sandbox/state?as=U0ASKER&since={first['version']}").__aenter__()
        )
        await until(lambda: sandbox.workspace._changed._waiters)
        assert not waiting.done()
        await client.chat_postMessage(channel="C0SUPPORT", text="news")
        state = await (await waiting).json()
    assert [message["text"] for message in state["messages"]] == ["news"]


async def test_an_ephemeral_message_is_seen_by_one_person_only(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ASKER", text="psst")
    async with aiohttp.ClientSession() as session:
        counts = []
        for person in ("U0ASKER", "U0ADMIN"):
            async with session.get(f"{sandbox.url}/sandbox/state?as={person}") as response:
                counts.append(len((await response.json())["messages"]))
    assert counts == [1, 0]


async def test_a_workspace_that_begins_anew_gives_out_no_timestamp_twice() -> None:
    # The bot's store outlives it: a timestamp that comes again would be a message delivered twice.
    seen: list[str] = []
    for _ in range(3):
        async with Sandbox() as running:
            seen += [running.workspace.new_ts() for _ in range(5)]
    assert seen == sorted(set(seen))
