"""What admins are told: why a request ended so, the report, and the weekly digest."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.clock import Clock
from support.models import EMBEDDERS
from support.relabelling import FEES
from support.teams import FakeConnector, connector
from support.workspace import ADMIN, ASKER, REVIEWER, REVIEWS, SUPPORT, Desk, shown, workspace

from bot.cli.main import main
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Message
from bot.store.records import Feedback, Gap
from index.retrieval import LastBuild, NotSeen
from index.snapshot import SnapshotFolder

_LINUX = "Is there a Linux app?"
_REMINDER = "When does the first payment reminder go out?"
_RESTRICTED = "How many months of fees may a support lead refund?"
_TEAMS_DIGEST = "19:digest@thread.tacv2"
_MONDAY = datetime(2026, 11, 23, 8, 59, tzinfo=UTC)


def _request_id(reply: Message) -> str:
    assert reply.metadata is not None
    return str(reply.metadata["event_payload"]["request_id"])


async def test_an_admin_reads_in_one_paragraph_why_a_question_got_no_answer(own_desk: Desk) -> None:
    reply = await own_desk.exactly_one_reply(await own_desk.ask(_LINUX))
    (why,) = await own_desk.command(ADMIN, f"/citedesk why {_request_id(reply)}")
    said = why.blocks[0]["text"]["text"]
    documents = len(own_desk.bot.use_cases.operations.retriever.manifest().documents)
    assert said.startswith(f"{documents} documents were searched for <@{ASKER}>’s question. The best passage, from “")  # noqa: RUF001
    for part in ("Below 68.5% nothing is quoted.", "Nothing was sent to a model.", "write the missing article"):
        assert part in said
    assert "RETRIEVAL_LOW" not in said
    assert _LINUX not in shown(why)


async def test_a_document_that_the_admin_may_not_read_is_not_named(own_desk: Desk) -> None:
    reply = await own_desk.exactly_one_reply(await own_desk.ask(_RESTRICTED, REVIEWER, "D0REVIEWER"))
    (why,) = await own_desk.command(ADMIN, f"/citedesk why {_request_id(reply)}")
    assert "from a document that you may not read" in shown(why)
    assert "Refunds of our own fees" not in shown(why)


async def test_a_decided_review_is_part_of_why(approval_desk: Desk) -> None:
    desk = approval_desk
    question = await desk.ask(_REMINDER)
    card = await desk.card()
    request_id = _request_id(card)
    (waiting,) = await desk.command(ADMIN, f"/citedesk why {request_id}")
    assert "In this channel a reviewer approves every answer first. " in shown(waiting)
    assert "The review is still open." in shown(waiting)
    await desk.press(REVIEWER, card, "Approve")
    await desk.reply_to(question, 2)
    (decided,) = await desk.command(ADMIN, f"/citedesk why {request_id}")
    assert f"<@{REVIEWER}> approved the draft on" in shown(decided)
    assert "Look at the review" not in shown(decided)


@asynccontextmanager
async def _both(data: Path, articles: Path, **more: object) -> AsyncIterator[tuple[FakeConnector, Desk]]:
    async with connector() as fake:
        teams = {
            "anonymous": True, "reviewers_conversation": "19:r@thread.tacv2", "service_url": fake.url,
            "digest_conversation": _TEAMS_DIGEST,
        }  # fmt: skip
        async with workspace(data, articles, teams=teams, **more) as desk:  # type: ignore[arg-type]
            fake.talk_to(desk.bot)
            yield fake, desk


async def test_in_teams_an_admin_reads_why_and_the_report_in_our_own_chat(own_data: Path, articles: Path) -> None:
    access = {"reviewers": ["reviewer"], "admins": ["admin"]}
    async with _both(own_data, articles, access=access) as (teams, _):
        unknown = await teams.reply(teams.question(_LINUX))
        request_id = unknown["attachments"][0]["content"]["body"][-1]["text"]
        why = await teams.reply(teams.question(f"why {request_id}", "admin", "a:admin"))
        said = why["attachments"][0]["content"]["body"][0]["text"]
        assert "documents were searched for Asker’s question." in said  # noqa: RUF001
        assert "write the missing article" in said
        assert _LINUX not in json.dumps(why)
        report = await teams.reply(teams.question("report", "admin", "a:admin"), 2)
        assert "Chart.HorizontalBar" in json.dumps(report)
        assert _LINUX in json.dumps(report)
        assert "our own chat" in (await teams.reply(teams.question("report", "admin", _TEAMS_DIGEST)))["summary"]
        assert "Only admins" in json.dumps(await teams.reply(teams.question("report"), 2))


async def test_the_report_counts_answers_feedback_waits_and_gaps(approval_desk: Desk) -> None:
    desk = approval_desk
    await desk.ask(_REMINDER)
    card = await desk.card()
    await desk.press(REVIEWER, card, "Approve")
    await desk.exactly_one_reply(await desk.ask(_LINUX, ADMIN, "D0ADMIN"))
    await desk.settled()
    async with desk.store.transaction() as tx:
        await tx.feedback.save(Feedback(request_id=_request_id(card), user_id=ASKER, helpful=True))
    (report,) = await desk.command(ADMIN, "/citedesk report")
    said = shown(report)
    for part in (
        "2 questions by 2 people.", "100% (1 of 1 that were rated).", "One decided, after one minute",
        f"“{_LINUX}”: once, one person", "to a reviewer", "no price is set",
    ):  # fmt: skip
        assert part in said
    (refused,) = await desk.command(REVIEWER, "/citedesk report")
    assert "Only admins may do this" in refused.text


def test_the_command_line_says_why_in_words_and_the_stored_fields_as_json(
    own_data: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked() -> str:
        async with workspace(own_data, articles) as desk:
            return _request_id(await desk.exactly_one_reply(await desk.ask(_RESTRICTED, REVIEWER, "D0REVIEWER")))

    request_id = asyncio.run(asked())
    monkeypatch.setenv("CITEDESK_INDEX__EMBEDDERS_DIR", str(EMBEDDERS))
    run = CliRunner()
    where = ["--data-dir", str(own_data)]
    said = run.invoke(main, ["why", request_id, *where], catch_exceptions=False).output
    # Whoever can run it can read the index: every document is named.
    assert "from “Refunds of our own fees" in said
    assert "It was answered in the documents’ own words." in said  # noqa: RUF001
    fields = json.loads(run.invoke(main, ["why", request_id, "--json", *where], catch_exceptions=False).output)
    assert fields["request_id"] == request_id
    assert fields["quote_from"] > 0
    report = run.invoke(main, ["report", *where], catch_exceptions=False).output
    assert "One question by one person." in report
    assert "Did retrieval find relevant context?" in report


def _digests(desk: Desk) -> list[Message]:
    return [message for message in desk.messages(SUPPORT) if "Citedesk in the last 7 days" in message.text]


async def test_the_digest_is_posted_once_a_week_over_restarts_and_clock_changes(own_data: Path, articles: Path) -> None:
    clock, extra = Clock(_MONDAY), {"digest_channel": SUPPORT}
    async with Sandbox() as sandbox:

        async def swept(times: int = 1) -> tuple[int, int]:
            async with _both(own_data, articles, sandbox=sandbox, now=clock, slack_extra=extra) as (teams, desk):
                for _ in range(times):
                    await desk.bot.maintenance.sweep()
                await desk.settled()
                return len(_digests(desk)), len(teams.messages(_TEAMS_DIGEST))

        assert await swept() == (0, 0)
        clock.move(minutes=1)
        # The second number counts what this process posted.
        assert await swept(3) == (1, 1)
        assert await swept(2) == (1, 0)
        # The clock goes back, and jumps to the end of the day.
        clock.move(hours=-1)
        assert await swept() == (1, 0)
        clock.move(hours=23)
        assert await swept() == (1, 0)
        clock.move(days=7)
        assert await swept() == (2, 1)


async def test_the_digest_tells_a_channel_nothing_that_not_everybody_there_may_know(
    own_data: Path, articles: Path
) -> None:
    restricted = FEES
    clock = Clock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    unseen = tuple(NotSeen(document_id=name, since="2026-11-01", has_copy=True) for name in (restricted,))
    async with workspace(own_data, articles, now=clock, slack_extra={"digest_channel": SUPPORT}) as desk:
        SnapshotFolder(own_data).note(LastBuild(at="2026-11-20T00:00:00", not_seen=unseen))
        embedder = desk.bot.use_cases.questions.embedder
        vector = (await asyncio.to_thread(embedder.embed, ["What may a lead refund?"]))[0].tobytes()
        for user in (ASKER, REVIEWER):
            gap = Gap(
                request_id=f"r-{user}", tenant_id="T0SANDBOX", user_id=user, question="What may a lead refund?",
                reason="x", nearest=(restricted,),
            )  # fmt: skip
            await desk.store.gaps.put(gap, embedder.name, vector)
        clock.move(hours=1)
        await desk.bot.maintenance.sweep()
        await desk.settled()
        (digest,) = _digests(desk)
        assert "2 questions by 2 people, near no document" in shown(digest)
        assert "One more; “citedesk index status” lists it." in shown(digest)
        assert "lead refund" not in shown(digest)
        assert "Refunds of our own fees" not in shown(digest)
        assert not [m for m in desk.messages(REVIEWS) if "Citedesk in the last" in m.text]


async def test_without_a_channel_there_is_no_digest(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, now=Clock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))) as desk:
        await desk.bot.maintenance.sweep()
        await desk.settled()
        assert desk.sandbox.workspace.messages == []
