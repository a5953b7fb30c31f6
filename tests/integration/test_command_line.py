"""`citedesk` as a process: what it prints, and its exit status."""

import asyncio
import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.builders import draft

from bot.sandbox.server import Sandbox
from bot.store.records import Conversation, Review
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Failure, NeedsReview

_CITEDESK = str(Path(sys.executable).with_name("citedesk"))


def _run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [_CITEDESK, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, articles: Path) -> Path:
    """Return a folder in which the demo knowledge base has been indexed by the command."""
    path = tmp_path_factory.mktemp("cli")
    built = _run("index", "build", str(articles), "--json", cwd=path)
    assert built.returncode == 0, built.stderr
    report = json.loads(built.stdout)
    assert (report["seen"], report["indexed"], report["skipped"]) == (38, 38, [])
    return path


def test_search_prints_chunks_and_sufficiency(folder: Path) -> None:
    found = json.loads(_run("search", "When is the first reminder sent?", "--json", cwd=folder).stdout)
    assert set(found) == {"chunks", "sufficiency", "floor", "sure", "features", "snapshot"}
    assert set(found["chunks"][0]) == {"chunk_id", "document_id", "title", "heading", "text", "url", "score", "parts"}
    assert found["chunks"][0]["document_id"] == "reminders.md"
    assert found["floor"] <= found["sufficiency"] <= 1


def test_search_says_what_a_score_and_the_sufficiency_are_made_of(folder: Path) -> None:
    near = _run("search", "When is the first payment reminder sent?", cwd=folder).stdout
    assert "cosine" in near.splitlines()[0]
    assert "same words: first, payment, reminder" in near
    assert "enough to answer" in near
    assert "not enough info" in _run("search", "Who won the world cup?", cwd=folder).stdout


def test_ask_prints_one_outcome_and_its_trace(folder: Path) -> None:
    printed = json.loads(_run("ask", "When does the first payment reminder go out?", "--json", cwd=folder).stdout)
    assert set(printed) == {"outcome", "trace", "understood"}
    assert printed["outcome"]["kind"] == "answered"
    assert printed["outcome"]["citations"][0]["quote"] in printed["outcome"]["text"]
    assert printed["trace"]["verdict"] == "OK"


def test_ask_keeps_to_groups_and_audience(folder: Path) -> None:
    question = "How many months of fees may a support lead refund?"
    alone = _run("ask", question, "--groups", "leads", cwd=folder).stdout
    assert "3 months" in alone
    for arguments in ([], ["--groups", "leads", "--audience", ""], ["--groups", "leads", "--audience", "sales"]):
        assert "3 months" not in _run("ask", question, *arguments, cwd=folder).stdout


def test_index_status_names_snapshot_and_counts(folder: Path) -> None:
    assert "38 documents" in _run("index", "status", cwd=folder).stdout
    assert json.loads(_run("index", "status", "--json", cwd=folder).stdout)["format"] == 5


def test_eval_prints_metrics_and_writes_one_row_a_question(folder: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        '{"id": "a", "question": "How long is the trial period of the Team plan?", "answerable": true, '
        '"gold_quotes": ["Every new account starts with a trial of 21 days on the Team plan."], '
        '"answer_must_contain": ["21 days"]}\n'
        '{"id": "b", "question": "Who won the football match?", "answerable": false}\n'
    )
    rows = tmp_path / "rows.jsonl"
    run = _run("eval", str(questions), "--json", "--rows", str(rows), cwd=folder)
    metrics = json.loads(run.stdout)
    assert (metrics["hit@5"], metrics["hit@4000chars"], metrics["unanswerable_answered"]) == (1.0, 1.0, 0.0)
    written = [json.loads(line) for line in rows.read_text().splitlines()]
    assert [row["id"] for row in written] == ["a", "b"]
    report = tmp_path / "report.html"
    compared = ("--limit", "1", "--report", str(report), "--compare", str(rows))
    assert _run("eval", str(questions), *compared, cwd=folder).returncode == 0
    page = report.read_text()
    for part in ("Outcomes by category", "Slowest stages", "Worst questions", "<svg", "Compared with the earlier run"):
        assert part in page
    assert not re.search(r"(src|href)=\W?http|<script", page)
    promised = "id outcome answer citations retrieved sufficiency findings attempts stage_ms total_ms"
    assert set(promised.split()) <= set(written[0])


def test_rows_that_lack_a_field_of_the_report_are_refused_with_one_line(folder: Path, tmp_path: Path) -> None:
    questions, rows = tmp_path / "questions.jsonl", tmp_path / "rows.jsonl"
    questions.write_text('{"id": "q", "question": "When does the first reminder go out?", "answerable": true}\n')
    rows.write_text('{"id": "q", "question": "x", "outcome": "answered", "rank": 1}\n')
    refused = _run("eval", str(questions), "--compare", str(rows), "--report", str(tmp_path / "r.html"), cwd=folder)
    assert refused.returncode == 1
    assert refused.stderr == f"citedesk: {rows} does not hold rows of an earlier run: write them with --rows\n"


@pytest.mark.parametrize(
    ("arguments", "env", "status", "says"),
    [
        (["ask", "x", "--data-dir", "void"], {}, 1, "no index yet: run `citedesk index build PATH`"),
        (["ask", ""], {}, 6, "There is no question"),
        (["ask", "x" * 12_001], {}, 6, "longer than the limit of 12,000 characters"),
        (["search", "x", "--data-dir", "void"], {}, 1, "no index yet: run `citedesk index build PATH`"),
        (["index", "build", "nowhere", "--data-dir", "void"], {}, 1, "no such file or folder: nowhere"),
        (["index", "build"], {}, 2, "name a folder to index"),
        (["eval", "nowhere.jsonl"], {}, 1, "nowhere.jsonl cannot be read"),
        (["why", "r-404", "--data-dir", "void"], {}, 1, "no request was ever stored"),
        (
            ["serve"],
            {},
            2,
            "no chat product is set: set SLACK_BOT_TOKEN for Slack, MICROSOFT_APP_ID for Teams, or both",
        ),
        (["serve"], {"SLACK_BOT_TOKEN": "xoxb-1"}, 2, "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET"),
        (["ask", "x"], {"CITEDESK_LLM__PROVIDER": "openai"}, 2, "llm.api_key is missing: set OPENAI_API_KEY"),
        (["ask", "x"], {"CITEDESK_LIMITS__ANSWER_CHARS": "many"}, 2, "setting limits.answer_chars"),
        (
            ["ask", "x"],
            {"CITEDESK_LLM__PROVIDER": "openai", "OPENAI_API_KEY": "k", "CITEDESK_LLM__PROMPT_VERSION": "nope/v1"},
            2,
            "there is no prompt nope/v1",
        ),
        (["ask", "x"], {"CITEDESK_INDEX__EMBEDDING_MODEL": "/nowhere"}, 1, "embedding model folder /nowhere"),
    ],
)
def test_an_error_is_one_plain_line_and_a_status(
    arguments: list[str], env: dict[str, str], status: int, says: str, folder: Path
) -> None:
    run = _run(*arguments, cwd=folder, env=env)
    assert (run.returncode, says in run.stdout + run.stderr) == (status, True), run.stderr
    assert "Traceback" not in run.stdout + run.stderr


async def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        port = sandbox.url.rpartition(":")[2]
        run = await _in_thread("demo", "--port", port, cwd=tmp_path, env={})
    assert run.returncode == 1
    assert run.stderr == f"citedesk: port {port} on 127.0.0.1 is taken; choose another with --port\n"


async def test_doctor_says_what_to_do_and_passes_when_all_is_set(folder: Path) -> None:
    poor = _run("doctor", cwd=folder)
    assert poor.returncode == 1
    assert "set SLACK_BOT_TOKEN for Slack" in poor.stdout
    async with Sandbox() as sandbox:
        env = {
            "SLACK_BOT_TOKEN": sandbox.credentials.bot_token,
            "SLACK_APP_TOKEN": sandbox.credentials.app_token,
            "SLACK_API_URL": sandbox.api_url,
            "CITEDESK_SLACK__REVIEWERS_CHANNEL": "C0REVIEWS",
            "CITEDESK_ACCESS__REVIEWERS": '["U1"]',
            "CITEDESK_ACCESS__ADMINS": '["U1"]',
        }
        rich = await _in_thread("doctor", cwd=folder, env=env)
        assert rich.returncode == 0, rich.stdout
        refused = await _in_thread("serve", cwd=folder, env={**env, "SLACK_BOT_TOKEN": "xoxb-wrong"})
    assert refused.returncode == 2
    assert "setting slack.bot_token: Slack refuses it (invalid_auth)" in refused.stderr
    assert "Traceback" not in refused.stderr


async def _in_thread(*arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(_run, *arguments, cwd=cwd, env=env)


def test_report_says_how_it_went_and_writes_its_picture(folder: Path) -> None:
    reported = _run("report", "--picture", "report.svg", cwd=folder)
    assert reported.stdout == "How many questions were there?\n  None in this time.\n"
    assert (folder / "report.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--since", "yesterday"), 2, "citedesk: --since 'yesterday' is not a time such as 30m, 12h or 7d"),
        (("--picture", "/nowhere/x.svg"), 1, "Error: Could not open file '/nowhere/x.svg': No such file or directory"),
    ],
)
def test_report_refuses_with_one_line(arguments: tuple[str, str], status: int, says: str, folder: Path) -> None:
    refused = _run("report", *arguments, cwd=folder)
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (status, says)


def test_an_answer_given_without_the_model_says_so(folder: Path) -> None:
    nobody = {"CITEDESK_LLM__PROVIDER": "openai", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    told = _run("ask", "When does the first payment reminder go out?", cwd=folder, env=nobody).stdout
    assert told.startswith("The language model could not be reached. These are the documents' own words.")
    assert "7 days" in told
    assert "openai (gpt-5.4-mini): the server could not be reached, or failed (connection_refused)" in told


async def _store_a_review(folder: Path, question: str, answer: str) -> None:
    where = Conversation(
        surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False
    )  # fmt: skip
    case = NeedsReview(reason=Failure.LOW_CONFIDENCE, draft=draft(), sources=())
    store = await SqliteStore(folder / ".citedesk" / "citedesk.sqlite").open()
    review = Review(review_id="r-1", question=question, conversation=where, case=case)
    update = {"state": "edited", "answer": answer, "decided_by": "U2"}
    async with store.transaction() as tx:
        await tx.reviews.open(review)
        await tx.reviews.save(review.model_copy(update=update), "U2", "edited")
    await store.close()


async def test_reviews_are_listed_shown_and_exported(tmp_path: Path) -> None:
    assert (await asyncio.to_thread(_run, "reviews", "list", cwd=tmp_path)).stdout == "no reviews\n"
    await _store_a_review(tmp_path, "=HYPERLINK(1)?", "It is 500, süß.")
    assert re.search(r"r-1 +edited", (await asyncio.to_thread(_run, "reviews", "list", cwd=tmp_path)).stdout)
    shown = (await asyncio.to_thread(_run, "reviews", "show", "r-1", "--all", cwd=tmp_path)).stdout
    assert "answer: It is 500, süß." in shown
    assert "edited  U2" in shown
    line = json.loads((await asyncio.to_thread(_run, "reviews", "export", cwd=tmp_path)).stdout)
    assert (line["state"], line["decided_by"], line["question"]) == ("edited", "U2", "=HYPERLINK(1)?")
    # There is no index that could tell who may read what the answer says.
    assert (line["withheld"], line["draft"], line["answer"]) == (True, "", "")
    arguments = ("reviews", "export", "--format", "csv", "--out", "out.csv", "--state", "edited")
    assert (await asyncio.to_thread(_run, *arguments, cwd=tmp_path)).returncode == 0
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines())
    assert row["question"] == "'=HYPERLINK(1)?"
    assert (await asyncio.to_thread(_run, "reviews", "export", "--state", "open", cwd=tmp_path)).stdout == ""
    missing = await asyncio.to_thread(_run, "reviews", "show", "r-404", cwd=tmp_path)
    assert (missing.returncode, missing.stderr) == (1, "citedesk: there is no review r-404\n")


def test_snapshots_are_listed_and_the_one_before_comes_back(tmp_path: Path, articles: Path) -> None:
    assert _run("index", "list", cwd=tmp_path).stdout == "no snapshot yet\n"
    for _ in range(2):
        assert _run("index", "build", str(articles), cwd=tmp_path).returncode == 0
    newest, older = json.loads(_run("index", "list", "--json", cwd=tmp_path).stdout)
    assert (newest["live"], older["live"]) == (True, False)
    assert older["name"] in _run("index", "rollback", cwd=tmp_path).stdout
    assert f"* {older['name']}" in _run("index", "list", cwd=tmp_path).stdout
    again = _run("index", "rollback", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (1, "citedesk: there is no earlier snapshot to go back to\n")
