"""The day of a document's last change: which one counts, how it is shown, and what is said of documents not seen."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from support.builders import CHUNKS, chunk, quotes, written

from bot.cli.index import coverage_json, coverage_text
from bot.cli.outcomes import outcome_text
from bot.desk.questions import Reply
from bot.sandbox.blockkit import block_errors
from bot.slack import build_notes as slack_build_notes
from bot.slack import render as slack_render
from bot.store.records import Asked, Conversation
from bot.surfaces.wording import not_seen_words, updated_words
from bot.teams import build_notes as teams_build_notes
from bot.teams import render as teams_render
from bot.teams.text import source_line
from index.builder import Coverage
from index.freshness import not_seen, with_days
from index.reading.formats.html_page import html
from index.reading.formats.markdown_page import markdown
from index.reading.source import Source, telling_days
from index.retrieval import LastBuild, Manifest, NotSeen, VectorIndex
from index.snapshot_tables import IndexedDocument, IndexedSource
from pipeline.proof.quotes import source_of
from pipeline.types import Answered, Trace

_TODAY = date(2026, 11, 27)
_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_ASKED = Asked(text="How long?", where=_WHERE)


def _at(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def _days(*moments: str) -> list[str | None]:
    found = telling_days({str(number): _at(moment) for number, moment in enumerate(moments)})
    return [found.get(str(number)) for number in range(len(moments))]


# Files of a folder as people and tools leave them. Each pair: when each was written, and what that says.
_LEFT_BY: dict[str, tuple[tuple[str, ...], list[str | None]]] = {
    "three pages written by hand": (
        ("2026-01-02T09:00", "2026-03-04T10:00", "2026-11-26T17:31"),
        ["2026-01-02", "2026-03-04", "2026-11-26"],
    ),
    "a copy of everything": (("2026-11-26T03:00:01", "2026-11-26T03:00:01", "2026-11-26T03:00:02"), [None] * 3),
    "a slow copy over a network": (
        ("2026-11-26T03:00:01", "2026-11-26T03:00:41", "2026-11-26T03:01:21", "2026-11-26T03:02:01"),
        [None] * 4,
    ),
    "a copy, of which a page was edited later": (
        ("2026-01-02T03:00:01", "2026-01-02T03:00:02", "2026-05-06T11:00"),
        [None, None, "2026-05-06"],
    ),
    "all times set to one, as reproducible builds do": (("1980-01-01T00:00",) * 3, [None] * 3),
    "a single file, which may be a copy": (("2026-11-26T17:31",), [None]),
    "an evening of work over midnight": (
        ("2026-11-25T23:50", "2026-11-26T00:05", "2026-11-26T00:30"),
        ["2026-11-25", "2026-11-26", "2026-11-26"],
    ),
}
# Written after the rule, and run once.
_LEFT_BY_UNSEEN: dict[str, tuple[tuple[str, ...], list[str | None]]] = {
    "two batches of copies": (
        ("2026-02-01T12:00:00", "2026-02-01T12:00:00.5", "2026-03-01T08:00:00", "2026-03-01T08:00:00.2"),
        [None] * 4,
    ),
    "a nightly script that changes one page": (
        ("2026-11-26T03:00", "2026-04-01T10:00", "2026-06-01T10:00"),
        ["2026-11-26", "2026-04-01", "2026-06-01"],
    ),
    "an unpacked archive that keeps times to two seconds": (
        ("2025-01-02T10:00:02", "2025-06-07T11:00:04", "2026-01-01T00:00:06"),
        ["2025-01-02", "2025-06-07", "2026-01-01"],
    ),
    "a container image": (("2026-11-27T01:02:03",) * 5, [None] * 5),
    "a day before 1970": (("1969-12-31T23:00", "2026-01-01T00:00"), ["1969-12-31", "2026-01-01"]),
}


@pytest.mark.parametrize("case", [*_LEFT_BY.values(), *_LEFT_BY_UNSEEN.values()], ids=[*_LEFT_BY, *_LEFT_BY_UNSEEN])
def test_the_time_of_a_file_counts_only_if_no_other_was_written_with_it(
    case: tuple[tuple[str, ...], list[str | None]],
) -> None:
    moments, days = case
    assert _days(*moments) == days


def _indexed(updated: str | None, suffix: str = ".md", found: str | None = None) -> str | None:
    document = IndexedDocument("a", "A", None, frozenset({"everyone"}), "", (), updated)
    source = Source("a", Path("a"), Path(), "", suffix, updated=found)
    (dated,) = with_days(IndexedSource("a", "", (document,)), source, _TODAY).documents
    return dated.updated


@pytest.mark.parametrize(
    ("own", "found", "shown"),
    [
        ("2024-01-02", "2026-11-20", "2024-01-02"),
        (None, "2026-11-20", "2026-11-20"),
        (None, None, None),
        ("2026-11-28", None, "2026-11-28"),
        ("2099-01-01", "2026-11-20", "2026-11-20"),
        ("2099-01-01", None, None),
        ("0001-01-01", "2026-11-20", "2026-11-20"),
        ("1970-01-01", None, None),
        ("2026-13-45", "2026-11-20", "2026-11-20"),
        ("soon", None, None),
        (None, "1980-01-01", None),
    ],
)
def test_what_a_document_says_wins_over_its_file_and_an_impossible_day_counts_for_nothing(
    own: str | None, found: str | None, shown: str | None
) -> None:
    assert _indexed(own, found=found) == shown


def test_the_day_of_an_export_is_not_the_day_of_its_articles() -> None:
    assert _indexed(None, ".jsonl", "2026-11-20") is None
    assert _indexed("2024-01-02", ".jsonl", "2026-11-20") == "2024-01-02"


@pytest.mark.parametrize(
    "line", ["date: 2019-05-04", "published: 2019-05-04", "created: 2019-05-04", "created_at: 2019-05-04"]
)
def test_the_day_on_which_a_page_began_is_not_the_day_of_its_last_change(line: str) -> None:
    assert markdown(f"---\n{line}\n---\nBody".encode()).updated is None
    assert markdown(f"---\n{line}\nlastmod: 2024-03-04\n---\nBody".encode()).updated == "2024-03-04"


def test_a_page_says_when_it_was_published_and_changed() -> None:
    head = '<meta property="article:published_time" content="2019-05-04T10:00:00Z">'
    changed = '<meta property="article:modified_time" content="2024-03-04T10:00:00Z">'
    assert html(f"<head>{head}</head><body>Body".encode()).updated is None
    assert html(f"<head>{head}{changed}</head><body>Body".encode()).updated == "2024-03-04"


@pytest.mark.parametrize(
    ("day", "words"), [("2026-03-03", "updated 3 Mar 2026"), ("2026-12-31", "updated 31 Dec 2026")]
)
def test_a_day_is_shown_in_short_words(day: str, words: str) -> None:
    assert updated_words(day) == words


def _answer(updated: str | None) -> Answered:
    sources = (source_of(1, replace(CHUNKS[0], updated=updated)), source_of(2, CHUNKS[1]))
    answer = written()
    return answer.model_copy(update={"sources": sources, "text": f"{answer.text} And more. [2]"})


def _reply(outcome: Answered) -> Reply:
    trace = Trace(
        request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered", verdict="OK"
    )
    return Reply(request_id="r-1", outcome=outcome, trace=trace)


def _texts(found: Any) -> list[str]:  # noqa: ANN401 - any part of a payload
    if isinstance(found, dict):
        return [text for value in found.values() for text in _texts(value)]
    return [text for value in found for text in _texts(value)] if isinstance(found, list) else [str(found)]


def test_slack_shows_the_day_beside_the_source_that_has_one() -> None:
    (message,) = slack_render.reply_message(_reply(_answer("2026-03-03")), _ASKED)
    blocks = [block.to_dict() for block in message.blocks]
    lines = [line for text in _texts(blocks) for line in text.splitlines() if line.startswith(("[1] ", "[2] "))]
    assert [" · updated 3 Mar 2026" in line for line in lines] == [True, False]
    assert block_errors(blocks) == []
    (without,) = slack_render.reply_message(_reply(_answer(None)), _ASKED)
    assert "updated" not in json.dumps([block.to_dict() for block in without.blocks])


def test_teams_shows_the_day_beside_the_name_of_the_source_that_has_one() -> None:
    activity = teams_render.reply_message(_reply(_answer("2026-03-03")), _ASKED).activity
    claims = activity["entities"][0]["citation"]
    assert [claim["appearance"].get("keywords") for claim in claims] == [["updated 3 Mar 2026"], None]
    assert len("updated 30 Sep 2026") <= 28
    assert source_line(_answer("2026-03-03").sources[0]).endswith(" · updated 3 Mar 2026")


def test_the_command_line_shows_the_day_beside_the_source_that_has_one() -> None:
    lines = [line for line in outcome_text(_answer("2026-03-03")).splitlines() if line.startswith(("[1] ", "[2] "))]
    assert [line.endswith("  (updated 3 Mar 2026)") for line in lines] == [True, False]
    assert _answer("2026-03-03").model_dump(mode="json")["sources"][0]["updated"] == "2026-03-03"


def test_quoted_passages_keep_the_day_of_their_document() -> None:
    dated = replace(chunk("c1", "One."), updated="2026-03-03")
    assert source_of(1, dated).updated == "2026-03-03"
    assert quotes().sources[0].updated is None


def _manifest(*documents: str) -> Manifest:
    return Manifest(
        format=4, name="s", created_at="2026-11-03T10:00:00+00:00", embedder="e", max_tokens=1, dimensions=1,
        chunk_count=2, search=VectorIndex(), documents=dict.fromkeys(documents, ""), skipped=(), checksums={},
    )  # fmt: skip


def _copy(name: str, since: str) -> Source:
    return Source(name, Path(name), Path(), "", ".html", not_seen_since=since)


def test_a_document_that_is_gone_is_reported_for_a_week_with_the_day_of_the_build_that_saw_it() -> None:
    first = not_seen((), {"a"}, _manifest("a", "b"), LastBuild(at="2026-11-25T10:00:00+00:00"), _TODAY)
    assert first == (NotSeen(document_id="b", since="2026-11-25", has_copy=False),)
    earlier = LastBuild(at="2026-11-26T10:00:00+00:00", not_seen=first)
    assert not_seen((), {"a"}, _manifest("a"), earlier, _TODAY) == first
    assert not_seen((), {"a", "b"}, _manifest("a"), earlier, _TODAY) == ()
    assert not_seen((), {"a"}, _manifest("a"), earlier, date(2026, 12, 3)) == ()


def test_a_page_that_stands_in_an_older_copy_is_reported_as_long_as_it_does() -> None:
    found = not_seen((_copy("b", "2026-01-02"),), {"a", "b"}, _manifest("a", "b"), None, _TODAY)
    assert found == (NotSeen(document_id="b", since="2026-01-02", has_copy=True),)
    earlier = LastBuild(at="2026-11-26T10:00:00+00:00", not_seen=found)
    assert not_seen((), {"a", "b"}, _manifest("a", "b"), earlier, _TODAY) == ()
    assert not_seen((), {"a"}, None, None, _TODAY) == ()


_OLD = NotSeen(document_id="https://h.example/fees", since="2026-11-03", has_copy=True)
_MANY = tuple(NotSeen(document_id=f"{number}.md", since="2026-11-26", has_copy=False) for number in range(8))
_COVERAGE = Coverage(
    "s-1",
    indexed=2,
    chunks=9,
    reused=0,
    skipped=(),
    remarks=("docs/: 3 files left out (hidden)",),
    not_seen=(_OLD, *_MANY),
)


def test_a_document_that_was_not_seen_is_named_with_its_age() -> None:
    assert not_seen_words(_OLD, _TODAY) == "last seen 3 Nov 2026, 24 days ago; that copy is used"
    assert not_seen_words(_MANY[0], _TODAY) == "last seen 26 Nov 2026, 1 day ago; no longer in the index"


def test_the_reply_to_reindex_shows_a_few_of_the_documents_that_were_not_seen() -> None:
    slack = slack_build_notes.coverage_message(_COVERAGE, _TODAY)
    blocks = [block.to_dict() for block in slack.blocks]
    assert block_errors(blocks) == []
    teams = teams_build_notes.coverage_message(_COVERAGE, _TODAY)
    for shown in ("\n".join(_texts(blocks)), "\n".join(_texts(teams.card)).replace("\\", "")):
        lines = [line for line in shown.splitlines() if line.startswith(("• ", "- "))]
        assert "https://h.example/fees: last seen 3 Nov 2026, 24 days ago; that copy is used" in lines[0]
        assert [line[2:] for line in lines[4:]] == [
            "3.md: last seen 26 Nov 2026, 1 day ago; no longer in the index",
            "…and 4 more",
            "docs/: 3 files left out (hidden)",
        ]


def test_the_reply_to_reindex_holds_no_markup_of_a_name() -> None:
    hostile = NotSeen(
        document_id="<!channel> [x](https://evil.example)" + "ü" * 5000, since="2026-11-03", has_copy=True
    )
    coverage = replace(_COVERAGE, not_seen=(hostile,) * 9)
    blocks = [block.to_dict() for block in slack_build_notes.coverage_message(coverage, _TODAY).blocks]
    assert block_errors(blocks) == []
    assert "<!channel>" not in json.dumps(blocks)
    assert "](https" not in json.dumps(teams_build_notes.coverage_message(coverage, _TODAY).card).replace("\\\\", "\\")


def test_the_coverage_report_holds_every_document_that_was_not_seen() -> None:
    assert sum("last seen" in line for line in coverage_text(_COVERAGE).splitlines()) == 9
    assert coverage_json(_COVERAGE)["not_seen"][0] == {
        "document_id": "https://h.example/fees", "since": "2026-11-03", "has_copy": True,
    }  # fmt: skip
