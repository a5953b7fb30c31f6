"""A store with rows in every table, and its content as one value."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.desk.review_changes import opened
from bot.store.copying import TABLES, Digest, plain
from bot.store.port import Store
from bot.store.records import (
    Asked,
    BuildOrder,
    Conversation,
    CuratedAnswer,
    Feedback,
    Gap,
    Installed,
    KeptTurn,
    Outgoing,
    Review,
)
from pipeline.types import Citation, Failure, NeedsReview, Trace
from support.builders import draft

WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
TOKEN = "xoxb-0000-a-token-of-a-workspace"
REVIEW = Review(
    review_id="r-1",
    question="How long?",
    conversation=WHERE,
    case=NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
)


def message(key: str, surface: str = "slack", **fields: str) -> Outgoing:
    """Return a message to post."""
    return Outgoing(
        key=key, request_id="q-1", surface=surface, tenant_id="T1", channel_id="C1", text="A reply", payload={**fields}
    )


def asked(text: str, surface: str = "slack", response_url: str = "") -> str:
    """Return a question as the payload of a job."""
    where = WHERE.model_copy(update={"surface": surface})
    return Asked(text=text, where=where, response_url=response_url).model_dump_json()


async def fill(store: Store) -> None:
    """Write rows into every table, two reviews among them."""
    for number in (1, 2):
        await opened(store, REVIEW.model_copy(update={"review_id": f"r-{number}"}), _no_messages)
        await store.reviews.set_card(f"r-{number}", "slack", "C9", f"{number}.5")
    await store.reviews.save(REVIEW.model_copy(update={"state": "approved", "answer": "7 days."}), "U9", "approved")
    await store.requests.save(
        Trace(
            request_id="q-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered",
            verdict="OK",
        )
    )  # fmt: skip
    await store.curated.save(
        CuratedAnswer(
            curated_id="r-1", tenant_id="T1", question="How long?", answer="7 days [1].",
            citations=(Citation(marker=1, chunk_id="k", quote="7 days"),), sources=(), approved_by="U9",
            approved_at="2026-11-01",
        ),
        "e",
        bytes(range(256)),
    )  # fmt: skip
    gap = Gap(request_id="q-2", tenant_id="T1", user_id="U1", question="Why?", reason="x", nearest=("P", "Q"))
    await store.gaps.put(gap, "e", b"\0\xff")
    await store.turns.put(KeptTurn(request_id="q-1", where=WHERE, question="How long?", answer="7 days."))
    await store.people.put("U1", "Zoë")
    await store.feedback.save(Feedback(request_id="q-1", user_id="U1", helpful=False, reason="wrong", note="Not so"))
    await store.posted.put("C1", "1.9", "q-1")
    await store.threads.asked(WHERE)
    await store.own_tenants.put(["T2"])
    await store.installations.save(Installed("app", "T1", "U1", f'{{"bot_token": "{TOKEN}"}}'))
    await _fill_queues(store)


async def _fill_queues(store: Store) -> None:
    await store.inbox.add(["asked:slack", "asked:slack:again"], asked("Waiting in Slack?"), "T1")
    await store.inbox.add(["asked:teams"], asked("Waiting in Teams?", "teams"), "T1")
    await store.inbox.add(["asked:command"], asked("Waiting for a command?", "slack", "https://hooks.invalid/1"), "T1")
    await store.outbox.send([message("m:slack"), message("m:teams", "teams")])
    await store.outbox.send([message("m:command", response_url="https://hooks.invalid/1")])
    await store.builds.add(["build:1"], BuildOrder(where=WHERE).model_dump_json(), "T1")


async def _no_messages(_: Review) -> list[Outgoing]:
    return []


def content(file: Path, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the number of rows of each table of a store in a file, and their hash."""
    found = {}
    with closing(sqlite3.connect(file)) as connection:
        for table in TABLES:
            if table.name not in without:
                rows = connection.execute(f"SELECT {', '.join(table.columns)} FROM {table.name}").fetchall()  # noqa: S608
                digest = Digest()
                digest.add(plain(table, row) for row in rows)
                found[table.name] = f"{digest.rows} {digest}"
    return found
