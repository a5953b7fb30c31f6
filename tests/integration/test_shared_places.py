"""In Teams several tries of one message end in the same place: none of them deletes what people see there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.teams import FakeConnector, connector
from support.workspace import Desk, workspace

from bot.store.lease import Lease, boot_time
from bot.store.records import Job, Outgoing

_QUICK = {"backoff_base_s": 0.01, "backoff_cap_s": 0.01}
_BEGIN: dict[str, Any] = {
    "anchor": {"type": "message", "text": "One moment…"},
    "stream": {"type": "typing", "text": "…", "entities": [{"type": "streaminfo", "streamType": "informative"}]},
}


@pytest.fixture
async def teams() -> AsyncIterator[FakeConnector]:
    async with connector() as fake:
        yield fake


@pytest.fixture
async def desk(own_data: Path, articles: Path) -> AsyncIterator[Desk]:
    settings = {"anonymous": True, "reviewers_conversation": "19:reviews", "anchors": True}
    async with workspace(own_data, articles, delivery=_QUICK, teams=settings) as opened:
        await opened.bot.runtime.dispatcher._outbox.stop(0.0)
        yield opened


async def _begin(teams: FakeConnector, how: str) -> str:
    """Post an anchor or the beginning of a stream; return its id."""
    address = f"{teams.url}v3/conversations/a:asker/activities"
    async with aiohttp.ClientSession() as session, session.post(address, json=_BEGIN[how]) as response:
        return str((await response.json())["id"])


async def _deliver(desk: Desk, job: Job) -> None:
    await desk.bot.runtime.dispatcher._handlers["", "teams"].deliver(job, Lease(boot_time() + 60.0))


@pytest.mark.parametrize("how", ["anchor", "stream"])
async def test_who_lost_a_message_that_the_other_one_has_just_posted_deletes_nothing(
    how: str, teams: FakeConnector, desk: Desk
) -> None:
    place, outbox = await _begin(teams, how), desk.store.outbox
    message = Outgoing(
        key="r-1", request_id="r-1", surface="teams", tenant_id="tenant-1", channel_id="a:asker", text="Yes.",
        progress_id=place if how == "stream" else "",
        payload={"activity": {"type": "message", "text": "Yes."}, "service_url": teams.url},
    )  # fmt: skip
    await outbox.send([message])
    (frozen,) = await outbox.claim("frozen", 60.0, 1)
    assert how == "stream" or await outbox.anchor(frozen, place)
    await outbox.release("frozen")
    (taken,) = await outbox.claim("taken", 60.0, 1)
    # The other one's post has arrived, and it has not stored so yet.
    await _deliver(desk, replace(frozen, anchor=taken.anchor))
    assert [m["text"] for m in teams.messages("a:asker")] == ["Yes."]
    await _deliver(desk, taken)
    assert [m["text"] for m in teams.messages("a:asker")] == ["Yes."]
    assert await outbox.posted("r-1") == place
