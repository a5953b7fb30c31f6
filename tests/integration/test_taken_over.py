"""A message of which several workers hold a lease one after the other is seen once, in Slack and in Teams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.teams import FakeConnector, connector
from support.workspace import SUPPORT, Desk, workspace

from bot.sandbox.webapi import Fault
from bot.store.lease import Lease, boot_time
from bot.store.records import Job, Outgoing
from bot.surfaces.posting import check_of

_QUICK = {"check_s": 0.05, "backoff_base_s": 0.01, "backoff_cap_s": 0.01}


def _slack_message(key: str = "r-1") -> Outgoing:
    text = "Refunds take 5 days."
    return Outgoing(key=key, request_id="r-1", surface="slack", tenant_id="T0SANDBOX", channel_id=SUPPORT, text=text)


async def _frozen_and_taken(desk: Desk, message: Outgoing) -> tuple[Job, Job]:
    """Queue a message and return it as held by a worker that lost it, and by the one that has it now."""
    outbox = desk.store.outbox
    await outbox.send([message])
    (frozen,) = await outbox.claim("frozen", 0.01, 1)
    await asyncio.sleep(0.02)
    (taken,) = await outbox.claim("taken", 60.0, 1)
    return frozen, taken


@asynccontextmanager
async def _workspace(own_data: Path, articles: Path, **settings: Any) -> AsyncIterator[Desk]:  # noqa: ANN401 - any
    """Run a bot whose own workers take none of the messages of the test."""
    async with workspace(own_data, articles, delivery=_QUICK, **settings) as desk:
        await desk.bot.runtime.dispatcher._outbox.stop(0.0)
        yield desk


async def _claimed(desk: Desk) -> Job:
    """Claim the next message that is due."""
    for _ in range(200):
        if jobs := await desk.store.outbox.claim("w", 60.0, 1):
            return jobs[0]
        await asyncio.sleep(0.01)
    raise AssertionError("no message is due")


async def _deliver(desk: Desk, job: Job, surface: str = "slack", left_s: float = 60.0) -> None:
    deliver = desk.bot.runtime.dispatcher._handlers[surface].deliver
    await deliver(job, Lease(boot_time() + left_s))


def _seen(desk: Desk) -> list[str]:
    return [m.ts for m in desk.messages(SUPPORT) if m.text == _slack_message().text]


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    async with _workspace(own_data, articles) as opened:
        yield opened


async def test_who_posts_after_another_one_has_finished_deletes_the_own_copy(desk: Desk) -> None:
    frozen, taken = await _frozen_and_taken(desk, _slack_message())
    await _deliver(desk, taken)
    (counts,) = _seen(desk)
    await _deliver(desk, frozen)
    assert _seen(desk) == [counts] == [await desk.store.outbox.posted("r-1")]


async def test_who_takes_a_message_over_after_it_was_posted_finds_it(desk: Desk) -> None:
    frozen, taken = await _frozen_and_taken(desk, _slack_message())
    await _deliver(desk, frozen)
    (first,) = _seen(desk)
    await _deliver(desk, taken)
    assert _seen(desk) == [first] == [await desk.store.outbox.posted("r-1")]


async def test_a_copy_that_could_not_be_deleted_is_deleted_by_the_check(desk: Desk) -> None:
    frozen, taken = await _frozen_and_taken(desk, _slack_message())
    await _deliver(desk, taken)
    once = [Fault(status=500)]
    desk.sandbox.api.fault = lambda method: once.pop() if once and method == "chat.delete" else None
    await _deliver(desk, frozen)
    assert len(_seen(desk)) == 2
    check = await _claimed(desk)
    assert check.key == "check:r-1"
    await _deliver(desk, check)
    assert _seen(desk) == [await desk.store.outbox.posted("r-1")]
    assert (await desk.store.outbox.length()).waiting == 0


async def test_a_message_that_was_posted_at_the_first_try_leaves_no_check(desk: Desk) -> None:
    await desk.store.outbox.send([_slack_message()])
    job = await _claimed(desk)
    await _deliver(desk, job)
    await asyncio.sleep(0.1)
    assert await desk.store.outbox.claim("checker", 60.0, 9) == []


async def test_a_check_deletes_nothing_if_the_copy_that_counts_is_gone(desk: Desk) -> None:
    await desk.store.outbox.send([_slack_message()])
    job = await _claimed(desk)
    await _deliver(desk, job)
    (counts,) = _seen(desk)
    other = _slack_message().model_copy(update={"key": "check:r-1", "checks": "r-1", "text": ""})
    product: Any = desk.bot.runtime.dispatcher._handlers["slack"].deliver.__self__.product  # type: ignore[attr-defined]
    await product.remove_copies(other.model_copy(update={"key": "r-1"}), "1.000001")
    assert _seen(desk) == [counts]


async def test_no_post_begins_when_too_little_of_the_lease_is_left(desk: Desk) -> None:
    await desk.store.outbox.send([_slack_message()])
    job = await _claimed(desk)
    await _deliver(desk, job, left_s=desk.settings.delivery.post_s - 0.5)
    assert _seen(desk) == []
    again = await _claimed(desk)
    await _deliver(desk, again)
    assert len(_seen(desk)) == 1


async def test_a_message_given_up_by_another_worker_is_not_reported_twice(desk: Desk) -> None:
    frozen, taken = await _frozen_and_taken(desk, _slack_message())
    desk.sandbox.workspace.channels.pop(SUPPORT)
    for job in (taken, frozen):
        await _deliver(desk, job)
    assert (await desk.store.outbox.length()).dead == 1


def test_a_check_is_no_card_and_no_decision() -> None:
    check = check_of(_slack_message().model_copy(update={"card_of": "r-9", "decides": "r-9"}))
    assert (check.key, check.checks, check.card_of, check.decides, check.text) == ("check:r-1", "r-1", "", "", "")


# --- Teams


@pytest.fixture
async def teams() -> AsyncIterator[FakeConnector]:
    async with connector() as fake:
        yield fake


def _teams_settings(*, anchors: bool) -> dict[str, Any]:
    return {"anonymous": True, "reviewers_conversation": "19:reviews", "anchors": anchors}


def _teams_message(teams: FakeConnector, progress_id: str = "") -> Outgoing:
    return Outgoing(
        key="r-1", request_id="r-1", surface="teams", tenant_id="tenant-1", channel_id="a:asker", text="Yes.",
        progress_id=progress_id,
        payload={"activity": {"type": "message", "text": "Yes."}, "service_url": teams.url, "language": "de-DE"},
    )  # fmt: skip


@pytest.mark.parametrize(("lost", "left_over"), [("POST", 1), ("PUT", 0)])
async def test_with_anchors_a_message_whose_response_was_lost_is_seen_once(
    lost: str, left_over: int, teams: FakeConnector, own_data: Path, articles: Path
) -> None:
    async with _workspace(own_data, articles, teams=_teams_settings(anchors=True)) as desk:
        teams.lost = [lost]
        await desk.store.outbox.send([_teams_message(teams)])
        # The client itself repeats an update, which may be done twice.
        while (await desk.store.outbox.length()).waiting:
            await _deliver(desk, await _claimed(desk), "teams")
        texts = [m["text"] for m in teams.messages("a:asker")]
        assert sorted(texts) == ["Einen Moment …"] * left_over + ["Yes."]


async def test_with_anchors_who_lost_a_message_before_its_anchor_was_kept_deletes_the_anchor(
    teams: FakeConnector, own_data: Path, articles: Path
) -> None:
    async with _workspace(own_data, articles, teams=_teams_settings(anchors=True)) as desk:
        frozen, taken = await _frozen_and_taken(desk, _teams_message(teams))
        for job in (taken, frozen):
            await _deliver(desk, job, "teams")
        assert [m["text"] for m in teams.messages("a:asker")] == ["Yes."]


async def test_without_anchors_who_lost_a_message_deletes_the_own_copy(
    teams: FakeConnector, own_data: Path, articles: Path
) -> None:
    async with _workspace(own_data, articles, teams=_teams_settings(anchors=False)) as desk:
        frozen, taken = await _frozen_and_taken(desk, _teams_message(teams))
        for job in (frozen, taken):
            await _deliver(desk, job, "teams")
        (message,) = teams.messages("a:asker")
        assert message["id"] == await desk.store.outbox.posted("r-1")


async def test_the_end_of_a_stream_whose_response_was_lost_is_not_posted_again(
    teams: FakeConnector, own_data: Path, articles: Path
) -> None:
    async with _workspace(own_data, articles, teams=_teams_settings(anchors=False)) as desk:
        begun = {"type": "typing", "text": "…", "entities": [{"type": "streaminfo", "streamType": "informative"}]}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{teams.url}v3/conversations/a:asker/activities", json=begun) as response,
        ):
            stream = (await response.json())["id"]
        await desk.store.outbox.send([_teams_message(teams, stream)])
        job = await _claimed(desk)
        teams.lost = ["POST"]
        await _deliver(desk, job, "teams")
        again = await _claimed(desk)
        await _deliver(desk, again, "teams")
        assert [m["text"] for m in teams.messages("a:asker")] == ["Yes."]
        assert await desk.store.outbox.posted("r-1") == stream
